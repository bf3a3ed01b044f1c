package cli

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/pflag"
)

// refuseEmpty refuses a flag that was given nothing, as by --user="$UNSET": what is meant by
// that is hardly the default.
func refuseEmpty(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" {
			err = fmt.Errorf("--%s is empty; give it a value or leave it out", f.Name)
		}
	})
	return err
}

// flagError says what is to be written where a flag has a wrong value.
func flagError(err error) error {
	var wrong *pflag.InvalidValueError
	if !errors.As(err, &wrong) {
		return err
	}
	flag, cause := wrong.GetFlag(), wrong.Unwrap()
	switch kind := flag.Value.Type(); {
	case errors.Is(cause, strconv.ErrRange):
		cause = errors.New("the number is too large")
	case kind == "int":
		cause = errors.New("write a whole number")
	case kind == "bool":
		cause = errors.New("write true or false, or nothing for true")
	}
	return fmt.Errorf("--%s=%s: %w", flag.Name, wrong.GetValue(), cause)
}
