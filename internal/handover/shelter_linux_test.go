package handover

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestGains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	capable := binary("capable", 0o755)
	v2 := make([]byte, 20) // struct vfs_cap_data
	v2[3], v2[4] = 2, 1
	capableErr := unix.Setxattr(capable, "security.capability", v2, 0)
	tests := []struct {
		name, path string
		want       bool
	}{
		{"plain", binary("plain", 0o755), false},
		{"setuid", binary("setuid", 0o755|os.ModeSetuid), true},
		{"setgid", binary("setgid", 0o755|os.ModeSetgid), true},
		{"file capabilities", capable, capableErr == nil},
		{"not there", filepath.Join(dir, "nowhere"), false},
	}
	for _, tt := range tests {
		if got := gains(tt.path); got != tt.want {
			t.Errorf("%s: gains = %v, want %v", tt.name, got, tt.want)
		}
	}
}
