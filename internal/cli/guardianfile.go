package cli

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/rs/zerolog"
	"gopkg.in/natefinch/lumberjack.v2"

	"holdfast/internal/state"
)

// guardianLog is where the guardian says what it decides: a file of its own, kept
// small by rotation, and the terminal of a foreground guardian.
func guardianLog(dir state.Dir, terminal io.Writer) zerolog.Logger {
	out := io.Discard
	if dir.Log != "" {
		out = &guardianFile{rotated: lumberjack.Logger{Filename: dir.GuardianLog(), MaxSize: 1, MaxBackups: 2}}
	}
	if terminal != nil {
		console := zerolog.ConsoleWriter{
			Out: terminal, NoColor: true, PartsOrder: []string{zerolog.MessageFieldName},
			FormatMessage: func(message any) string { return fmt.Sprint("holdfast: ", message) },
		}
		out = zerolog.MultiLevelWriter(out, console)
	}
	return zerolog.New(out).Level(zerolog.InfoLevel).With().Timestamp().Logger()
}

// A guardianFile is opened anew where another file has its name, or none, as after mv(1) or
// rm(1).
type guardianFile struct {
	mu      sync.Mutex
	rotated lumberjack.Logger
	opened  os.FileInfo
}

func (f *guardianFile) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, err := os.Stat(f.rotated.Filename)
	same := err == nil && f.opened != nil && os.SameFile(now, f.opened)
	if !same {
		f.rotated.Close()
	}
	n, err := f.rotated.Write(line)
	if !same {
		f.opened, _ = os.Stat(f.rotated.Filename)
	}
	return n, err
}
