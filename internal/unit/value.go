package unit

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"holdfast/internal/watchdog"
)

// into is the setter of a field with a value of its own. A value that does not parse,
// an empty one included, leaves the field as it was.
func into[T any](field *T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		value, err := parse(text)
		if err == nil {
			*field = value
		}
		return err
	}
}

func oneOf[T ~string](values ...T) func(string) (T, error) {
	return func(text string) (T, error) {
		if slices.Contains(values, T(text)) {
			return T(text), nil
		}
		words := make([]string, len(values))
		for i, value := range values {
			words[i] = string(value)
		}
		return "", fmt.Errorf("not one of %s", strings.Join(words, ", "))
	}
}

func parseType(text string) (watchdog.Type, error) {
	if text == "dbus" {
		return "", refuse("this version does not guard services of this type; " +
			"let the program stay in the foreground and write simple")
	}
	return oneOf(watchdog.Simple, watchdog.Exec, watchdog.Forking, watchdog.Oneshot, watchdog.Idle, watchdog.Notify, watchdog.NotifyReload)(text)
}

func parseInteger(text string, low, high int) (int, error) {
	number, err := strconv.ParseInt(text, 0, 32)
	if err != nil || int(number) < low || int(number) > high || strings.Contains(text, "_") {
		return 0, errors.New("not a number from " + strconv.Itoa(low) + " to " + strconv.Itoa(high))
	}
	return int(number), nil
}

// parseBool reads systemd's booleans, case aside.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "1", "yes", "y", "true", "t", "on":
		return true, nil
	case "0", "no", "n", "false", "f", "off":
		return false, nil
	}
	return false, errors.New("neither yes nor no")
}

// parseCount reads a number as systemd's safe_atou does: decimal, 0x10, 010, 0o10 or 0b10.
func parseCount(text string) (int, error) {
	number, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 0, 32)
	if err != nil || strings.Contains(text, "_") {
		return 0, errors.New("not a number from 0 up")
	}
	return int(min(number, math.MaxInt)), nil
}

func parseMode(text string) (os.FileMode, error) {
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil || mode > 0o7777 {
		return 0, errors.New("not an octal mode such as 0027")
	}
	return os.FileMode(mode), nil
}

// parseTimeout reads a time in which 0 means for ever: TimeoutStartSec= and
// TimeoutStopSec= in systemd.service(5).
func parseTimeout(text string) (time.Duration, error) {
	span, err := ParseSpan(text)
	if span == 0 {
		span = watchdog.Infinity
	}
	return span, err
}

// exitList is the setter of a list of exits: it adds, and an empty value resets. Words
// are not unquoted, and a wrong one does not spoil the others.
func (d *draft) exitList(list *watchdog.ExitList) func(string) error {
	return func(text string) error {
		if text == "" {
			*list = watchdog.ExitList{}
			return nil
		}
		for word := range strings.FieldsFuncSeq(text, isSpace) {
			d.warn(list.Add(word))
		}
		return nil
	}
}

func isSpace(r rune) bool { return strings.ContainsRune(whitespace, r) }

func (d *draft) description(text string) (err error) {
	if text == "" {
		text = d.initial.Description
	}
	text, err = d.specifiers(text)
	if err == nil {
		d.service.Description = text
	}
	return err
}

func (d *draft) oomScoreAdjust(text string) error {
	if text == "" {
		d.service.OOMScoreAdjust = d.initial.OOMScoreAdjust
		return nil
	}
	number, err := strconv.ParseInt(text, 0, 32)
	if err != nil || number < -1000 || number > 1000 || strings.Contains(text, "_") {
		return errors.New("not a number from -1000 to 1000")
	}
	score := int(number)
	d.service.OOMScoreAdjust = &score
	return nil
}

// account is the setter of User= and Group=. Whether there is such an account is found
// out at each start; a name that can be none refuses the service, as in systemd.
func (d *draft) account(field *string) func(string) error {
	return func(text string) error {
		name, err := d.specifiers(text)
		if err != nil {
			return unloadable{err}
		}
		if strings.ContainsAny(name, ":/") || strings.ContainsFunc(name, unicode.IsControl) ||
			strings.TrimSpace(name) != name || strings.HasPrefix(name, "-") || name == "." || name == ".." {
			return unloadable{errors.New("not a name or number of an account")}
		}
		*field = name
		return nil
	}
}

// sandbox refuses a promise of protection. What promises nothing is accepted.
func (d *draft) sandbox(text string) error {
	on, notBool := parseBool(text)
	switch {
	case text == "", notBool == nil && !on, text == unprotected[d.at.Name]:
		return nil
	case d.at.File == "":
		return refuse("holdfast does not give this protection")
	case d.allowUnsupported:
		return errors.New("the service runs without this protection, which holdfast does not give")
	}
	return refusal{unprotectedError{}}
}

// unprotected are the words, other than no, by which systemd protects from nothing.
var unprotected = map[string]string{"ProtectProc": "default", "ProcSubset": "all", "DevicePolicy": "auto", "KeyringMode": "inherit"}

// unprotectedError refuses a service file for what it promises.
type unprotectedError struct{}

func (unprotectedError) Error() string {
	return "holdfast does not give this protection; --allow-unsupported starts the service without it"
}
