// Package scripts carries the templates of scripts/init into the binary.
package scripts

import "embed"

// Init is the directory init: a template for each file that holdfast install writes. What
// stands in @ signs is filled in; a line that has nothing else and gets nothing vanishes,
// and so does one after @reloads@ for a service that cannot be reloaded.
//
//go:embed init
var Init embed.FS
