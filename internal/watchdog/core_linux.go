package watchdog

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// findCore finds the core of a run that dumped one, or tells who was given it (core(5)).
// A core that is found was written since the run began.
func findCore(r *CrashReport) (file, handler string) {
	text, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	pattern := strings.TrimSuffix(string(text), "\n")
	if err != nil || pattern == "" {
		return "", ""
	}
	if pattern[0] == '|' || pattern[0] == '@' { // @ is a socket, Linux 6.16
		return "", pattern
	}
	uses, _ := os.ReadFile("/proc/sys/kernel/core_uses_pid")
	if strings.TrimSpace(string(uses)) == "1" && !strings.Contains(pattern, "%p") {
		pattern += ".%p"
	}
	matches, _ := filepath.Glob(coreGlob(pattern, r))
	var newest fs.FileInfo
	for _, match := range matches {
		info, err := os.Lstat(match)
		if err != nil || !info.Mode().IsRegular() || info.ModTime().Before(r.Started.Truncate(1e9)) {
			continue
		}
		if newest == nil || info.ModTime().After(newest.ModTime()) {
			newest, file = info, match
		}
	}
	return file, ""
}

// coreGlob is where the pattern leads. What is not known for sure becomes a wildcard,
// but the program's name only where the PID makes sure that it is the right file.
func coreGlob(pattern string, r *CrashReport) string {
	name := filepath.Base(r.Program)
	name = literal(name[:min(15, len(name))]) // as much as the kernel keeps
	if strings.Contains(pattern, "%p") {
		name = "*"
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' {
			b.WriteString(literal(pattern[i : i+1]))
			continue
		}
		if i++; i == len(pattern) {
			break // the kernel drops it, too
		}
		switch pattern[i] {
		case '%':
			b.WriteByte('%')
		case 'p':
			b.WriteString(strconv.Itoa(r.PID))
		case 's':
			b.WriteString(strconv.Itoa(int(r.Exit.Signal)))
		case 'h':
			b.WriteString(literal(r.Host))
		case 'e':
			b.WriteString(name)
		default:
			b.WriteByte('*')
		}
	}
	path := b.String()
	if !strings.HasPrefix(path, "/") {
		path = literal(r.Directory) + "/" + path
	}
	return filepath.Clean(path)
}

// literal keeps the characters of a text from being wildcards.
func literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(text)
}
