package watchdog

import (
	"slices"
	"testing"
)

func TestEnvironment(t *testing.T) {
	tests := []struct {
		name  string
		lists [][]string
		want  []string
	}{
		{"lists are joined in order", [][]string{{"A=1"}, {"B=2"}}, []string{"A=1", "B=2"}},
		{"of a name that occurs twice the later value stays, in the first place", [][]string{{"A=1", "B=2"}, {"A=3"}}, []string{"A=3", "B=2"}},
		{"also within one list", [][]string{{"A=1", "A=2", "A=3"}}, []string{"A=3"}},
		{"the service may set what the identity would", [][]string{{"HOME=/root", "USER=root"}, {"HOME=/srv"}}, []string{"HOME=/srv", "USER=root"}},
		{"names are compared whole, and case counts", [][]string{{"A=1"}, {"AB=2", "a=3"}}, []string{"A=1", "AB=2", "a=3"}},
		{"a value may be empty or hold an equals sign", [][]string{{"A=", "B=x=y"}}, []string{"A=", "B=x=y"}},
		{"nothing", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := environment(tt.lists...); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
