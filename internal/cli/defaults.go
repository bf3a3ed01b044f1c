package cli

import (
	"cmp"

	"holdfast/internal/unit"
	"holdfast/internal/watchdog"
)

// directiveDefaults are the values that a directive has when nobody sets it.
func directiveDefaults() (file, command map[string]string) {
	file, command = map[string]string{}, map[string]string{}
	of := func(s watchdog.Service, defaults map[string]string) {
		for _, x := range settings(s) {
			defaults[x.name] = x.value
		}
		for _, d := range unit.Directives() {
			defaults[d.Name] = cmp.Or(defaults[d.Name], "–")
		}
	}
	of(watchdog.FileDefaults("web"), file)
	of(watchdog.CommandDefaults("web", watchdog.Command{Path: "/web"}, nil, "/", 0o022), command)
	file["Description"], command["Description"] = "the name", "the program"
	command["ExecStart"] = "after `--`"
	command["WorkingDirectory"], command["UMask"] = "the caller's", "the caller's"
	file["Environment"], command["Environment"] = "only `PATH`", "the caller's"
	file["RestartKillSignal"], command["RestartKillSignal"] = "`KillSignal=`", "`KillSignal=`"
	file["PIDFile"] = "`NAME/pid`, see [operations](operations.md)"
	command["PIDFile"] = "the same"
	return file, command
}
