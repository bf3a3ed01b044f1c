package install

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
)

// unsealed stands in a mark where the checksum goes.
const unsealed = "[........]"

// mark is the first line of what is written, but for a #! before it.
func (p Part) mark(file string) string {
	name := p.Name
	if p.user {
		name = "--user " + name
	}
	return fmt.Sprintf("%s%s; 'holdfast uninstall %s' removes it %s", p.markStart(), file, name, unsealed)
}

func (p Part) markStart() string {
	return fmt.Sprintf("# holdfast install --init=%s %s: from ", p.Init, p.Name)
}

// end is the last line of a block in a file that belongs to others.
func (p Part) end() string {
	return fmt.Sprintf("# holdfast install --init=%s %s: end", p.Init, p.Name)
}

// seal puts the checksum of a text into its mark.
func (p Part) seal(text, file string) string {
	return strings.Replace(text, p.mark(file), strings.Replace(p.mark(file), unsealed, checksum(text, p.mark(file)), 1), 1)
}

// checksum is that of the text without its mark.
func checksum(text, mark string) string {
	before, after, _ := strings.Cut(text, mark)
	return fmt.Sprintf("[%08x]", crc32.ChecksumIEEE([]byte(before+after)))
}

// intact reports whether the text is as it was written.
func (p Part) intact(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, p.markStart()) {
			return strings.HasSuffix(line, checksum(text, line))
		}
	}
	return false
}

// SourceOf returns the service file for which a systemd unit was written; ok is false for
// a unit that is somebody else's.
func SourceOf(unit string) (file string, ok bool) {
	text, err := os.ReadFile(unit)
	if err != nil {
		return "", false
	}
	first, _, _ := strings.Cut(string(text), "\n")
	p := Part{Init: Systemd, Name: strings.TrimSuffix(filepath.Base(unit), ".service")}
	rest, ok := strings.CutPrefix(first, p.markStart())
	if !ok {
		return "", false
	}
	file, _, ok = strings.Cut(rest, "; 'holdfast uninstall ")
	return file, ok
}
