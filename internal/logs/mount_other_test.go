//go:build !linux

package logs

import "testing"

func mount(t *testing.T, _, _ string) { t.Skip("mounts on Linux only") }
