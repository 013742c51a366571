package whiteboard

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Element is one thing on the board. page/parts/element.ts has the same shape.
type Element struct {
	Kind string `json:"kind"` // one of kinds
	// X and Y are the corner, in units that are pixels at a zoom of 1; of lines and arrows the beginning, W and H being the way to their end.
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	W      float64 `json:"w"`
	H      float64 `json:"h"`
	Z      float64 `json:"z"`     // what has a greater one lies above
	Color  string  `json:"color"` // one of colors
	Size   float64 `json:"size"`  // of the pen; of text and notes the size of the letters
	Fill   bool    `json:"fill,omitempty"`
	Text   string  `json:"text,omitempty"`
	Points []byte  `json:"points,omitempty"` // of a stroke, packed as in stroke.go
	Image  []byte  `json:"image,omitempty"`  // JPEG, PNG or WebP
	By     string  `json:"by,omitempty"`     // the owner who made it
}

// Limits of one element.
const (
	maxText   = 4_000
	maxPoints = 64 << 10
	maxImage  = 200_000
	maxReach  = 1e7 // of coordinates and sizes
	maxID     = 40
)

var (
	kinds  = []string{"draw", "rect", "ellipse", "line", "arrow", "text", "note", "image"}
	colors = []string{"ink", "grey", "red", "orange", "yellow", "green", "blue", "violet"}
)

// check tells what is wrong with an element, in words for people.
func (e *Element) check() error {
	switch {
	case !slices.Contains(kinds, e.Kind):
		return fmt.Errorf("there are no elements of the kind %.20q", e.Kind)
	case !slices.Contains(colors, e.Color):
		return fmt.Errorf("there is no colour %.20q", e.Color)
	case !within(e.X, e.Y, e.W, e.H, e.Z, e.Size):
		return errors.New("an element lies too far away, or is too large")
	case e.Size <= 0:
		return errors.New("an element needs a size")
	case len(e.Text) > maxText:
		return fmt.Errorf("a text has at most %d bytes", maxText)
	case len(e.Points) > maxPoints:
		return errors.New("a stroke is too long: lift the pen now and then")
	case len(e.Points) > 0 && e.Kind != "draw" || len(e.Image) > 0 && e.Kind != "image":
		return fmt.Errorf("an element of the kind %s has neither points nor an image", e.Kind)
	}
	return e.checkImage()
}

func (e *Element) checkImage() error {
	if e.Kind != "image" {
		return nil
	}
	if len(e.Image) > maxImage {
		return fmt.Errorf("an image has at most %d kB", maxImage/1000)
	}
	webp := len(e.Image) > 12 && string(e.Image[:4]) == "RIFF" && string(e.Image[8:12]) == "WEBP"
	if !webp && !bytes.HasPrefix(e.Image, []byte("\xff\xd8\xff")) && !bytes.HasPrefix(e.Image, []byte("\x89PNG\r\n\x1a\n")) {
		return errors.New("an image is a JPEG, PNG or WebP file")
	}
	return nil
}

func within(numbers ...float64) bool {
	return !slices.ContainsFunc(numbers, func(n float64) bool { return math.IsNaN(n) || math.Abs(n) > maxReach })
}

// checkID: ids are made by pages, out of letters and digits.
func checkID(id string) error {
	ok := len(id) > 0 && len(id) <= maxID
	for _, r := range id {
		ok = ok && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
	}
	if !ok {
		return fmt.Errorf("an element's id is made of up to %d small letters, digits and dashes", maxID)
	}
	return nil
}
