//go:build linux && !race

package differ

import (
	"fmt"
	"slices"
	"strings"
)

// diff shows the lines that only one of two texts has, with those before and after.
func diff(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	// The length of the longest common rest from each pair of lines on.
	common := make([][]int, len(left)+1)
	for i := range common {
		common[i] = make([]int, len(right)+1)
	}
	for i := len(left) - 1; i >= 0; i-- {
		for j := len(right) - 1; j >= 0; j-- {
			if left[i] == right[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var lines []string
	var shown []bool
	for i, j := 0, 0; i < len(left) || j < len(right); {
		switch {
		case i < len(left) && j < len(right) && left[i] == right[j]:
			lines, shown = append(lines, "  "+left[i]), append(shown, false)
			i, j = i+1, j+1
		case j == len(right) || i < len(left) && common[i+1][j] >= common[i][j+1]:
			lines, shown = append(lines, "- "+left[i]), append(shown, true)
			i++
		default:
			lines, shown = append(lines, "+ "+right[j]), append(shown, true)
			j++
		}
	}
	var out strings.Builder
	for i, line := range lines {
		if slices.Contains(shown[max(0, i-1):min(len(shown), i+2)], true) {
			fmt.Fprintln(&out, line)
		}
	}
	return out.String()
}
