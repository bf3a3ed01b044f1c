package logs

import (
	"fmt"
	"sync"
)

// news is for whoever keeps an account of what becomes of the log.
type news struct {
	mu      sync.Mutex
	changed func()
	removed func(path string)
}

// Watch has changed called when [Capture.Trouble] begins, changes or ends, and removed when
// a rotated file has made room on a full disk. They are called in the midst of the
// carrying: neither waits, or asks the capture anything.
func (c *Capture) Watch(changed func(), removed func(path string)) {
	n := &c.news
	n.mu.Lock()
	defer n.mu.Unlock()
	n.changed, n.removed = changed, removed
	changed() // it may have begun before
}

func (n *news) tellChange() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.changed != nil {
		n.changed()
	}
}

func (n *news) tellRemoval(path string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.removed != nil {
		n.removed(path)
	}
}

// tellOther tells if what ails is another thing than before, not at each vain attempt.
func (n *news) tellOther(before, now error) {
	if (before != nil || now != nil) && fmt.Sprint(before) != fmt.Sprint(now) {
		n.tellChange()
	}
}
