package logs

// Hold stops the carrying between two blocks until release is called: what comes
// meanwhile waits in the pipe.
func (c *Capture) Hold() (release func()) {
	c.moving.Lock()
	return c.moving.Unlock
}
