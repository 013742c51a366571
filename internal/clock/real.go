package clock

import "time"

// Real is the machine's clock.
func Real() Clock { return realClock{} }

type realClock struct{}

func (realClock) Now() time.Time                            { return time.Now() }
func (realClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// Micros is an instant in microseconds since the Unix epoch, rounded down.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// FromMicros is the instant, in UTC, that Micros told.
func FromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }
