package whiteboard

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/wabgo/wab/web/ui"
)

// serve answers with the app's one page, and with what lies on a new board. The server has taken the app's prefix off the path.
func serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		ui.Serve(w, r, http.StatusOK, page())
	case "/welcome.json":
		ui.Secure(w.Header())
		w.Header().Set("Content-Type", "application/json")
		w.Write(welcomeJSON())
	default:
		ui.WriteFault(w, r, ui.FaultProps{Status: http.StatusNotFound})
	}
}

// welcomeJSON is a new board for the page of somebody who hasn't said yet who they are. Bytes are Base64.
func welcomeJSON() []byte {
	data, err := json.Marshal(welcome())
	if err != nil {
		panic(err) // it is a constant
	}
	return data
}

// keys are what the page explains; page/parts/keys.ts has them.
var keys = []struct {
	keys []string
	does string
}{
	{[]string{"V", "H"}, "Select, move the view"},
	{[]string{"D", "E"}, "Draw, erase"},
	{[]string{"R", "O"}, "Rectangle, ellipse"},
	{[]string{"A", "L"}, "Arrow, line"},
	{[]string{"T", "N", "I"}, "Text, note, image"},
	{[]string{"1", "…", "8"}, "Colours"},
	{[]string{"Tab"}, "Next element on the board"},
	{[]string{"Enter"}, "Edit the text, or put the tool’s shape in the middle"},
	{[]string{"↑", "↓", "←", "→"}, "Move; with Shift further"},
	{[]string{"Ctrl", "→"}, "Larger, smaller"},
	{[]string{"Delete"}, "Delete"},
	{[]string{"Ctrl", "Z"}, "Undo your own"},
	{[]string{"Ctrl", "Y"}, "Redo"},
	{[]string{"Ctrl", "D"}, "Duplicate"},
	{[]string{"Ctrl", "A"}, "Select all"},
	{[]string{"[", "]"}, "To the back, to the front"},
	{[]string{"Space"}, "Hold and drag to move the view"},
	{[]string{"+", "-", "0"}, "Zoom in, out, 100 %"},
	{[]string{"F"}, "Show everything"},
	{[]string{"/", "?"}, "List of the board, keys"},
	{[]string{"Esc"}, "Stop, let go"},
}

func digit(i int) string { return strconv.Itoa(i) }

func colorTitle(color string, i int) string {
	return strings.ToUpper(color[:1]) + color[1:] + " (" + strconv.Itoa(i+1) + ")"
}

// shortcut is a key as aria-keyshortcuts spells it.
func shortcut(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "Ctrl", "Control"), "++", "+Plus")
}
