package account

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/name"
)

const (
	revokedFile     = "account.revoked"
	revokedHeader   = "wab revoked tokens 1\n" // a later format has another number
	maxRevokedOwner = 10_000
)

var errRevocationQuota = errors.New("too many living revocations")

// revocation is one line of the file: id, expiry in seconds (0: never), "n" for narrowed or "r" for root, owner.
type revocation struct {
	id       string
	expires  int64
	narrowed bool
	owner    string
}

func (r revocation) line() string {
	kind := "r"
	if r.narrowed {
		kind = "n"
	}
	return r.id + " " + strconv.FormatInt(r.expires, 10) + " " + kind + " " + r.owner + "\n"
}

func parseRevocation(line string) (revocation, bool) {
	f := strings.Split(line, " ")
	if len(f) != 4 || f[0] == "" || f[2] != "n" && f[2] != "r" || name.CheckLabel(f[3]) != nil {
		return revocation{}, false
	}
	expires, err := strconv.ParseInt(f[1], 10, 64)
	return revocation{id: f[0], expires: expires, narrowed: f[2] == "n", owner: f[3]}, err == nil && expires >= 0
}

func (r revocation) past(now time.Time) bool { return r.expires != 0 && now.Unix() >= r.expires }

// revocations is the list in memory and its file, which only grows while the server runs.
type revocations struct {
	mu    sync.Mutex // before setMu; held over writes
	file  *os.File
	size  int64           // bytes of whole lines
	torn  bool            // there may be more than size
	saved map[string]bool // ids in the file

	setMu    sync.RWMutex
	set      map[string]revocation
	narrowed map[string]int // by owner
}

// openRevocations reads the file, leaves out what has expired and a last line that a crash cut short, and puts the rest in its place.
// Any other damage stops the start: a token that was revoked must not come back.
func openRevocations(dir string, now time.Time) (*revocations, error) {
	path := filepath.Join(dir, revokedFile)
	r := &revocations{saved: map[string]bool{}, set: map[string]revocation{}, narrowed: map[string]int{}}
	if err := r.load(path, now); err != nil {
		return nil, err
	}
	if err := r.rewrite(dir, path); err != nil {
		return nil, fmt.Errorf("cannot write the list of revoked tokens in %s: %w", dir, err)
	}
	return r, nil
}

func (r *revocations) load(path string, now time.Time) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read the list of revoked tokens: %w", err)
	}
	body, ok := strings.CutPrefix(string(text), revokedHeader)
	if !ok {
		return fmt.Errorf("the list of revoked tokens %s is damaged or of a newer version: put it back from a backup", path)
	}
	n := 1
	for line := range strings.Lines(body) {
		n++
		whole, ended := strings.CutSuffix(line, "\n")
		if !ended {
			break
		}
		rev, ok := parseRevocation(whole)
		if !ok {
			return fmt.Errorf("the list of revoked tokens %s is damaged in line %d: put it back from a backup, or remove that line", path, n)
		}
		if !rev.past(now) {
			r.insert(rev)
		}
	}
	return nil
}

// rewrite replaces the file in one step and keeps it open for appending.
func (r *revocations) rewrite(dir, path string) error {
	var b strings.Builder
	b.WriteString(revokedHeader)
	for id, rev := range r.set {
		b.WriteString(rev.line())
		r.saved[id] = true
	}
	temp, err := writeTemp(dir, revokedFile, []byte(b.String()))
	if err != nil {
		return err
	}
	if err := errors.Join(os.Rename(temp, path), syncDir(dir)); err != nil {
		return err
	}
	r.size = int64(b.Len())
	r.file, err = os.OpenFile(path, os.O_WRONLY, 0o600)
	return err
}

// has tells whether a token or one that it came from is revoked.
func (r *revocations) has(c *claims) bool {
	r.setMu.RLock()
	defer r.setMu.RUnlock()
	if len(r.set) == 0 {
		return false
	}
	if _, ok := r.set[c.ID]; ok {
		return true
	}
	for _, id := range c.Parents {
		if _, ok := r.set[id]; ok {
			return true
		}
	}
	return false
}

// add takes effect before it returns, even where it fails to save; calling it again then tries again to save.
func (r *revocations) add(rev revocation, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.saved[rev.id] {
		return nil
	}
	if rev.narrowed && r.living(rev.owner, now) >= maxRevokedOwner {
		return errRevocationQuota
	}
	r.insert(rev)
	if err := r.append(rev.line()); err != nil {
		return err
	}
	r.saved[rev.id] = true
	return nil
}

// append writes one synced line, and first cuts off what an earlier failure may have left.
func (r *revocations) append(line string) error {
	if r.torn {
		if err := r.file.Truncate(r.size); err != nil {
			return err
		}
	}
	r.torn = true
	if _, err := r.file.WriteAt([]byte(line), r.size); err != nil {
		return err
	}
	if err := r.file.Sync(); err != nil {
		return err
	}
	r.size += int64(len(line))
	r.torn = false
	return nil
}

func (r *revocations) insert(rev revocation) {
	r.setMu.Lock()
	defer r.setMu.Unlock()
	if _, ok := r.set[rev.id]; !ok && rev.narrowed {
		r.narrowed[rev.owner]++
	}
	r.set[rev.id] = rev
}

// living needs r.mu. It counts an owner's narrowed revocations, after forgetting what has expired if there seem to be too many.
func (r *revocations) living(owner string, now time.Time) int {
	r.setMu.Lock()
	defer r.setMu.Unlock()
	if r.narrowed[owner] >= maxRevokedOwner {
		r.forget(now)
	}
	return r.narrowed[owner]
}

// forget needs both locks.
func (r *revocations) forget(now time.Time) {
	for id, rev := range r.set {
		if !rev.past(now) {
			continue
		}
		delete(r.set, id)
		delete(r.saved, id)
		if rev.narrowed {
			r.narrowed[rev.owner]--
		}
	}
}

func (r *revocations) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file.Close()
}
