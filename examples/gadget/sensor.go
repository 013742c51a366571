package main

import (
	"math"
	"math/rand/v2"
)

// sensor measures nothing: its value walks about, slowly, around 21.
type sensor struct {
	value float64
	reads int
}

// read tells the value in hundredths, and whether it is a new one: every other time.
func (s *sensor) read() (value float64, news bool) {
	if s.reads == 0 {
		s.value = 21 + rand.NormFloat64()
	}
	s.value += (21-s.value)/100 + rand.NormFloat64()/10
	s.reads++
	return math.Round(s.value*100) / 100, s.reads%2 == 1
}
