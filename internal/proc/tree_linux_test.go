package proc

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

func TestParseStat(t *testing.T) {
	const tail = " S 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 12345 1000 50 18446744073709551615 1 1 0"
	want := func(comm string) Process {
		return Process{ID: ID{42, 12345}, PPID: 7, PGID: 8, Session: 9, State: 'S', Comm: comm, threads: 3}
	}
	tests := []struct {
		name, line string
		want       Process
		ok         bool
	}{
		{"plain", "42 (sleep)" + tail, want("sleep"), true},
		{"spaces", "42 (a b c)" + tail, want("a b c"), true},
		{"parentheses", "42 ((sd-pam))" + tail, want("(sd-pam)"), true},
		{"a name like a line", "42 (x) Z 1 1 (1)" + tail, want("x) Z 1 1 (1"), true},
		{"newline", "42 (a\nb)" + tail, want("a\nb"), true},
		{"no name", "42 ()" + tail, want(""), true},
		{"cut after field 22", "42 (sleep) S 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 12345", want("sleep"), true},
		{"cut before", "42 (sleep) S 7 8 9 0 -1 4194304", Process{}, false},
		{"no PID", " (sleep)" + tail, Process{}, false},
		{"no parenthesis", "42 sleep" + tail, Process{}, false},
		{"wrong order", "42 )sleep(" + tail, Process{}, false},
		{"empty", "", Process{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseStat([]byte(tt.line))
			if (err == nil) != tt.ok || tt.ok && got != tt.want {
				t.Errorf("%+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (sleep) S 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 3 0 12345 1000"))
	f.Fuzz(func(t *testing.T, line []byte) {
		p, err := parseStat(line)
		if err != nil {
			return
		}
		again := fmt.Sprintf("%d (%s) %s %d %d %d 0 0 0 0 0 0 0 0 0 0 0 0 0 %d 0 %d\n",
			p.PID, p.Comm, []byte{p.State}, p.PPID, p.PGID, p.Session, p.threads, p.Start)
		if q, err := parseStat([]byte(again)); err != nil || q != p {
			t.Errorf("%+v became %+v, %v", p, q, err)
		}
	})
}

func TestDead(t *testing.T) {
	tests := []struct {
		name string
		p    Process
		want bool
	}{
		{"running", Process{State: 'R', threads: 1}, false},
		{"stopped", Process{State: 'T', threads: 1}, false},
		{"zombie", Process{State: 'Z', threads: 1}, true},
		{"only the main thread has ended", Process{State: 'Z', threads: 2}, false},
		{"just being reaped", Process{State: 'X'}, true},
	}
	for _, tt := range tests {
		if got := tt.p.Dead(); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestBelow(t *testing.T) {
	at := func(pid, ppid int) Process { return Process{ID: ID{PID: pid}, PPID: ppid} }
	tests := []struct {
		name string
		root int
		all  []Process
		want []int
	}{
		{"nobody", 5, []Process{at(1, 0), at(5, 1)}, nil},
		{"parents first, whatever their numbers", 50, []Process{at(9, 30), at(30, 50), at(50, 1), at(60, 50), at(8, 9), at(1, 0)}, []int{30, 60, 9, 8}},
		{"no relatives", 5, []Process{at(6, 5), at(7, 1), at(8, 7)}, []int{6}},
		{"a recycled PID closes a circle", 5, []Process{at(5, 7), at(6, 5), at(7, 6)}, []int{6, 7}},
		{"the root may be gone", 5, []Process{at(6, 5)}, []int{6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []int
			for _, p := range below(tt.root, tt.all) {
				got = append(got, p.PID)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// A parent may die while the table is read, after its child was read and before it would have been.
func TestTornTableIsMended(t *testing.T) {
	child := Process{ID: ID{20, 1}, PPID: 10}
	all := []Process{{ID: ID{1, 1}}, {ID: ID{5, 1}, PPID: 1}, child}
	child.PPID = 5 // the subreaper
	reparent(all, func(pid int) (Process, error) { return child, nil })
	if found := below(5, all); len(found) != 1 || found[0] != child {
		t.Errorf("the orphan is lost: %+v", found)
	}
	recycled := []Process{{ID: ID{20, 1}, PPID: 10}}
	reparent(recycled, func(pid int) (Process, error) { return Process{ID: ID{20, 2}, PPID: 5}, nil })
	if recycled[0].PPID != 10 {
		t.Error("somebody else's parent was taken")
	}
}

func BenchmarkDescendants(b *testing.B) {
	for b.Loop() {
		if _, err := Descendants(os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}
