package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"holdfast/internal/watchdog"
)

func showCommand() *cobra.Command {
	var wanted []string
	var valuesOnly, asJSON bool
	c := &cobra.Command{
		Use:   "show NAME…",
		Short: "Print a service's properties for scripts, as systemctl show",
		Long: `Show prints name=value lines with systemctl's names and spellings. MainPID is the
program, GuardianPID the process that guards it. For a service that is not known it
prints LoadState=not-found and exits with 0, as systemctl does.`,
		Args:              namesWanted,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			chosen, err := choose(wanted)
			if err != nil {
				return usage(err)
			}
			if asJSON {
				return showJSON(c.OutOrStdout(), args, chosen)
			}
			return show(c.OutOrStdout(), args, chosen, valuesOnly)
		},
	}
	c.Flags().StringSliceVarP(&wanted, "property", "p", nil, "print only these `NAMES`, in this order; may be repeated")
	c.Flags().BoolVar(&valuesOnly, "value", false, "print the values without the names")
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object of strings; an array for several names")
	c.RegisterFlagCompletionFunc("property", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, p := range properties() {
			names = append(names, p.name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// choose picks properties by name; no name means all.
func choose(names []string) ([]property, error) {
	all := properties()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []property
	for _, name := range names {
		i := slices.IndexFunc(all, func(p property) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("-p %s: no such property%s", name, spelling(all, name))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func spelling(all []property, name string) string {
	for _, p := range all {
		if strings.EqualFold(p.name, name) {
			return "; it is spelled " + p.name
		}
	}
	return "; 'holdfast show NAME' prints all that there are"
}

func show(w io.Writer, names []string, chosen []property, valuesOnly bool) error {
	for i, name := range names {
		v, err := inspectAny(name)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		walk := sync.OnceValue(v.walk)
		for _, p := range chosen {
			if !valuesOnly {
				fmt.Fprint(w, p.name, "=")
			}
			fmt.Fprintln(w, p.value(v, walk))
		}
	}
	return nil
}

func showJSON(w io.Writer, names []string, chosen []property) error {
	var all []json.RawMessage
	for _, name := range names {
		v, err := inspectAny(name)
		if err != nil {
			return err
		}
		all = append(all, propertiesJSON(v, chosen))
	}
	return printJSON(w, oneOrAll(names, all))
}

// propertiesJSON is an object that keeps the order of the properties.
func propertiesJSON(v view, chosen []property) json.RawMessage {
	var b bytes.Buffer
	encode := func(text string) {
		encoded, _ := json.Marshal(text) // a string: cannot fail
		b.Write(encoded)
	}
	walk := sync.OnceValue(v.walk)
	for i, p := range chosen {
		b.WriteByte("{,"[min(i, 1)])
		encode(p.name)
		b.WriteByte(':')
		encode(p.value(v, walk))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// inspectAny is inspect for show, which answers for a service that is not known, too.
func inspectAny(name string) (view, error) {
	v, err := inspect(name)
	if !errors.Is(err, errUnknown) {
		return v, err
	}
	v.record = watchdog.Record{
		Service: watchdog.FileDefaults(v.dir.Name), State: watchdog.Dead, Result: watchdog.Success,
	}
	return v, nil
}
