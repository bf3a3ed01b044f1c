package unit

// executionMistakes are those in how a process is to be, and in the commands beside it.
func executionMistakes() []verdict {
	return []verdict{
		{"a limit of files has no suffix", ok + "LimitNOFILE=10K\n",
			problems{"3: LimitNOFILE=10K: neither a number nor infinity"}},
		{"a soft limit above the hard one", ok + "LimitNOFILE=2:1\nLimitAS=1G:2\n", problems{
			"3: LimitNOFILE=2:1: the soft limit, which comes first, is above the hard one",
			"4: LimitAS=1G:2: the soft limit, which comes first, is above the hard one"}},
		{"a limit that is empty or negative", ok + "LimitNOFILE=\nLimitNOFILE=-1\n", problems{
			"3: LimitNOFILE=: neither a number nor infinity",
			"4: LimitNOFILE=-1: neither a number nor infinity"}},
		{"sizes that are none", ok + "LimitCORE=5X\nLimitCORE=.5G\nLimitCORE=1K 1M\nLimitCORE=1 1\n", problems{
			"3: LimitCORE=5X: not a size in bytes; write 500K, 1.5G or 1G 512M",
			"4: LimitCORE=.5G: not a size in bytes; write 500K, 1.5G or 1G 512M",
			"5: LimitCORE=1K 1M: not a size in bytes; write 500K, 1.5G or 1G 512M",
			"6: LimitCORE=1 1: not a size in bytes; write 500K, 1.5G or 1G 512M"}},
		{"sizes that look like none", ok + "LimitCORE=10.M\nLimitCORE=1G512M\nLimitCORE=1 K\n", nil},
		{"a limit of time has a unit of time", ok + "LimitCPU=5 parsecs\n",
			problems{"3: LimitCPU=5 parsecs: not a time span; write 5, 500ms or 1min 30s"}},
		{"nice levels out of range", ok + "Nice=20\nNice=low\nLimitNICE=50\nLimitNICE=-21\n", problems{
			"3: Nice=20: not a number from -20 to 19",
			"4: Nice=low: not a number from -20 to 19",
			"5: LimitNICE=50: neither a nice level with its sign nor a number up to 40",
			"6: LimitNICE=-21: not a number from -20 to 19"}},
		{"CPUs that are no list", ok + "CPUAffinity=a\nCPUAffinity=3-1\n", problems{
			"3: CPUAffinity=a: not a list of CPUs such as 0 2-5",
			"4: CPUAffinity=3-1: not a list of CPUs such as 0 2-5"}},
		{"scheduling that there is not", ok + "CPUSchedulingPolicy=realtime\nCPUSchedulingPriority=100\nIOSchedulingClass=best\nIOSchedulingPriority=8\n", problems{
			"3: CPUSchedulingPolicy=realtime: not one of other, batch, idle, fifo, rr",
			"4: CPUSchedulingPriority=100: not a number from 0 to 99",
			"5: IOSchedulingClass=best: not one of none, realtime, best-effort, idle",
			"6: IOSchedulingPriority=8: not a number from 0 to 7"}},
		{"a slack that is no time", ok + "TimerSlackNSec=x\n",
			problems{"3: TimerSlackNSec=x: not a time span; write 5, 500ms or 1min 30s"}},
		{"more groups that can be none", ok + "SupplementaryGroups=a:b\n",
			problems{"!3: SupplementaryGroups=a:b: not a name or number of an account"}},
		{"a root that is relative", ok + "RootDirectory=srv\n",
			problems{"!3: RootDirectory=srv: not an absolute path"}},
		{"a root with .. in it", ok + "RootDirectory=/a/../b\n",
			problems{"!3: RootDirectory=/a/../b: a path with .. in it is not allowed here"}},
		{"streams that there are not", ok + "StandardOutput=log\nStandardInput=/dev/null\nStandardError=\n", problems{
			"3: StandardOutput=log: not one of null, inherit, journal, kmsg, syslog, journal+console, kmsg+console, syslog+console, file, append, truncate; a file is written file:PATH",
			"4: StandardInput=/dev/null: not one of null, data, file; a file is written file:PATH",
			"5: StandardError=: not one of null, inherit, journal, kmsg, syslog, journal+console, kmsg+console, syslog+console, file, append, truncate; a file is written file:PATH"}},
		{"a relative file of output", ok + "StandardOutput=file:out.log\nStandardError=append:/x/%Q\nStandardInput=file:/a/../b\n", problems{
			"3: StandardOutput=file:out.log: not an absolute path",
			"4: StandardError=append:/x/%Q: %Q: an unknown specifier; a percent sign itself is written %%",
			"5: StandardInput=file:/a/../b: a path with .. in it is not allowed here"}},
		{"data that is none", ok + "StandardInputData=???\nStandardInputText=a\\q\n", problems{
			"3: StandardInputData=???: not base64",
			`4: StandardInputText=a\q: unknown escape sequence; a backslash itself is written \\`}},
		{"directories out of place", ok + "RuntimeDirectory=/run/web\nStateDirectory=a b/../c\nCacheDirectory=%Q\n", problems{
			"3: RuntimeDirectory=/run/web: /run/web is no relative path without ..",
			"4: StateDirectory=a b/../c: b/../c is no relative path without ..",
			"5: CacheDirectory=%Q: %Q: an unknown specifier; a percent sign itself is written %%"}},
		{"modes of directories", ok + "RuntimeDirectoryMode=rwx\nRuntimeDirectoryPreserve=always\n", problems{
			"3: RuntimeDirectoryMode=rwx: not an octal mode such as 0027",
			"4: RuntimeDirectoryPreserve=always: not one of no, restart, yes"}},
		{"a relative command before the start", ok + "ExecStartPre=true/x\n",
			problems{"!3: ExecStartPre=true/x: true/x is neither an absolute path nor a bare name of a program"}},
		{"one whose failure is ignored", ok + "ExecStartPre=-x/y\n",
			problems{"3: ExecStartPre=-x/y: x/y is neither an absolute path nor a bare name of a program"}},
		{"an unknown specifier in a reload", ok + "ExecReload=kill -HUP %Q\n",
			problems{"!3: ExecReload=kill -HUP %Q: %Q: an unknown specifier; a percent sign itself is written %%"}},
		{"a quote that is not closed in a condition", ok + "ExecCondition=\"/bin/true\n",
			problems{`3: ExecCondition="/bin/true: a quote is not closed`}},
		{"a shell's background in a reload", ok + "ExecReload=/bin/kill -HUP $MAINPID &\n", nil},
		{"words for booleans", ok + "RemainAfterExit=once\nGuessMainPID=x\n", problems{
			"3: RemainAfterExit=once: neither yes nor no",
			"4: GuessMainPID=x: neither yes nor no"}},
		{"failure modes and times of the watchdog", ok + "TimeoutStartFailureMode=stop\nTimeoutAbortSec=x\nWatchdogSec=5x\nWatchdogSec=\n", problems{
			"3: TimeoutStartFailureMode=stop: not one of terminate, abort, kill",
			"4: TimeoutAbortSec=x: not a time span; write 5, 500ms or 1min 30s",
			"5: WatchdogSec=5x: not a time span; write 5, 500ms or 1min 30s",
			"6: WatchdogSec=: not a time span; write 5, 500ms or 1min 30s"}},
		{"who may notify", ok + "NotifyAccess=everyone\n",
			problems{"3: NotifyAccess=everyone: not one of none, main, exec, all"}},
		{"a type with a slip of the pen", ok + "Type=notify-reloads\n",
			problems{"3: Type=notify-reloads: not one of simple, exec, forking, oneshot, idle, notify, notify-reload"}},
		{"oneshot is not restarted always", ok + "Type=oneshot\nRestart=always\n",
			problems{"!4: Restart=always: a service of Type=oneshot has done its work when it ends well; write on-failure or no"}},
		{"oneshot may have two commands", ok + "Type=oneshot\nExecStart=/bin/false\n", nil},
		{"oneshot without a command", ok + "Type=oneshot\nExecStart=\n",
			problems{"!4: ExecStart=: no command is left to run; [Service] needs an ExecStart="}},
		{"a stop alone is not enough", ok + "ExecStop=/bin/true\nExecStart=\n",
			problems{"!4: ExecStart=: no command is left to run; [Service] needs an ExecStart="}},
		{"a PID file above", ok + "Type=forking\nPIDFile=x/../y.pid\n",
			problems{"!4: PIDFile=x/../y.pid: a path with .. in it is not allowed here"}},
	}
}
