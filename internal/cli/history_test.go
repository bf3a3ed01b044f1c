package cli

import (
	"bytes"
	"testing"
	"time"

	"holdfast/internal/watchdog"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	v := web()
	// A run that nobody saw the end of, between the others.
	v.record.Runs = append(v.record.Runs[:1:1], watchdog.Run{Number: 2, PID: 1237, Started: noon.Add(-time.Hour)}, v.record.Runs[1])
	v.record.Runs[2].Number = 3
	const want = `RUN  STARTED                      LASTED     PID   EXIT                              MEMORY  CPU   WHAT FOLLOWED
1    Sat 2026-11-21 11:56:46 UTC  9 s        1234  code=killed, signal=KILL          12.0M   42ms  restarting in 100 ms: killed by SIGKILL, Restart=always; restart 1
2    Sat 2026-11-21 11:00:00 UTC  -          1237  unknown: the guardian was killed  -       -
3    Sat 2026-11-21 11:56:56 UTC  3 min 4 s  1240  running                           -       -
`
	var b bytes.Buffer
	printHistory(&b, screen{}, v, v.record.Runs, noon)
	if b.String() != want {
		t.Errorf("got:\n%swant:\n%s", b.String(), want)
	}
}

func TestOneRun(t *testing.T) {
	t.Parallel()
	const want = `        Run: 1 of web
    Started: Sat 2026-11-21 11:56:46 UTC
      Ended: Sat 2026-11-21 11:56:55 UTC
     Lasted: 9 s
        PID: 1234
       Exit: killed by SIGKILL (code=killed, signal=KILL)
   Decision: restarting in 100 ms: killed by SIGKILL, Restart=always; restart 1
Peak memory: 12.0M
        CPU: 42ms (30ms user, 12ms system)

listening
\x1b]0;evil\a
`
	v := web()
	run, err := v.findRun("1")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	printRun(&b, v, run, nil, "", noon)
	if b.String() != want {
		t.Errorf("got:\n%swant:\n%s", b.String(), want)
	}
}

func TestFindRun(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"0":  `"0" is not the number of a run; 'holdfast history web' shows them`,
		"x":  `"x" is not the number of a run; 'holdfast history web' shows them`,
		"17": "web: run 17 is not known; the runs 1 to 2 are",
	} {
		if _, err := web().findRun(arg); err == nil || err.Error() != want {
			t.Errorf("run %s: %v, want %s", arg, err, want)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	orphaned, stopped := web(), web()
	orphaned.dir.Name, orphaned.guardian, orphaned.record.State = "orphaned", killed, watchdog.Failed
	orphaned.record.StateChanged = time.Time{}
	stopped.dir.Name, stopped.guardian, stopped.record.State = "stopped", absent, watchdog.Dead
	stopped.record.Guardian, stopped.record.Business = watchdog.Process{}, watchdog.Process{}
	stopped.record.Service.Source, stopped.record.Service.Description = "/etc/holdfast/stopped.service", "From a file"
	const want = `NAME      ACTIVE    SUB      PID   GUARDIAN  RESTARTS  SINCE        WHAT
web       active    running  1240  1230      1         3min 4s ago  ./web -c "my web.conf"
orphaned  failed    failed   1240  killed    1         -            ./web -c "my web.conf"
stopped   inactive  dead     -     -         1         3min 4s ago  From a file
`
	var b bytes.Buffer
	printList(&b, screen{}, []view{web(), orphaned, stopped}, noon)
	if b.String() != want {
		t.Errorf("got:\n%swant:\n%s", b.String(), want)
	}
}
