package logs

import (
	"math"
	"time"
)

// Settings say how a log is kept. They are checked by whoever makes them; the zero value
// of a field, but for MaxFiles and Compress, means what [Default] has.
type Settings struct {
	// MaxSize is how large a file may become, in bytes: it is rotated before the line that
	// would make it larger. Only a line that was begun already is ended first.
	MaxSize int64
	// MaxFiles is how many rotated files are kept.
	MaxFiles int64
	// MaxAge is how long a rotated file is kept after it was last written to.
	MaxAge time.Duration
	// MaxTotal is how many bytes all files together may have on disk. No file becomes
	// larger than half of it, so that an older one can stay.
	MaxTotal int64
	// Compress has rotated files compressed by gzip.
	Compress bool
	// Timestamps puts the time of its arrival in front of every line.
	Timestamps Timestamps
	// Stderr gives the business's stderr a log of its own.
	Stderr bool
	// Overflow says what happens to output that cannot be written.
	Overflow Overflow
}

// Timestamps are RFC 3339 with microseconds.
type Timestamps string

// The values of Timestamps; "" means none.
const (
	NoTimestamps    Timestamps = "no"
	UTCTimestamps   Timestamps = "utc"
	LocalTimestamps Timestamps = "local"
)

// Overflow says what happens to output that comes faster than it can be written, or that
// cannot be written at all.
type Overflow string

// The values of Overflow; "" means Block.
const (
	Block Overflow = "block" // it waits in the pipe, and in the end the business waits
	Drop  Overflow = "drop"  // whole lines are dropped, and a line in the log says how many
)

// Unlimited is a MaxSize, MaxTotal or MaxFiles without a limit.
const Unlimited = math.MaxInt64

// Default is how a log is kept unless somebody wants it otherwise: at most some 60 MB.
func Default() Settings {
	return Settings{
		MaxSize: 10 << 20, MaxFiles: 5, MaxAge: math.MaxInt64, MaxTotal: Unlimited,
		Compress: true, Timestamps: NoTimestamps, Overflow: Block,
	}
}

// complete gives what was left out its default.
func (s Settings) complete() Settings {
	usual := Default()
	if s.MaxSize == 0 {
		s.MaxSize = usual.MaxSize
	}
	if s.MaxAge == 0 {
		s.MaxAge = usual.MaxAge
	}
	if s.MaxTotal == 0 {
		s.MaxTotal = usual.MaxTotal
	}
	if s.MaxTotal != Unlimited {
		s.MaxSize = max(1, min(s.MaxSize, s.MaxTotal/2))
	}
	if s.Timestamps == "" {
		s.Timestamps = usual.Timestamps
	}
	if s.Overflow == "" {
		s.Overflow = usual.Overflow
	}
	return s
}
