package watchdog

import (
	"os"
	"os/user"
	"slices"
	"testing"
)

func TestLoginEnvironment(t *testing.T) {
	t.Parallel()
	self, err := user.Current()
	if err != nil {
		t.Skip(err)
	}
	if _, err := os.Stat("/etc/passwd"); err != nil {
		t.Skip(err)
	}
	yes, no := true, false
	whole := (&Service{}).loginEnvironment(self)
	tests := []struct {
		name string
		user string
		set  *bool
		want []string
	}{
		{"nothing without a user", "", nil, nil},
		{"the user's", self.Username, nil, whole},
		{"only the name where they are not wanted", self.Username, &no, []string{"USER=" + self.Username}},
		{"one's own", "", &yes, whole},
		{"nothing without a user, where they are not wanted", "", &no, nil},
		{"nothing of nobody that is known", "no such user", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Service{User: tt.user, SetLoginEnvironment: tt.set}
			if got := s.LoginEnvironment(); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
