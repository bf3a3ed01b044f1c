package unit

import "strings"

// mistakes are files as people write them.
func mistakes() []verdict {
	return []verdict{
		{"a comment behind a value is part of it", ok + "Restart=always # keep it up\n",
			problems{"3: Restart=always # keep it up: not one of no, always, on-success, on-failure, on-abnormal, on-abort, on-watchdog"}},
		{"so is a semicolon", ok + "Restart=always;\n",
			problems{"3: Restart=always;: not one of no, always, on-success, on-failure, on-abnormal, on-abort, on-watchdog"}},
		{"white space round the = does not count", "[Service]\nExecStart = /bin/true\nRestart\t=\talways\n", nil},
		{"a section in small letters is unknown", "[service]\nExecStart=/bin/true\n", problems{
			"1: unknown section [service]; all of it is ignored",
			"! no command is left to run; [Service] needs an ExecStart="}},
		{"a section with blanks in it is unknown", "[ Service ]\nExecStart=/bin/true\n", problems{
			"1: unknown section [ Service ]; all of it is ignored",
			"! no command is left to run; [Service] needs an ExecStart="}},
		{"a command in the wrong section", "[Unit]\nExecStart=/bin/true\n[Service]\nRestart=always\n", problems{
			"2: ExecStart=/bin/true: not known in [Unit]; it belongs in [Service]",
			"! no command is left to run; [Service] needs an ExecStart="}},
		{"ordering in the wrong section", ok + "After=network.target\nWantedBy=multi-user.target\n", problems{
			"3: After=network.target: not known in [Service]; it belongs in [Unit]",
			"4: WantedBy=multi-user.target: not known in [Service]; it belongs in [Install]"}},
		{"[Install] in the wrong section", ok + "[Unit]\nWantedBy=multi-user.target\n",
			problems{"4: WantedBy=multi-user.target: not known in [Unit]; it belongs in [Install]"}},
		{"a section can come twice", ok + "[Unit]\nDescription=x\n[Service]\nRestart=always\n", nil},
		{"only comments", "# ExecStart=/bin/true\n; nothing\n",
			problems{"! no command is left to run; [Service] needs an ExecStart="}},
		{"a web page", "<!DOCTYPE html>\n<html><head><title>404 = not found</title></head></html>\n", problems{
			"1: an assignment before the first section header is ignored: <!DOCTYPE html>",
			"2: an assignment before the first section header is ignored: <html><head><title>404 = not found</title></head></html>",
			"! no command is left to run; [Service] needs an ExecStart="}},
		{"another language", "{\n  \"service\": {\"exec\": \"/bin/true\"}\n}\n", problems{
			"1: an assignment before the first section header is ignored: {",
			`2: an assignment before the first section header is ignored: "service": {"exec": "/bin/true"}`,
			"3: an assignment before the first section header is ignored: }",
			"! no command is left to run; [Service] needs an ExecStart="}},
		{"UTF-16", "\xff\xfe[\x00S\x00e\x00r\x00v\x00i\x00c\x00e\x00]\x00\n\x00",
			problems{`!1: not UTF-8: "\xff\xfe["`}},
		{"an old include", ok + ".include /etc/web.service\n",
			problems{"3: no = in this line, so it is ignored: .include /etc/web.service"}},
		{"a blank behind the backslash ends the line", ok + "Description=a \\ \nb\n", problems{
			`3: Description=a \: not known in [Service]; it belongs in [Unit]`,
			"4: no = in this line, so it is ignored: b"}},
		{"a comment in a continued command", "[Service]\nExecStart=/bin/echo \\\n# one\n  two \\\n; three\n  four\nx\n",
			problems{"7: no = in this line, so it is ignored: x"}},

		{"the case of a value counts", ok + "Restart=Always\nKillMode=Mixed\n", problems{
			"3: Restart=Always: not one of no, always, on-success, on-failure, on-abnormal, on-abort, on-watchdog",
			"4: KillMode=Mixed: not one of control-group, mixed, process, none"}},
		{"a boolean is no rule of restarts", ok + "Restart=true\nRestart=on_failure\n", problems{
			"3: Restart=true: not one of no, always, on-success, on-failure, on-abnormal, on-abort, on-watchdog",
			"4: Restart=on_failure: not one of no, always, on-success, on-failure, on-abnormal, on-abort, on-watchdog"}},
		{"a foreign unit of time", ok + "RestartSec=5sek\nTimeoutStopSec=1,5\nTimeoutStartSec=5 5s x\n", problems{
			"3: RestartSec=5sek: not a time span; write 5, 500ms or 1min 30s",
			"4: TimeoutStopSec=1,5: not a time span; write 5, 500ms or 1min 30s",
			"5: TimeoutStartSec=5 5s x: not a time span; write 5, 500ms or 1min 30s"}},
		{"a count has no fraction", ok + "[Unit]\nStartLimitBurst=5.5\nStartLimitBurst=many\n", problems{
			"4: StartLimitBurst=5.5: not a number from 0 up",
			"5: StartLimitBurst=many: not a number from 0 up"}},
		{"signals have their own spelling", ok + "KillSignal=SIGTERMM\nKillSignal=term\nKillSignal=SIG9\nFinalKillSignal=99\nKillSignal=09\n", problems{
			`3: KillSignal=SIGTERMM: "SIGTERMM" is not a signal; write a name such as SIGTERM or TERM, or a number`,
			`4: KillSignal=term: "term" is not a signal; write a name such as SIGTERM or TERM, or a number`,
			`5: KillSignal=SIG9: "SIG9" is not a signal; write a name such as SIGTERM or TERM, or a number`,
			"6: FinalKillSignal=99: no signal has the number 99",
			`7: KillSignal=09: "09" is not a signal; write a name such as SIGTERM or TERM, or a number`}},
		{"exits are not separated by commas", ok + "RestartPreventExitStatus=SIGKILL,7\nSuccessExitStatus=1,2\n", problems{
			`3: RestartPreventExitStatus=SIGKILL,7: "SIGKILL,7" is no exit code (0 to 255), exit name (TEMPFAIL), signal (SIGKILL or KILL) or OOM`,
			`4: SuccessExitStatus=1,2: "1,2" is no exit code (0 to 255), exit name (TEMPFAIL), signal (SIGKILL or KILL) or OOM`}},
		{"a mode in another base", ok + "UMask=0x1f\nUMask=u=rwx\n", problems{
			"3: UMask=0x1f: not an octal mode such as 0027",
			"4: UMask=u=rwx: not an octal mode such as 0027"}},
		{"a score that is no number", ok + "OOMScoreAdjust=low\n",
			problems{"3: OOMScoreAdjust=low: not a number from -1000 to 1000"}},
		{"a user with a colon or slash", ok + "User=web:web\nGroup=a/b\n", problems{
			"!3: User=web:web: not a name or number of an account",
			"!4: Group=a/b: not a name or number of an account"}},
		{"a user with a blank", ok + "User=web server\n", nil},
		{"a user in quotes", ok + "User=\"nobody\"\n", nil},
		{"another user's home is no directory", ok + "WorkingDirectory=~web\n",
			problems{"!3: WorkingDirectory=~web: not an absolute path"}},
		{"a directory in quotes is relative", ok + "WorkingDirectory=\"/srv\"\n",
			problems{`!3: WorkingDirectory="/srv": not an absolute path`}},
		{"a variable is not expanded in a directory", ok + "WorkingDirectory=$HOME\n",
			problems{"!3: WorkingDirectory=$HOME: not an absolute path"}},
		{"~ without a user is one's own", ok + "WorkingDirectory=~\n", nil},
		{"an unknown specifier in a path", ok + "PIDFile=/run/%Q.pid\nEnvironmentFile=/etc/%Q\n", problems{
			"3: PIDFile=/run/%Q.pid: %Q: an unknown specifier; a percent sign itself is written %%",
			"4: EnvironmentFile=/etc/%Q: %Q: an unknown specifier; a percent sign itself is written %%"}},
		{"an unknown specifier in a description", ok + "[Unit]\nDescription=100%Q\n",
			problems{"4: Description=100%Q: %Q: an unknown specifier; a percent sign itself is written %%"}},
		{"a percent sign at the end", ok + "[Unit]\nDescription=100%\n", nil},
		{"a shell's assignment in Environment=", ok + "Environment=export A=1\nEnvironment=A\nEnvironment=A-B=1\n", problems{
			`3: Environment=export A=1: export is no NAME=value; a value with spaces needs quotes round the whole: "NAME=a b"`,
			`4: Environment=A: A is no NAME=value; a value with spaces needs quotes round the whole: "NAME=a b"`,
			"5: Environment=A-B=1: A-B cannot be the name of a variable"}},
		{"a value with a blank that is not quoted", ok + "Environment=A=1 2\n",
			problems{`3: Environment=A=1 2: 2 is no NAME=value; a value with spaces needs quotes round the whole: "NAME=a b"`}},
		{"quotes after the = are kept together", ok + "Environment=A=\"1 2\"\n", nil},
		{"a quote that is not closed in Environment=", ok + "Environment=\"A=1\n",
			problems{`3: Environment="A=1: a quote is not closed`}},
		{"an escape that is none in Environment=", ok + "Environment=\"A=\\q\"\n",
			problems{`3: Environment="A=\q": unknown escape sequence; a backslash itself is written \\`}},

		{"a command in the home directory", "[Service]\nExecStart=~/bin/web\n",
			problems{"!2: ExecStart=~/bin/web: ~/bin/web is neither an absolute path nor a bare name of a program"}},
		{"a variable is not expanded in a path", "[Service]\nExecStart=$HOME/bin/web\n",
			problems{"!2: ExecStart=$HOME/bin/web: $HOME/bin/web is neither an absolute path nor a bare name of a program"}},
		{"a command above", "[Service]\nExecStart=../web\n",
			problems{"!2: ExecStart=../web: ../web is neither an absolute path nor a bare name of a program"}},
		{"a variable alone is a program's name", "[Service]\nExecStart=$WEB\n",
			problems{`2: ExecStart=$WEB: the variable "WEB" is not set, so it is empty`}},
		{"typographic quotes are characters", "[Service]\nExecStart=“/bin/true”\n",
			problems{"!2: ExecStart=“/bin/true”: “/bin/true” is neither an absolute path nor a bare name of a program"}},
		{"a no-break space is a character", "[Service]\nExecStart=\u00a0/bin/true\n",
			problems{`!2: ExecStart="\u00a0/bin/true": "\u00a0/bin/true" is neither an absolute path nor a bare name of a program`}},
		{"a quoted path is fine", "[Service]\nExecStart=\"/bin/true\" a\n", nil},
		{"a whole command in quotes is a path", "[Service]\nExecStart=\"/bin/echo a\"\n", nil},
		{"a shell's operators are arguments", "[Service]\nExecStart=/bin/echo a && /bin/false | cat > /dev/null &\n", nil},
		{"a date's format is full of specifiers", "[Service]\nExecStart=/bin/date +%F\n",
			problems{"!2: ExecStart=/bin/date +%F: %F: an unknown specifier; a percent sign itself is written %%"}},
		{"a single quote that is not closed", "[Service]\nExecStart=/bin/sh -c 'echo it''s\\'\n",
			problems{`!2: ExecStart=/bin/sh -c 'echo it''s\': a quote is not closed`}},
		{"a double quote that is escaped at the end", "[Service]\nExecStart=/bin/sh -c \"echo \\\"\n",
			problems{`!2: ExecStart=/bin/sh -c "echo \": a quote is not closed`}},
		{"a prefix twice is part of the path", "[Service]\nExecStart=--/bin/true\n", problems{
			"2: ExecStart=--/bin/true: -/bin/true is neither an absolute path nor a bare name of a program",
			"!2: ExecStart=--/bin/true: no command is left to run; [Service] needs an ExecStart="}},
		{"a prefix with a blank behind it", "[Service]\nExecStart=- /bin/true\n", problems{
			"2: ExecStart=- /bin/true: no command after the prefix",
			"!2: ExecStart=- /bin/true: no command is left to run; [Service] needs an ExecStart="}},
		{"+ and ! do not go together", "[Service]\nExecStart=+!/bin/true\n",
			problems{"!2: ExecStart=+!/bin/true: !/bin/true is neither an absolute path nor a bare name of a program"}},
		{"a dot is no program", "[Service]\nExecStart=.\n",
			problems{"!2: ExecStart=.: . is neither an absolute path nor a bare name of a program"}},
		{"a dot at the end of a path is nothing", "[Service]\nExecStart=/usr/bin/.\n", nil},
		{"a name that is too long", "[Service]\nExecStart=/" + strings.Repeat("x", 256) + "\n",
			problems{"!2: ExecStart=/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…: a path that long cannot exist"}},
		{"a control character in a path", "[Service]\nExecStart=/bin/a\\tb\n",
			problems{`!2: ExecStart=/bin/a\tb: quotes, backslashes and control characters cannot be in a program's path`}},
		{"a quoted empty command", "[Service]\nExecStart=\"\"\n",
			problems{`!2: ExecStart="": no command after the prefix`}},
		{"only a semicolon", "[Service]\nExecStart=;\n",
			problems{"!2: ExecStart=;: no command is left to run; [Service] needs an ExecStart="}},
		{"a line end in a list of exits", ok + "SuccessExitStatus=1 \\\n 2 \\\n x\n",
			problems{`3: SuccessExitStatus=1   2   x: "x" is no exit code (0 to 255), exit name (TEMPFAIL), signal (SIGKILL or KILL) or OOM`}},
	}
}
