package unit

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// dropIns are the files NAME.service.d/*.conf and their like that change a service, in the
// order in which they are read: by file name, whatever their directory. Of two with the
// same name the one in the earlier directory counts. The rules are those of
// unit_file_find_dropin_paths in systemd's src/shared/dropin.c. Directories that are there
// and cannot be read come back too.
func dropIns(name string, places []string) (files []string, unreadable []*fs.PathError) {
	found := map[string]string{} // the path by the file's name
	for _, directory := range dropInDirectories(name, places) {
		entries, err := os.ReadDir(directory)
		if failed, ok := errors.AsType[*fs.PathError](err); ok && !errors.Is(err, fs.ErrNotExist) {
			unreadable = append(unreadable, &fs.PathError{Path: directory, Err: failed.Err})
		}
		for _, entry := range entries {
			file := entry.Name()
			isFile := entry.Type().IsRegular() || entry.Type() == fs.ModeSymlink
			if _, earlier := found[file]; isFile && !earlier && strings.HasSuffix(file, ".conf") && file[0] != '.' {
				found[file] = filepath.Join(directory, file)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(found)) {
		files = append(files, found[file])
	}
	return files, unreadable
}

// dropInDirectories are the directories, there or not, in which a service's drop-ins can
// be, the most particular first: its own in each place, then those of its aliases, then
// service.d, which is every service's. The first place is where the service's file is.
func dropInDirectories(name string, places []string) (directories []string) {
	names := append([]string{name}, aliases(name, places[1:])...)
	if slices.Contains(places[1:], places[0]) { // it was found where it is looked for
		places = places[1:]
	}
	for _, name := range names {
		for _, place := range places {
			for _, level := range levels(name) {
				directories = append(directories, filepath.Join(place, level+suffix+".d"))
			}
		}
	}
	for _, place := range places {
		directories = append(directories, filepath.Join(place, "service.d"))
	}
	return directories
}

// levels are the names whose drop-ins count for a service: its own, its template's, and
// those of every prefix that ends in a dash. a-b@1 has a-b@1, a-b@, a-, a-@1, a-@.
func levels(name string) []string {
	all := []string{name}
	add := func(more []string) {
		for _, level := range more {
			if !slices.Contains(all, level) {
				all = append(all, level)
			}
		}
	}
	template, isInstance := templateOf(name)
	if isInstance {
		add(levels(template))
	}
	prefix, instance, _ := strings.Cut(name, "@")
	dash := strings.LastIndexByte(strings.TrimSuffix(prefix, "-"), '-')
	if dash <= 0 {
		return all
	}
	shorter := prefix[:dash+1]
	if isInstance {
		shorter += "@" + instance
	}
	add(levels(shorter))
	return all
}

// aliases are the other names of a service: the links in these places that lead to it.
func aliases(name string, places []string) (names []string) {
	_, instance, _ := strings.Cut(name, "@")
	for _, place := range places {
		entries, _ := os.ReadDir(place) // one that is not there has no links
		for _, entry := range entries {
			other, isService := strings.CutSuffix(entry.Name(), suffix)
			if !isService || entry.Type() != fs.ModeSymlink {
				continue
			}
			file := filepath.Join(place, entry.Name())
			if strings.HasSuffix(other, "@") {
				other += instance
			}
			if _, realName, found := follow(file, other, places); found && realName == name && other != name {
				names = append(names, other)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
