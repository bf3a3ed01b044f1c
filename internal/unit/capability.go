package unit

import (
	"errors"
	"slices"
	"strings"

	"holdfast/internal/proc"
	"holdfast/internal/watchdog"
)

func (d *draft) boundingSet(text string) error {
	set := proc.AllCapabilities
	if given := d.service.Setup.CapabilityBoundingSet; given != nil {
		set = *given
	}
	set = d.capabilities(text, set, proc.AllCapabilities)
	d.service.Setup.CapabilityBoundingSet = &set
	if set == proc.AllCapabilities {
		d.service.Setup.CapabilityBoundingSet = nil
	}
	return nil
}

func (d *draft) ambientSet(text string) error {
	set := &d.service.Setup.AmbientCapabilities
	*set = d.capabilities(text, *set, 0)
	return nil
}

// capabilities is config_parse_capability_set in systemd's src/core/load-fragment.c: the
// first list replaces what there is without any, more are joined to it, or with "~" taken
// from it. A name that is unknown is left out.
func (d *draft) capabilities(text string, set, initial watchdog.Capabilities) watchdog.Capabilities {
	text, inverted := strings.CutPrefix(text, "~")
	var listed watchdog.Capabilities
	for word := range strings.FieldsFuncSeq(text, isSpace) {
		one := proc.CapabilityNamed(word)
		if one == 0 {
			d.warn(errors.New(shown(word) + " is no capability that is known here"))
		}
		listed |= one
	}
	switch {
	case (listed == 0 || set == initial) && inverted:
		return ^listed
	case listed == 0 || set == initial:
		return listed
	case inverted:
		return set &^ listed
	}
	return set | listed
}

// SecureBitNames are the words of SecureBits=, in the order of the bits.
var SecureBitNames = [...]string{
	"noroot", "noroot-locked", "no-setuid-fixup", "no-setuid-fixup-locked", "keep-caps", "keep-caps-locked",
}

func (d *draft) secureBits(text string) error {
	if text == "" {
		d.service.Setup.SecureBits = 0
		return nil
	}
	for word := range strings.FieldsFuncSeq(text, isSpace) {
		bit := slices.Index(SecureBitNames[:], word)
		if bit < 0 {
			d.warn(errors.New(shown(word) + " is not one of " + strings.Join(SecureBitNames[:], ", ")))
			continue
		}
		d.service.Setup.SecureBits |= 1 << bit
	}
	return nil
}
