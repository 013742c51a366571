package ui

import (
	"hash/fnv"
	"strconv"
)

type dot struct{ x, y, r, fill, opacity string }

// dots places a few discs by a hash of the name, so that each app without a picture looks like itself everywhere.
func dots(name string) []dot {
	h := fnv.New64a()
	h.Write([]byte(name))
	seed := h.Sum64()
	next := func(n uint64) int {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int(seed >> 33 % n)
	}
	fills := []string{"var(--pic-a)", "var(--pic-b)", "var(--pic-c)"}
	out := make([]dot, 7)
	for i := range out {
		out[i] = dot{
			x: strconv.Itoa(next(320)), y: strconv.Itoa(next(180)), r: strconv.Itoa(12 + next(52)),
			fill: fills[next(uint64(len(fills)))], opacity: "." + strconv.Itoa(4+next(5)),
		}
	}
	return out
}

// favicon is the logo in fixed colours that show on light and dark tabs.
const favicon = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect x='3' y='3' width='19' height='19' rx='6' fill='%233350c8'/%3E%3Crect x='10' y='10' width='19' height='19' rx='6' fill='%23888' fill-opacity='.45' stroke='%23888' stroke-width='1.6'/%3E%3C/svg%3E"
