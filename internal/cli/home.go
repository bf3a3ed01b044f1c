package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"holdfast/internal/state"
	"holdfast/internal/unit"
)

// A home is where a command line finds its services: which one is meant where none is
// named, and below which directory they live.
type home struct {
	service string       // the program's own service; "" for holdfast
	app     *Application // the program, where it is that service itself
	root    string       // --root
}

// beside finds out whether the program was called by the name of a service file beside it,
// as webd beside webd.service. Where the call goes through links, each counts.
func beside(called string) *home {
	path, err := findProgram(called)
	for err == nil {
		name := filepath.Base(path)
		if info, statErr := os.Stat(path + ".service"); statErr == nil && info.Mode().IsRegular() &&
			name != "holdfast" && unit.ValidName(name) == nil {
			// So that the name leads there, also in the processes that this one starts.
			os.Setenv(unit.PathVariable, strings.TrimSuffix(filepath.Dir(path)+":"+os.Getenv(unit.PathVariable), ":"))
			return &home{service: name}
		}
		var target string
		if target, err = os.Readlink(path); !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return &home{}
}

// attach has each verb that takes services look for them at home.
func (h *home) attach(root *cobra.Command) {
	switch {
	case h.app != nil:
		h.app.introduce(root)
	case h.service != "":
		introduce(root, h.service)
	}
	root.PersistentFlags().StringVar(&h.root, "root", "", "keep runtime and log directories below this `DIRECTORY`, in run and log; every command about a service needs the same")
	for _, c := range root.Commands() {
		check, run, namesServices := c.Args, c.RunE, strings.Contains(c.Use, "NAME")
		if namesServices && check != nil {
			c.Args = func(c *cobra.Command, args []string) error { return check(c, h.fill(c, args)) }
		}
		if run == nil || c.Hidden {
			continue
		}
		c.RunE = func(c *cobra.Command, args []string) error {
			var named []string
			if namesServices {
				args = h.fill(c, args)
				named = servicesIn(c, args)
			}
			if len(named) == 0 && c.ArgsLenAtDash() < 0 && h.service != "" {
				named = []string{h.service} // list and its like are about those that live there
			}
			err := refuseEmpty(c.Flags())
			if err == nil {
				err = h.settle(named)
			}
			if err != nil {
				return usage(err)
			}
			return run(c, args)
		}
	}
}

// introduce has the help speak of a program by its own name.
func introduce(root *cobra.Command, name string) {
	root.Use = name
	root.Short = "Keep " + name + " running"
	root.Long = fmt.Sprintf("%[1]s keeps the service %[1]s running, by holdfast. A verb without a NAME is about it.", name)
	root.Example = fmt.Sprintf("  %[1]s start\n  %[1]s status\n  %[1]s logs -f\n  %[1]s stop", name)
	for _, c := range root.Commands() {
		c.Example = "" // it would be about other services
	}
}

// A renamer passes messages on in which the program has the name that it was called by.
type renamer struct {
	to   io.Writer
	name string
}

func (r renamer) Write(p []byte) (int, error) {
	words := strings.NewReplacer("holdfast: ", r.name+": ", "'holdfast ", "'"+r.name+" ", ": holdfast ", ": "+r.name+" ")
	if _, err := words.WriteString(r.to, string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// fill names the program's own service where none is named.
func (h *home) fill(c *cobra.Command, args []string) []string {
	all := c.Flags().Lookup("all")
	switch {
	case h.service == "", c.ArgsLenAtDash() >= 0, all != nil && all.Changed:
		return args
	case len(args) == 0:
		return []string{h.service}
	case c.Name() == "history" && len(args) == 1:
		if _, err := strconv.Atoi(args[0]); err == nil {
			return []string{h.service, args[0]}
		}
	}
	return args
}

// servicesIn are the arguments that name services.
func servicesIn(c *cobra.Command, args []string) []string {
	switch {
	case c.ArgsLenAtDash() >= 0:
		return nil // a bare command line
	case c.Name() == "history" && len(args) > 1:
		return args[:1]
	}
	return args
}

// settle finds the directory below which the named services live: --root, or Home= of
// their files.
func (h *home) settle(names []string) error {
	if h.root != "" {
		root, err := filepath.Abs(h.root)
		if err != nil {
			return fmt.Errorf("cannot tell the current directory: %w", err)
		}
		return state.Settle(root, true)
	}
	var homes []string
	for _, name := range names {
		homes = append(homes, h.of(name))
	}
	slices.Sort(homes)
	switch homes = slices.Compact(homes); {
	case len(homes) > 1:
		return fmt.Errorf("these services have different homes (Home=%s); name them in commands of their own",
			strings.TrimPrefix(strings.Join(homes, ", "), ", "))
	case len(homes) == 0 || homes[0] == "":
		return nil
	}
	return state.Settle(homes[0], false)
}

// of is Home= of the service that a name leads to, whatever else is wrong with its file.
func (h *home) of(name string) string {
	if h.app != nil && name == h.app.Name {
		service, _ := h.app.service(nil, nil)
		return service.Home
	}
	path, err := find(name)
	if err != nil {
		return ""
	}
	loaded, _ := unit.Load(path, unit.Options{AllowUnsupported: true})
	return loaded.Service.Home
}
