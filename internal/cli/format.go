package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"holdfast/internal/unit"
)

const stampLayout = "Mon 2006-01-02 15:04:05 MST"

// stamp is a time as systemctl prints it, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(stampLayout)
}

// sinceWhen is "Sat 2026-11-21 01:25:32 UTC; 3min 4s ago". Where the clock was set back
// since, how long ago that was is not known, and not told.
func sinceWhen(t, now time.Time) string {
	if past := now.Sub(t); past >= 0 {
		return stamp(t) + "; " + age(past) + " ago"
	}
	return stamp(t)
}

// age is a time that has passed, in the roundings of systemctl (format_timestamp_relative
// in systemd's src/basic/time-util.c).
func age(d time.Duration) string {
	const day, week, month, year = 24 * time.Hour, 7 * 24 * time.Hour, 2629800 * time.Second, 31557600 * time.Second
	switch {
	case d >= year:
		return counted(d/year, "year") + " " + counted(d%year/month, "month")
	case d >= month:
		return counted(d/month, "month") + " " + counted(d%month/day, "day")
	case d >= week:
		return counted(d/week, "week") + " " + counted(d%week/day, "day")
	case d >= 2*day:
		return counted(d/day, "day")
	case d >= 25*time.Hour:
		return fmt.Sprintf("1 day %dh", (d-day)/time.Hour)
	case d >= 6*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh %dmin", d/time.Hour, d%time.Hour/time.Minute)
	case d >= 5*time.Minute:
		return fmt.Sprintf("%dmin", d/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dmin %ds", d/time.Minute, d%time.Minute/time.Second)
	case d >= time.Second:
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return fmt.Sprintf("%dms", d/time.Millisecond)
}

func counted(n time.Duration, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// size is a number of bytes as systemctl prints it: "512B", "1.2M".
func size(bytes int64) string {
	n, unit := bytes, "B"
	for _, next := range [...]string{"K", "M", "G", "T"} {
		if n < 1024 {
			break
		}
		if n < 1024*1024 {
			return fmt.Sprintf("%d.%d%s", n/1024, n%1024*10/1024, next)
		}
		n, unit = n/1024, next
	}
	return fmt.Sprintf("%d%s", n, unit)
}

// cpuTime is a time of the CPU as systemctl prints it, to the millisecond.
func cpuTime(d time.Duration) string {
	text := unit.FormatSpan(d.Truncate(time.Millisecond))
	if whole, found := strings.CutSuffix(text, "000s"); found { // 1.103000s
		return whole + "s"
	}
	return text
}

// printable shows what other programs wrote without letting it play with the terminal.
func printable(text string) string {
	plain := func(r rune) bool { return r == '\t' || unicode.IsPrint(r) && r != unicode.ReplacementChar }
	if !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case plain(r):
			b.WriteRune(r)
		case r == unicode.ReplacementChar && !strings.HasPrefix(text[i:], string(r)): // a byte that is no UTF-8
			fmt.Fprintf(&b, `\x%02x`, text[i])
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// commandLine joins words so that it shows where each begins and ends. The quoting is
// also that of a service file.
func commandLine(words []string) string {
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = quoteWord(w)
	}
	return strings.Join(shown, " ")
}

func quoteWord(word string) string {
	special := func(r rune) bool {
		return !unicode.IsPrint(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar || strings.ContainsRune("\"'\\", r)
	}
	if word == "" || word == ";" || strings.ContainsFunc(word, special) {
		return strconv.Quote(word)
	}
	return word
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func printJSON(w io.Writer, facts any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return failure(encoder.Encode(facts))
}

// oneOrAll is what --json prints: an object for one name, an array for several or none.
func oneOrAll[T any](names []string, all []T) any {
	if len(names) == 1 && len(all) == 1 {
		return all[0]
	}
	if all == nil {
		return []T{}
	}
	return all
}
