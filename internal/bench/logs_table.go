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

// A logTable compares the loggers for one size of writes.
type logTable struct {
	Title   string      `json:"title"`
	Loggers []logRow    `json:"loggers"`
	Budgets []logBudget `json:"budgets"`
}

// A logRow is one logger: medians, where nothing else is said.
type logRow struct {
	Name    string  `json:"name"`
	Rate    float64 `json:"mb_per_s"` // of 10⁶ bytes
	Fastest float64 `json:"fastest_mb_per_s"`
	Slowest float64 `json:"slowest_mb_per_s"`
	CPU     float64 `json:"cpu_s_per_gib"`     // with the helpers'
	Helpers float64 `json:"helpers_s_per_gib"` // such as compressors in processes of their own
	Samples int     `json:"samples"`
	kind    string
}

// A logBudget is one of design.md's.
type logBudget struct {
	What  string  `json:"what"`
	Ratio float64 `json:"ratio"` // holdfast's figure over the other's
	Met   bool    `json:"met"`
}

func newLogTable(title string, size int64, loggers []*logger) logTable {
	t := logTable{Title: title}
	for _, l := range loggers {
		middle := func(of func(logSample) time.Duration, rank int) float64 {
			var seconds []float64
			for _, s := range l.samples {
				seconds = append(seconds, of(s).Seconds())
			}
			slices.Sort(seconds)
			return seconds[rank]
		}
		took := func(s logSample) time.Duration { return s.took }
		mb, gib := float64(size)/1e6, float64(size)/(1<<30)
		half, last := len(l.samples)/2, len(l.samples)-1
		t.Loggers = append(t.Loggers, logRow{
			Name: l.name, kind: l.kind, Samples: len(l.samples),
			Rate: mb / middle(took, half), Fastest: mb / middle(took, 0), Slowest: mb / middle(took, last),
			CPU:     middle(func(s logSample) time.Duration { return s.cpu + s.helpers }, half) / gib,
			Helpers: middle(func(s logSample) time.Duration { return s.helpers }, half) / gib,
		})
	}
	t.judge()
	return t
}

// judge compares holdfast, which stands first, with the best of the others.
func (t *logTable) judge() {
	own := t.Loggers[0]
	bare, peer, cheapest := logRow{}, logRow{}, logRow{}
	for _, row := range t.Loggers {
		if row.kind == "bare" && row.Rate > bare.Rate {
			bare = row
		}
		if row.kind == "peer" && row.Rate > peer.Rate {
			peer = row
		}
		if row.kind == "peer" && (cheapest.Name == "" || row.CPU < cheapest.CPU) {
			cheapest = row
		}
	}
	const within = 1.3
	ratio := own.Rate / bare.Rate
	t.Budgets = append(t.Budgets, logBudget{"throughput within 1.3× of the better bare loop's, " + bare.Name, ratio, ratio*within >= 1})
	if peer.Name == "" {
		return
	}
	t.Budgets = append(t.Budgets,
		logBudget{"throughput above every peer's, the best being " + peer.Name, own.Rate / peer.Rate, own.Rate > peer.Rate},
		logBudget{"no more CPU than any peer, the best being " + cheapest.Name, own.CPU / cheapest.CPU, own.CPU <= cheapest.CPU})
}

func printLogs(w io.Writer, machine, dir string, size int64, tables []logTable) error {
	fmt.Fprintf(w, "%s\n%d MiB in lines of 100 bytes; medians (fastest … slowest, samples); files in %s\n", machine, size>>20, dir)
	for _, t := range tables {
		fmt.Fprintf(w, "\n%s\n\n", t.Title)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(tw, "LOGGER\tMB/S\t\tCPU S/GIB\tOF WHICH HELPERS")
		for _, row := range t.Loggers {
			helpers := ""
			if row.Helpers >= 0.1 { // less is the grain of the kernel's count
				helpers = fmt.Sprintf("%.2f", row.Helpers)
			}
			fmt.Fprintf(tw, "%s\t%.0f\t(%.0f … %.0f, %d)\t%.2f\t%s\n", row.Name, row.Rate, row.Fastest, row.Slowest, row.Samples, row.CPU, helpers)
		}
		if err := tw.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w)
		for _, b := range t.Budgets {
			fmt.Fprintf(w, "%s: %.2f×, %s\n", b.What, b.Ratio, map[bool]string{true: "met", false: "MISSED"}[b.Met])
		}
	}
	return nil
}

func jsonLogs(w io.Writer, machine string, size int64, tables []logTable) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(map[string]any{"machine": machine, "bytes": size, "tables": tables})
}
