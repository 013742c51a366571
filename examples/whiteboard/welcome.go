package whiteboard

import (
	"fmt"
	"math"
)

// welcome is what lies on a new board: enough to see at a glance what a board is for.
func welcome() []Element {
	all := []Element{
		letters(40, 12, 56, "ink", "A board for all of you", 592),
		pen(wave(44, 92, 400, 5, 3), "blue", 7),
		note(40, 152, "yellow", "Draw something!\nWhoever is here sees it at once."),
		note(272, 172, "green", "Go offline and keep going.\nIt is sent when you are back."),
		note(504, 148, "violet", "Invite somebody: they may draw, or only look."),
		letters(820, 10, 24, "grey", "drag, pull, recolour: it is all yours", 396),
		pen(swoop(1010, 52, 968, 118, 26), "grey", 2.5),
		pen([]dot{{985, 103}, {968, 118}, {989, 127}}, "grey", 2.5),
	}
	all = append(all, harbour(820, 150)...)
	for i := range all {
		all[i].Z = float64(i + 1)
	}
	return all
}

// harbour is a sailing boat under the sun.
func harbour(x, y float64) []Element {
	at := func(dots ...dot) []dot {
		for i := range dots {
			dots[i].x += x
			dots[i].y += y
		}
		return dots
	}
	out := []Element{{Kind: "ellipse", X: x + 268, Y: y, W: 64, H: 64, Color: "orange", Size: 5, Fill: true}}
	for i := range 7 {
		angle := math.Pi * (0.32 + 0.23*float64(i))
		cos, sin := math.Cos(angle), math.Sin(angle)
		out = append(out, pen(at(dot{300 + 44*cos, 32 + 44*sin}, dot{300 + 52*cos, 32 + 52*sin}, dot{300 + 60*cos, 32 + 60*sin}), "orange", 5))
	}
	return append(out,
		pen(smooth(at(dot{64, 172}, dot{78, 204}, dot{110, 218}, dot{190, 218}, dot{222, 204}, dot{238, 172}, dot{150, 178}, dot{64, 172})...), "ink", 5),
		pen(smooth(at(dot{150, 174}, dot{149, 100}, dot{150, 22})...), "ink", 5),
		pen(smooth(at(dot{158, 32}, dot{204, 84}, dot{226, 154}, dot{190, 158}, dot{158, 156}, dot{158, 32})...), "red", 5),
		pen(smooth(at(dot{142, 52}, dot{108, 104}, dot{84, 154}, dot{112, 158}, dot{142, 156}, dot{142, 52})...), "blue", 5),
		pen(wave(x+4, y+232, 350, 6, 7), "blue", 5),
		pen(wave(x+40, y+254, 290, 5, 6), "blue", 2.5),
	)
}

func letters(x, y, size float64, color, text string, width float64) Element {
	return Element{Kind: "text", X: x, Y: y, W: width, H: math.Ceil(size * 1.3), Color: color, Size: size, Text: text}
}

func note(x, y float64, color, text string) Element {
	return Element{Kind: "note", X: x, Y: y, W: 208, H: 208, Color: color, Size: 24, Text: text}
}

func pen(dots []dot, color string, size float64) Element { return packStroke(dots, color, size) }

// wave goes from left to right in so many waves; the hand isn't quite steady.
func wave(x, y, width float64, waves int, height float64) []dot {
	const each = 14
	var dots []dot
	for i := range waves*each + 1 {
		t := float64(i) / each
		dots = append(dots, dot{x + width*t/float64(waves), y + height*math.Sin(2*math.Pi*t)*(1+0.2*math.Sin(1.7*t)) + 1.5*math.Sin(0.9*t)})
	}
	return dots
}

// swoop bends from one point to another.
func swoop(x1, y1, x2, y2, bend float64) []dot {
	var dots []dot
	for i := range 21 {
		t := float64(i) / 20
		b := 4 * t * (1 - t) * bend
		dots = append(dots, dot{x1 + (x2-x1)*t + b, y1 + (y2-y1)*t + b/3})
	}
	return dots
}

// smooth puts more points between those that are given, along a curve through all of them (Catmull-Rom).
func smooth(knots ...dot) []dot {
	const each = 10
	knot := func(i int) dot { return knots[min(max(i, 0), len(knots)-1)] }
	var dots []dot
	for i := range len(knots) - 1 {
		p, a, b, q := knot(i-1), knot(i), knot(i+1), knot(i+2)
		for j := range each {
			t := float64(j) / each
			dots = append(dots, dot{along(p.x, a.x, b.x, q.x, t), along(p.y, a.y, b.y, q.y, t)})
		}
	}
	return append(dots, knots[len(knots)-1])
}

func along(p, a, b, q, t float64) float64 {
	return 0.5 * (2*a + (b-p)*t + (2*p-5*a+4*b-q)*t*t + (3*a-p-3*b+q)*t*t*t)
}

// welcomeID names the elements that a board begins with.
func welcomeID(i int) string { return fmt.Sprintf("welcome-%02d", i) }
