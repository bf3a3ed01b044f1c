//go:build linux

package main

import (
	"debug/elf"
	"fmt"
	"os"
	"slices"
)

// size is that of the binary, which has to be static: no loader, no library.
func size(a *arena, _ options) ([]row, error) {
	info, err := os.Stat(a.holdfast)
	if err != nil {
		return nil, err
	}
	binary, err := elf.Open(a.holdfast)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.holdfast, err)
	}
	defer binary.Close()
	if slices.ContainsFunc(binary.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return nil, fmt.Errorf("%s: not a static binary", a.holdfast)
	}
	return []row{row{What: "size of the static binary", Unit: inBytes, Holdfast: one(int(info.Size()))}.below(10e6)}, nil
}
