package state

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// within bounds what would hang a broken test; nothing is measured by it.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// handOver starts a process that holds file, and returns it with what ends it.
func handOver(t *testing.T, file *os.File) (*exec.Cmd, io.Closer) {
	t.Helper()
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), "STATE_TEST_HOLD=1")
	holder.ExtraFiles = []*os.File{file}
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		holder.Process.Kill()
		holder.Wait()
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "holding\n" {
		t.Fatalf("holder said %q, %v", line, err)
	}
	return holder, stdin
}

func TestLockIsHeldUntilTheLastHolderEnds(t *testing.T) {
	for _, end := range []string{"exit", "kill -9"} {
		t.Run(end, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "lock")
			file, err := TryLock(path)
			if err != nil {
				t.Fatal(err)
			}
			holder, stdin := handOver(t, file)
			file.Close()
			if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
				t.Fatalf("with the holder alive: %v", err)
			}
			waited := make(chan error)
			go func() { waited <- Wait(within(t), path) }()
			select {
			case err := <-waited:
				t.Fatalf("Wait returned %v with the holder alive", err)
			default:
			}
			if end == "exit" {
				stdin.Close()
			} else {
				holder.Process.Kill()
			}
			if err := <-waited; err != nil {
				t.Fatal(err)
			}
			file, err = TryLock(path)
			if err != nil {
				t.Fatalf("after the holder: %v", err)
			}
			file.Close()
		})
	}
}

func TestOneOfFiftyGetsTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	for range 20 {
		var got atomic.Pointer[os.File]
		var winners, losers atomic.Int32
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				file, err := TryLock(path)
				switch {
				case err == nil:
					winners.Add(1)
					got.Store(file)
				case errors.Is(err, ErrLocked):
					losers.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if winners.Load() != 1 || losers.Load() != 49 {
			t.Fatalf("%d winners, %d losers", winners.Load(), losers.Load())
		}
		got.Load().Close()
	}
}

func TestAPassingWaiterDoesNotKeepAStarterOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	waiter, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer waiter.Close()
	if err := flock(waiter, unix.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	started := make(chan error)
	go func() {
		file, err := TryLock(path)
		file.Close()
		started <- err
	}()
	select {
	case err := <-started:
		t.Fatalf("TryLock returned %v while the waiter passed", err)
	case <-time.After(20 * time.Millisecond): // long enough to catch one that gives up
	}
	waiter.Close()
	if err := <-started; err != nil {
		t.Error(err)
	}
}

func TestWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if err := Wait(within(t), path); err != nil {
		t.Errorf("without a lock file: %v", err)
	}
	file, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Wait(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	file.Close()
	if err := Wait(within(t), path); err != nil {
		t.Errorf("after its end: %v", err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the lock file must stay: %v", err)
	}
}

func TestLockFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	path, target := filepath.Join(dir, "lock"), filepath.Join(dir, "target")
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("TryLock: %v", err)
	}
	if err := Wait(within(t), path); err == nil {
		t.Error("Wait followed it")
	}
	if _, err := os.Lstat(target); !os.IsNotExist(err) {
		t.Errorf("target: %v", err)
	}
}
