package account

import (
	"log/slog"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/origin"
)

// Options of Open.
type Options struct {
	Clock   clock.Clock  // required
	Dev     bool         // anybody may ask for a guest's token under any free or used name; for development only
	Origins []string     // pages of other origins that may use Handler, as https://example.org; "*" for all
	Log     *slog.Logger // nil: slog.Default
	// Device is the id of the token that a device of a CA (owner/local) has now, durably; empty for none. Nil: there are no devices. It is asked on any goroutine.
	Device func(app, ca, device string) (id string, err error)
}

// Accounts knows every owner that comes in. All its methods may be used at once from any goroutine.
type Accounts struct {
	*Issuer
	dev     bool
	origins origin.List
	log     *slog.Logger
	device  func(app, ca, device string) (string, error)
	cache   cache
	revoked *revocations
	hooks   hooks
}

// Open reads the data folder's key and revocations, and makes what is missing. The caller holds the folder's lock.
// Its errors are one line each, for people.
func Open(dir string, o Options) (*Accounts, error) {
	issuer, err := OpenIssuer(dir, o.Clock)
	if err != nil {
		return nil, err
	}
	revoked, err := openRevocations(dir, o.Clock.Now())
	if err != nil {
		return nil, err
	}
	log := o.Log
	if log == nil {
		log = slog.Default()
	}
	return &Accounts{Issuer: issuer, dev: o.Dev, origins: o.Origins, log: log, device: o.Device, revoked: revoked}, nil
}

// Close closes the file of revocations. Verify still works afterwards, Revoke doesn't.
func (a *Accounts) Close() error { return a.revoked.close() }
