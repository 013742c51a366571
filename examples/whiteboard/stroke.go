package whiteboard

import (
	"encoding/binary"
	"math"
)

// dot is a point of a stroke, in units of the board.
type dot struct{ x, y float64 }

// packStroke makes a freehand element of points. Each point is the way from the one before in eighths of a unit, as zigzag varints, and a byte of pressure; the page's
// stroke.ts reads it.
func packStroke(dots []dot, color string, size float64) Element {
	e := Element{Kind: "draw", Color: color, Size: size, X: math.Inf(1), Y: math.Inf(1)}
	for _, d := range dots {
		e.X, e.Y = min(e.X, d.x), min(e.Y, d.y)
	}
	var x, y int64
	for _, d := range dots {
		nx, ny := int64(math.Round((d.x-e.X)*8)), int64(math.Round((d.y-e.Y)*8))
		e.Points = binary.AppendVarint(e.Points, nx-x)
		e.Points = binary.AppendVarint(e.Points, ny-y)
		e.Points = append(e.Points, 128)
		e.W, e.H = max(e.W, float64(nx)/8), max(e.H, float64(ny)/8)
		x, y = nx, ny
	}
	return e
}
