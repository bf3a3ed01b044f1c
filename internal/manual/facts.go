package manual

// What the overview says beside the verbs.

var exitCodes = [][2]string{
	{"0", "Done; also: it runs already, it does not run any more."},
	{"1", "The service failed, or what was asked of it."},
	{"2", "The command line or the configuration is wrong; nothing was done."},
}

var files = [][2]string{
	{"/run/holdfast/NAME/", "The runtime directory: lock, PID file (pid), control socket, the program's output pipe (log) and the last state. " +
		"Of other users than root it is $XDG_RUNTIME_DIR/holdfast/NAME/."},
	{"/var/log/holdfast/NAME/", "The log directory: output.log, with rotated ones beside it, crash reports, and guardian.log, what the guardian decided. " +
		"Of other users than root it is $XDG_STATE_HOME/holdfast/NAME/, or below ~/.local/state."},
	{"/etc/holdfast/NAME.service", "Service files. They are looked for in $HOLDFAST_UNIT_PATH, beside the holdfast binary, here, and where systemd has its units."},
}

var environment = [][2]string{
	{"HOLDFAST_RUNTIME_DIR, HOLDFAST_LOG_DIR", "Other places for the directories; NAME is added. Every command about a service needs the same."},
	{"HOLDFAST_UNIT_PATH", "Directories of service files that come first, separated by colons."},
	{"NO_COLOR", "No colour, even on a terminal."},
}

var signals = [][2]string{
	{"TERM, INT", "Stop: end everything, then the guardian."},
	{"HUP", "Reload. In the foreground of a terminal: stop."},
	{"QUIT, WINCH", "Pass it on to the program."},
	{"USR1", "Begin a new log file."},
	{"USR2", "Hand over to the binary on disk."},
	{"KILL", "The guardian dies, the program works on, and the next start adopts it."},
}
