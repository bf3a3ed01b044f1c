package install

import (
	"slices"
	"testing"
)

func TestDetect(t *testing.T) {
	has := func(names ...string) func(string) bool {
		return func(name string) bool { return slices.Contains(names, name) }
	}
	none := has()
	tests := []struct {
		name string
		host Host
		want Init // "": it says that it does not know
	}{
		{"systemd", Host{PID1: "systemd", Exists: has("/run/systemd/system", "/etc/init.d"), Runs: has("crontab")}, Systemd},
		{"systemd installed, but not running", Host{PID1: "sh", Exists: has("/etc/init.d"), Runs: has("systemctl")}, ""},
		{"Alpine", Host{PID1: "init", Busybox: true, Exists: has("/run/openrc/softlevel", "/etc/inittab", "/etc/init.d"), Runs: has("crontab")}, OpenRC},
		{"Gentoo, on sysvinit", Host{PID1: "init", Exists: has("/run/openrc/softlevel", "/etc/init.d"), Runs: none}, OpenRC},
		{"busybox alone", Host{PID1: "init", Busybox: true, Exists: has("/etc/inittab", "/etc/init.d"), Runs: has("crontab")}, Inittab},
		{"sysvinit", Host{PID1: "init", Exists: has("/etc/init.d", "/etc/inittab"), Runs: has("update-rc.d")}, SysV},
		{"Void", Host{PID1: "runit", Exists: none, Runs: none}, Runit},
		{"runsvdir in a container", Host{PID1: "runsvdir", Exists: none, Runs: none}, Runit},
		{"s6", Host{PID1: "s6-svscan", Exists: none, Runs: none}, S6},
		{"another init with cron", Host{PID1: "tini", Exists: has("/etc/rc.local"), Runs: has("crontab")}, Cron},
		{"another init with rc.local", Host{PID1: "tini", Exists: has("/etc/rc.local"), Runs: none}, RCLocal},
		{"a container", Host{PID1: "tini", Exists: none, Runs: none}, ""},
		{"/proc hidden", Host{Exists: none, Runs: none}, ""},
		{"a user below systemd", Host{User: true, PID1: "systemd", Exists: has("/run/systemd/system"), Runs: has("systemctl")}, Systemd},
		{"a user with a crontab", Host{User: true, PID1: "init", Exists: has("/etc/init.d"), Runs: has("crontab")}, Cron},
		{"a user with nothing", Host{User: true, PID1: "init", Exists: has("/etc/init.d"), Runs: none}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, why, err := tt.host.Detect()
			if got != tt.want || (err == nil) != (tt.want != "") || (why != "") != (tt.want != "") {
				t.Errorf("%q, %q, %v; want %q", got, why, err, tt.want)
			}
		})
	}
}
