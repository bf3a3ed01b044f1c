package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

const rootHelp = `holdfast keeps one program running. It detaches from the terminal, starts the
program, reaps it, keeps its log, and starts it again unless its exit is on the
no-restart list.`

const rootExamples = `  Guard a program: it runs on when you log out, and is started again whenever it ends.
    holdfast start -- ./web -c web.conf
    holdfast status web
    holdfast stop web

  Leave it down after some exits, run it as another user, and give up after 5 starts in a minute.
    holdfast start --no-restart=0,7,OOM --user=www-data -p StartLimitIntervalSec=60 -p StartLimitBurst=5 -- /usr/bin/web

  Take a service file as systemd has it; see first what becomes of each line.
    holdfast verify ./web.service
    holdfast start ./web.service

  Find out why it died: its past runs, the last words of run 3, what it printed since this morning.
    holdfast history web
    holdfast history web 3
    holdfast logs --since=06:00 web

  Have it always running without an init system, by two lines of a crontab.
    @reboot holdfast start web
    * * * * * holdfast start --unless-stopped web

  Bring in a newer version of holdfast, while every program works on.
    holdfast upgrade --all

  Guard in the foreground: in a container, under runit or s6, or to try something out.
    holdfast run -- ./web -c web.conf`

// printUsage is not one of cobra's templates: text/template would add 3 MB to the binary.
func printUsage(c *cobra.Command) error {
	var b strings.Builder
	if c.HasParent() {
		fmt.Fprintf(&b, "Usage:\n  %s\n", c.UseLine())
	} else {
		fmt.Fprintf(&b, "Usage:\n  %s VERB [flags] [NAME…]\n", c.Name())
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	for _, group := range c.Groups() {
		fmt.Fprintf(&b, "\n%s\n", group.Title)
		for _, verb := range c.Commands() {
			if verb.GroupID == group.ID {
				fmt.Fprintf(&b, "  %-12s  %s\n", verb.Name(), verb.Short)
			}
		}
	}
	if c.HasAvailableLocalFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", c.LocalFlags().FlagUsages())
	}
	if !c.HasParent() {
		b.WriteString("\n'" + c.Name() + " help VERB' explains a verb, with examples. In the manual: holdfast(1), holdfast.service(5).\n")
	}
	_, err := io.WriteString(c.OutOrStderr(), b.String())
	return err
}

// A group is the verbs that belong together, in the order in which a newcomer meets them.
type group struct {
	id, title string
	verbs     []string
}

func groups() []group {
	return []group{
		{"guard", "Keep a program running:", []string{"start", "stop", "restart", "try-restart", "reload", "kill", "run"}},
		{"look", "See how it is:", []string{"status", "list", "history", "logs", "show", "is-active", "is-failed"}},
		{"tend", "Look after it:", []string{"reset-failed", "rotate", "upgrade"}},
		{"prepare", "Prepare and check:", []string{"verify", "cat", "install", "uninstall", "doctor", "completion", "help", "version"}},
	}
}

// examples are those of the verbs that do not have their own.
func examples() map[string]string {
	return map[string]string{
		"stop":         "  holdfast stop web\n  holdfast stop web shop",
		"restart":      "  holdfast restart web",
		"try-restart":  "  holdfast try-restart web",
		"reload":       "  holdfast reload web",
		"kill":         "  holdfast kill web\n  holdfast kill -s USR1 --kill-whom=main web",
		"reset-failed": "  holdfast reset-failed web\n  holdfast start web",
		"rotate":       "  holdfast rotate web",
		"status":       "  holdfast status web\n  holdfast status --json web",
		"show":         "  holdfast show web\n  holdfast show -p MainPID --value web",
		"history":      "  holdfast history web\n  holdfast history web 3",
		"list":         "  holdfast list\n  holdfast list --json",
		"is-active":    "  holdfast is-active web\n  if holdfast is-active -q web; then echo up; fi",
		"is-failed":    "  holdfast is-failed web",
		"logs":         "  holdfast logs -f web\n  holdfast logs -n 100 web\n  holdfast logs --since=-1h --grep='error|panic' web\n  holdfast logs --guardian web",
		"cat":          "  holdfast cat web",
		"uninstall":    "  holdfast uninstall web\n  holdfast uninstall --init=cron web",
		"verify":       "  holdfast verify ./web.service\n  holdfast verify -p RestartSec=2s -- ./web -c web.conf",
		"doctor":       "  holdfast doctor\n  holdfast doctor --json",
		"version":      "  holdfast version",
	}
}

// teach gives the help its examples, and the verbs an order.
func teach(root *cobra.Command) {
	root.Example = rootExamples
	root.SetUsageFunc(printUsage)
	root.InitDefaultHelpCmd()
	byVerb, examples := map[string]*cobra.Command{}, examples()
	for _, c := range root.Commands() {
		byVerb[c.Name()] = c
		if c.Example == "" {
			c.Example = examples[c.Name()]
		}
	}
	cobra.EnableCommandSorting = false
	for _, g := range groups() {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, verb := range g.verbs {
			c := byVerb[verb]
			c.GroupID = g.id
			root.RemoveCommand(c)
			root.AddCommand(c)
		}
	}
	byVerb["help"].Short = "Explain a verb"
}
