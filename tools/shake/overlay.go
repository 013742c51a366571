package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// edit adds to a file of the Go installation: a call at the beginning of funcs, and a tail.
type edit struct {
	file  string // below GOROOT/src
	funcs []string
	call  string
	tail  string
}

// A sleep of up to 2 ms lets others overtake; a long one, which is rare, stands for a machine that is busy elsewhere.
// Mutexes are locked far more often than channels are used.
var edits = []edit{
	{"internal/sync/mutex.go", []string{"func (m *Mutex) Lock() {\n"}, "shake()", `
//go:linkname shakeSleep time.Sleep
func shakeSleep(ns int64)

//go:linkname shakeRand runtime.rand
func shakeRand() uint64

//go:linkname shakeBubble runtime.shakeBubble
func shakeBubble() bool

func shake() {
	if shakeBubble() {
		return
	}
	if r := shakeRand(); r&0x3ff == 0 {
		shakeSleep(int64(r>>32) & 0x1fffff)
	} else if r&0x7fff == 1 {
		shakeSleep(20_000_000 + int64(r>>32)&0x1ffffff)
	}
}
`},
	{"runtime/chan.go", []string{"func chansend1(c *hchan, elem unsafe.Pointer) {\n", "func chanrecv1(c *hchan, elem unsafe.Pointer) {\n"}, "shake()", `
func shake() {
	if mp := getg().m; mp.locks != 0 || mp.mallocing != 0 || shakeBubble() {
		return // the runtime itself, where it must not wait
	}
	if r := rand(); r&0xff == 0 {
		timeSleep(int64(r>>32) & 0x1fffff)
	} else if r&0xfff == 1 {
		timeSleep(10_000_000 + int64(r>>32)&0x1ffffff)
	}
}

// Who sleeps in a bubble of testing/synctest counts as one who waits for others.
//
//go:linkname shakeBubble
func shakeBubble() bool { return getg().bubble != nil }
`},
}

// apply returns the file's text with the edit made.
func (e *edit) apply(text string) (string, error) {
	for _, f := range e.funcs {
		if strings.Count(text, f) != 1 {
			return "", fmt.Errorf("this Go has no %q in %s: tools/shake/overlay.go and late.go have to learn where that is", strings.TrimSpace(f), e.file)
		}
		text = strings.Replace(text, f, f+"\t"+e.call+"\n", 1)
	}
	return text + e.tail, nil
}

// writeOverlay writes the changed files and what -overlay reads, and returns the latter's path.
func writeOverlay(ctx context.Context, folder string, edits []edit) (string, error) {
	out, err := goTool(ctx, "env", "GOROOT")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for i, e := range edits {
		original := filepath.Join(strings.TrimSpace(out), "src", filepath.FromSlash(e.file))
		text, err := os.ReadFile(original)
		if err != nil {
			return "", err
		}
		changed, err := e.apply(string(text))
		if err != nil {
			return "", err
		}
		replace[original] = filepath.Join(folder, fmt.Sprintf("overlay%d.go", i))
		if err := os.WriteFile(replace[original], []byte(changed), 0o644); err != nil {
			return "", err
		}
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "overlay.json")
	return path, os.WriteFile(path, b, 0o644)
}
