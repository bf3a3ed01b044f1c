package install

import "slices"

// After is what a person types once a service is installed.
func (h Host) After(init Init, s Service) []string {
	name := shellWord(s.Name)
	dir := shellWord(ServiceDir(init, s.Name))
	switch init {
	case Systemd:
		if h.User {
			return []string{
				"systemctl --user daemon-reload && systemctl --user enable --now " + name,
				"loginctl enable-linger     # or it starts when you log in, not at boot",
			}
		}
		return []string{"systemctl daemon-reload && systemctl enable --now " + name}
	case SysV:
		switch {
		case h.Runs("update-rc.d"):
			return []string{"update-rc.d " + name + " defaults && service " + name + " start"}
		case h.Runs("chkconfig"):
			return []string{"chkconfig --add " + name + " && service " + name + " start"}
		}
		return []string{"link it into the directories of your runlevels, then: /etc/init.d/" + name + " start"}
	case OpenRC:
		return []string{"rc-update add " + name + " default && rc-service " + name + " start"}
	case Runit:
		return []string{"ln -s " + dir + " " + h.scanDirectory(init) + "/"}
	case S6:
		scan := h.scanDirectory(init)
		return []string{"ln -s " + dir + " " + scan + "/ && s6-svscanctl -a " + scan}
	case Inittab:
		return []string{"kill -HUP 1"}
	}
	return []string{h.startNow(s)}
}

func (h Host) startNow(s Service) string {
	words := slices.Concat([]string{s.Holdfast, "start"}, s.Options, []string{s.File})
	text := ""
	for _, word := range words {
		text += shellWord(word) + " "
	}
	return text + "    # or reboot"
}

// AfterRemoval is what a person types once a service is no longer installed.
func (h Host) AfterRemoval(init Init, name string) []string {
	dir := shellWord(ServiceDir(init, name)) // which runsv or s6-supervise has filled
	name = shellWord(name)
	stop := "holdfast stop " + name
	switch init {
	case Systemd:
		if h.User {
			return []string{"systemctl --user disable --now " + name + "; systemctl --user daemon-reload"}
		}
		return []string{"systemctl disable --now " + name + "; systemctl daemon-reload"}
	case SysV:
		switch {
		case h.Runs("update-rc.d"):
			return []string{"update-rc.d " + name + " remove; " + stop}
		case h.Runs("chkconfig"):
			return []string{"chkconfig --del " + name + "; " + stop}
		}
	case OpenRC:
		return []string{"rc-update del " + name + "; " + stop}
	case Runit:
		return []string{"rm " + h.scanDirectory(init) + "/" + name + " && sv -w 120 shutdown " + dir + " && rm -rf " + dir}
	case S6:
		scan := h.scanDirectory(init)
		link := scan + "/" + name
		return []string{"s6-svc -wD -d " + link + " && rm " + link + " && s6-svscanctl -an " + scan + " && rm -rf " + dir}
	case Inittab:
		return []string{"kill -HUP 1; " + stop}
	}
	return []string{stop}
}

// scanDirectory is the directory of the services that are to run: the one that is here.
func (h Host) scanDirectory(init Init) string {
	candidates := []string{"/run/service", "/service"} // s6
	if init == Runit {
		candidates = []string{"/etc/service", "/var/service", "/service"} // Debian, Void, daemontools
	}
	for _, dir := range candidates {
		if h.Exists(dir) {
			return dir
		}
	}
	return candidates[0]
}
