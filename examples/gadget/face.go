package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/wabgo/wab/wasm/client"
)

// look is all that there is to see.
type look struct {
	name, ca string
	on       bool
	link     string
	clock    string
	sense    string
	last     string // what was done, or what went wrong
}

// face is what people see: a drawing in a terminal, lines elsewhere. It is an Output, and none of its methods waits for a terminal.
type face struct {
	w     io.Writer
	draw  bool
	dirty chan struct{} // has one element while there is something to draw; closed at the end
	done  chan struct{}

	mu  sync.Mutex // guards now; a leaf
	now look

	bound time.Duration // as it was told last, by the only goroutine that does
}

// newFace draws where out is a terminal. With JSON there, what people should know goes to errs.
func newFace(o options, out, errs io.Writer) *face {
	f := &face{w: out, dirty: make(chan struct{}, 1), done: make(chan struct{}), now: look{name: o.name, ca: o.ca}}
	if o.json {
		f.w = errs
	}
	f.draw = !o.json && isTerminal(out)
	if f.draw {
		go f.paint()
	} else {
		close(f.done)
	}
	return f
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// paint is the goroutine of the screen.
func (f *face) paint() {
	defer close(f.done)
	io.WriteString(f.w, hideCursor)
	lines := 0
	for range f.dirty {
		f.mu.Lock()
		now := f.now
		f.mu.Unlock()
		block := drawing(now)
		if lines > 0 {
			block = fmt.Sprintf("\x1b[%dA", lines) + block
		}
		io.WriteString(f.w, block)
		lines = strings.Count(block, "\n")
	}
	io.WriteString(f.w, showCursor)
}

// change changes what there is to see, and says it in a line where there is no drawing.
func (f *face) change(line string, do func(*look)) {
	f.mu.Lock()
	do(&f.now)
	f.mu.Unlock()
	if !f.draw {
		f.write(line)
		return
	}
	select {
	case f.dirty <- struct{}{}:
	default:
	}
}

func (f *face) write(line string) {
	if line != "" {
		fmt.Fprintf(f.w, "%s  %s\n", time.Now().Format("15:04:05.000"), line)
	}
}

// Set implements Output.
func (f *face) Set(pin string, on bool) error {
	line := ""
	f.mu.Lock()
	if f.now.on != on {
		line = pin + " " + onOff(on)
	}
	f.mu.Unlock()
	f.change(line, func(l *look) { l.on = on })
	return nil
}

// Close implements Output: the last picture stays. Nothing changes after it.
func (f *face) Close() error {
	close(f.dirty)
	<-f.done
	return nil
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// link tells how the connection is; the same again is no news.
func (f *face) link(text string) {
	line := text
	f.mu.Lock()
	if f.now.link == text {
		line = ""
	}
	f.mu.Unlock()
	f.change(line, func(l *look) { l.link = text })
}

// clock tells how good the clock is. In lines it is news when it is twice as good, or as bad.
func (f *face) clock(bound time.Duration) {
	text := fmt.Sprintf("clock ±%.1f ms", ms(bound))
	if f.draw {
		f.change("", func(l *look) { l.clock = text })
		return
	}
	if told := f.bound; told == 0 || bound < told/2 || bound > told*2 {
		f.bound = bound
		f.write(text)
	}
}

func (f *face) sense(text string) { f.change(text, func(l *look) { l.sense = text }) }

func (f *face) say(text string) { f.change(text, func(l *look) { l.last = text }) }

// acted tells how well in time a command was; in lines the pin says it.
func (f *face) acted(a client.Args) {
	text := fmt.Sprintf("%.1f ms after it was due, ±%.1f ms", ms(a.Ran.Sub(a.Due)), ms(a.Bound))
	f.change(text, func(l *look) { l.last = text })
}
