package install

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// read is the content of the file, or of the crontab; fs.ErrNotExist where there is none.
func (p Part) read() (string, error) {
	if p.Path == "" {
		return readCrontab()
	}
	content, err := os.ReadFile(p.Path)
	return string(content), err
}

// save replaces the content. A reader, or a host that loses its power, sees the old or
// the whole new one.
func (p Part) save(content string) error {
	if p.Path == "" {
		return saveCrontab(content)
	}
	path := p.Path
	if target, err := filepath.EvalSymlinks(path); err == nil { // as /etc/rc.local is in some places
		path = target
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".holdfast-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // when it is still there
	defer file.Close()
	mode := p.Mode
	if info, err := os.Stat(path); err == nil {
		if p.shared {
			mode = info.Mode().Perm()
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && p.shared {
			if err := file.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
				return err
			}
		}
	}
	if _, err = file.WriteString(content); err == nil {
		err = file.Chmod(mode)
	}
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

var errNoCron = errors.New("there is no crontab program here; is cron installed?")

// readCrontab is the crontab of the calling user. That there is none is not told by the
// exit code, and by each cron in other words; but then nothing is printed.
func readCrontab() (string, error) {
	if _, err := exec.LookPath("crontab"); err != nil {
		return "", errNoCron
	}
	var complaint bytes.Buffer
	list := exec.Command("crontab", "-l")
	list.Stderr = &complaint
	content, err := list.Output()
	if err != nil && len(content) == 0 && noCrontab(complaint.String()) {
		return "", fs.ErrNotExist
	}
	if err != nil {
		return "", fmt.Errorf("crontab -l: %w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return string(content), nil
}

// noCrontab recognises the words of Vixie cron and its descendants, and of busybox.
func noCrontab(complaint string) bool {
	complaint = strings.ToLower(complaint)
	return strings.Contains(complaint, "no crontab") || strings.Contains(complaint, "no such file")
}

// saveCrontab replaces the crontab; an empty one is removed.
func saveCrontab(content string) error {
	save := exec.Command("crontab", "-")
	if content == "" {
		save = exec.Command("crontab", "-r")
	}
	save.Stdin = strings.NewReader(content)
	if out, err := save.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(save.Args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}
