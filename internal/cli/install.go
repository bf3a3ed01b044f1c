package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"holdfast/internal/install"
)

// An installation is what install and uninstall are told.
type installation struct {
	init             string
	user, print      bool
	allowUnsupported bool
}

const detect = "detect"

func installCommand() *cobra.Command {
	var i installation
	c := &cobra.Command{
		Use:   "install [flags] NAME | FILE.service",
		Short: "Have a service started at boot",
		Long: `Install writes what starts a service at boot, for the init of this host or for another
one, and says what to type next. It enables and starts nothing.

  systemd          a unit of Type=forking; with --user one of your own
  sysv             a script in /etc/init.d
  openrc           a script in /etc/init.d
  runit            a service directory in /etc/sv
  s6               a service directory in /etc/s6/service
  busybox-inittab  lines in /etc/inittab
  cron             lines in your crontab: at boot, and again when the guardian was killed
  rc.local         a line in /etc/rc.local

What it did not write it does not overwrite. Written again, the text is brought up to
date; that is no error. 'holdfast uninstall' removes exactly what was written.`,
		Example: `  holdfast install web
  holdfast install --init=sysv --print /opt/web/web.service`,
		Args:              oneService,
		ValidArgsFunction: completeNames,
		RunE: func(c *cobra.Command, args []string) error {
			return i.install(c.OutOrStdout(), c.ErrOrStderr(), args[0])
		},
	}
	i.addFlags(c, "the `INIT` of this host; detect looks what runs here")
	c.Flags().BoolVar(&i.print, "print", false, "write nothing, print what would be written")
	c.Flags().BoolVar(&i.allowUnsupported, "allow-unsupported", false, "have it started although the service file asks for protection that is not given here")
	return c
}

func (i *installation) addFlags(c *cobra.Command, aboutInit string) {
	c.Flags().SortFlags = false
	words := []string{}
	for _, init := range install.Inits() {
		words = append(words, string(init))
	}
	if c.Name() == "install" {
		i.init = detect
		words = append(words, detect)
	}
	c.Flags().StringVar(&i.init, "init", i.init, aboutInit)
	c.Flags().BoolVar(&i.user, "user", false, "have it started for you, without root (systemd and cron)")
	c.RegisterFlagCompletionFunc("init", cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// oneService wants one argument, and says so in words of its own.
func oneService(c *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return usage(fmt.Errorf("which service? Write: holdfast %s NAME, or the path of its service file", c.Name()))
	case 1:
		return nil
	}
	return usage(fmt.Errorf("%q is one argument too many; %s is for one service at a time", args[1], c.Name()))
}

func (i *installation) install(stdout, stderr io.Writer, arg string) error {
	host, err := install.Look(i.user)
	if err != nil {
		return failure(err)
	}
	init, why, err := i.choose(host)
	if err != nil {
		return usage(err)
	}
	service, err := i.service(stderr, arg, init)
	if err != nil {
		return usage(err)
	}
	parts := host.Parts(init, service.Name)
	if i.print {
		return printParts(stdout, stderr, parts, service)
	}
	if why != "" {
		fmt.Fprintf(stdout, "%s: --init=%s\n", why, init)
	}
	for _, part := range parts {
		changed, err := part.Write(part.Text(service))
		switch {
		case err != nil:
			return failure(i.advise(err))
		case changed:
			fmt.Fprintf(stdout, "wrote %s\n", part)
		default:
			fmt.Fprintf(stdout, "unchanged: %s\n", part)
		}
	}
	printNext(stdout, host.After(init, service))
	return nil
}

// choose settles the init. why is set where it was detected.
func (i *installation) choose(host install.Host) (init install.Init, why string, err error) {
	if i.init == detect {
		return host.Detect()
	}
	init = install.Init(i.init)
	switch {
	case !slices.Contains(install.Inits(), init):
		return "", "", fmt.Errorf("--init=%s: write one of %s", i.init, strings.Trim(fmt.Sprint(install.Inits()), "[]"))
	case i.user && !init.ForUsers():
		return "", "", fmt.Errorf("--user: %s starts services for root only; for your own there are systemd and cron", init)
	}
	return init, "", nil
}

// printParts prints exactly what would be written; whither goes to standard error.
func printParts(stdout, stderr io.Writer, parts []install.Part, service install.Service) error {
	for _, part := range parts {
		fmt.Fprintf(stderr, "holdfast: this would be %s:\n", part)
		if _, err := io.WriteString(stdout, part.Text(service)); err != nil {
			return failure(err)
		}
	}
	return nil
}

func printNext(stdout io.Writer, commands []string) {
	for n, command := range commands {
		label := "next: "
		if n > 0 {
			label = "      "
		}
		fmt.Fprintf(stdout, "%s%s\n", label, command)
	}
}

// advise adds what a user who is not root can do.
func (i *installation) advise(err error) error {
	if errors.Is(err, fs.ErrPermission) && !i.user && os.Geteuid() != 0 {
		return fmt.Errorf("%w; only root can have a service started for the host, --user does it for you alone", err)
	}
	return err
}
