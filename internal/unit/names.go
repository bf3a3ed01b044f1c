package unit

import (
	"path/filepath"
	"slices"
	"strings"
)

// Names are the services that [Find] would find by a name with this prefix, sorted; those
// of systemd's directories, which are many, only if there is a prefix. A template is there
// as "web@".
func Names(prefix string) []string {
	var names []string
	for _, directory := range searchPath() {
		if prefix == "" && strings.HasSuffix(directory, "/systemd/system") {
			continue
		}
		files, _ := filepath.Glob(filepath.Join(directory, "*"+suffix))
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), suffix)
			if strings.HasPrefix(name, prefix) && ValidName(name+"1") == nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
