//go:build !linux

package control

import "fmt"

// reachable only says what is wrong with a name that does not fit a socket address.
func reachable(path string) (short string, done func(), err error) {
	if len(path) >= 104 {
		return "", nil, fmt.Errorf("%s: longer than the 103 bytes a socket's name may have; use a shorter HOLDFAST_RUNTIME_DIR", path)
	}
	return path, func() {}, nil
}
