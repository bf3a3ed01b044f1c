package watchdog

import (
	"fmt"
	"strings"
	"testing"
)

// What has arrived together is taken in together: a stop goes before the first exit or
// timer, and everything else keeps its order.
func TestStopGoesBeforeWhatMayStartTheBusiness(t *testing.T) {
	stop := request{event: StopRequested{}}
	tests := []struct {
		name   string
		arrive []message
		want   string
	}{
		{"a SIGTERM", []message{reaped{}, StopRequested{}}, "stop exit"},
		{"a request", []message{reaped{}, stop}, "stop exit"},
		{"the exits keep their order, for the last one says that nobody is left",
			[]message{reaped{}, reaped{alone: true}, TimerFired{}, stop}, "stop exit alone timer"},
		{"a timer may end the wait before a restart", []message{TimerFired{}, stop}, "stop timer"},
		{"so does what came before the exit", []message{request{}, reaped{}, stop, TimerFired{}}, "<nil> stop exit timer"},
		{"a stop that came first is where it belongs", []message{stop, reaped{}}, "stop exit"},
		{"the first of two is enough", []message{reaped{}, stop, stop}, "stop exit stop"},
		{"a restart waits for its turn", []message{reaped{}, request{event: RestartRequested{}}}, "exit restart"},
		{"nothing to reorder", []message{stop}, "stop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &Guardian{events: make(chan message, 64)}
			for _, m := range tt.arrive {
				g.events <- m
			}
			var got []string
			for _, m := range g.next() {
				got = append(got, name(m))
			}
			if got := strings.Join(got, " "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func name(m message) string {
	if r, ok := m.(request); ok {
		m = r.event
	}
	switch m := m.(type) {
	case reaped:
		if m.alone {
			return "alone"
		}
		return "exit"
	case StopRequested:
		return "stop"
	case RestartRequested:
		return "restart"
	case TimerFired:
		return "timer"
	}
	return fmt.Sprintf("%T", m)
}
