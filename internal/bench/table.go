//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// A figure is what came out of the samples of one measurement.
type figure struct {
	Median  float64 `json:"median"`
	Min     float64 `json:"min"`
	P95     float64 `json:"p95"`
	Samples int     `json:"samples"`
}

// A row is a line of the table: holdfast beside one peer or none.
type row struct {
	What     string  `json:"what"`
	Unit     string  `json:"unit"`
	Holdfast figure  `json:"holdfast"`
	Peer     string  `json:"peer,omitempty"`
	Beside   figure  `json:"beside,omitzero"`
	Ratio    float64 `json:"ratio,omitempty"`
	Budget   string  `json:"budget,omitempty"`
	Met      *bool   `json:"met,omitempty"` // null without a budget
}

// The units.
const (
	milliseconds = "ms"
	inBytes      = "bytes"
	count        = ""
)

type table struct {
	machine string
	rows    []row
}

// summary is the figure of some durations, in milliseconds.
func summary(samples []time.Duration) figure {
	if len(samples) == 0 {
		return figure{}
	}
	s := slices.Sorted(slices.Values(samples))
	ms := func(i int) float64 { return float64(s[i]) / float64(time.Millisecond) }
	return figure{Median: ms(len(s) / 2), Min: ms(0), P95: ms(len(s) * 95 / 100), Samples: len(s)}
}

// one is the figure of something that was measured once.
func one(n int) figure { return figure{float64(n), float64(n), float64(n), 1} }

// beside adds a peer to compare with.
func (r row) beside(peer string, f figure) row {
	r.Peer, r.Beside = peer, f
	if f.Median > 0 {
		r.Ratio = r.Holdfast.Median / f.Median
	}
	return r
}

// below adds a budget for holdfast's median.
func (r row) below(limit float64) row {
	return r.budget("< "+quantity(limit, r.Unit), r.Holdfast.Median < limit)
}

// within adds a budget for the ratio to the peer.
func (r row) within(limit float64) row {
	return r.budget(fmt.Sprintf("≤ %g×", limit), r.Ratio <= limit)
}

func (r row) budget(words string, met bool) row {
	r.Budget, r.Met = words, &met
	return r
}

func (t table) json(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(map[string]any{"machine": t.machine, "rows": t.rows})
}

func (t table) print(w io.Writer) error {
	fmt.Fprintf(w, "%s\nmedian (fastest … 95th percentile, samples)\n\n", t.machine)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "WHAT\tHOLDFAST\tBESIDE\t\tRATIO\tBUDGET")
	before := ""
	for _, r := range t.rows {
		what, own := r.What, r.Holdfast.words(r.Unit)
		if what == before {
			what, own = "", ""
		}
		before = r.What
		ratio, budget := "", r.Budget
		switch {
		case r.Ratio >= 10:
			ratio = fmt.Sprintf("%.0f×", r.Ratio)
		case r.Ratio >= 0.01:
			ratio = fmt.Sprintf("%.2f×", r.Ratio)
		case r.Ratio > 0:
			ratio = fmt.Sprintf("%.3f×", r.Ratio)
		}
		if r.Met != nil {
			budget += map[bool]string{true: " met", false: " MISSED"}[*r.Met]
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", what, own, r.Peer, r.Beside.words(r.Unit), ratio, budget)
	}
	return tw.Flush()
}

func (f figure) words(unit string) string {
	switch f.Samples {
	case 0:
		return ""
	case 1:
		return quantity(f.Median, unit)
	}
	return fmt.Sprintf("%s (%s … %s, %d)", quantity(f.Median, unit), number(f.Min, unit), number(f.P95, unit), f.Samples)
}

func quantity(n float64, unit string) string {
	switch {
	case unit == inBytes && n >= 10e6:
		return fmt.Sprintf("%.0f MB", n/1e6)
	case unit == inBytes && n >= 4<<20:
		return fmt.Sprintf("%.1f MB", n/1e6)
	case unit == inBytes:
		return fmt.Sprintf("%.0f KiB", n/1024)
	case unit == count:
		return fmt.Sprintf("%.0f", n)
	}
	return number(n, unit) + " " + unit
}

func number(n float64, unit string) string {
	switch {
	case unit == milliseconds && n >= 100:
		return fmt.Sprintf("%.0f", n)
	case unit == milliseconds && n >= 10:
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.2f", n)
}
