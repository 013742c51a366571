package account

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/answer"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

const (
	maxBody  = 16 << 10
	guestTTL = 30 * 24 * time.Hour
)

// Handler serves POST /account/guest, /account/token and /account/revoke. Bodies and answers are JSON, errors have the form
// {"error":{"code":"…","message":"…"}}, and no answer may be stored. Tokens travel in the Authorization header; cookies are neither set nor read.
func (a *Accounts) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/account/guest", post(a.guest))
	mux.HandleFunc("/account/token", post(a.token))
	mux.HandleFunc("/account/revoke", post(a.revokeHTTP))
	mux.HandleFunc("/account/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, wire.Err(wire.NotFound, "There is nothing here: POST to /account/guest, /account/token or /account/revoke."))
	})
	return a.guardOrigin(mux)
}

// granted is the answer to a wish for a token.
type granted struct {
	Token   string     `json:"token"`
	Owner   string     `json:"owner"`
	Expires *time.Time `json:"expires,omitempty"` // RFC 3339; absent: never
}

func (a *Accounts) guest(r *http.Request) (any, error) {
	if !a.dev {
		return nil, wire.Err(wire.NotAllowed, "Guests are let in only by a server started with --dev: ask its operator for a token (wab token NAME).")
	}
	var wish struct{ Owner string }
	if err := readJSON(r, &wish); err != nil {
		return nil, err
	}
	token, err := a.Mint(wish.Owner, policy.Scope{}, guestTTL)
	return a.grant(token, err)
}

func (a *Accounts) token(r *http.Request) (any, error) {
	var wish struct {
		App, CA string
		Methods []string
		Seconds int64
	}
	parent := bearer(r)
	if _, err := a.verify(parent); err != nil {
		return nil, err
	}
	if err := readJSON(r, &wish); err != nil {
		return nil, err
	}
	switch {
	case wish.Methods != nil && len(wish.Methods) == 0:
		return nil, wire.Err(wire.BadRequest, "An empty list of methods would open nothing: name some, or leave it out to keep what the token opens.")
	case wish.Seconds < 0 || wish.Seconds > math.MaxInt64/int64(time.Second):
		return nil, wire.Err(wire.BadRequest, "The field seconds is how long the token is to live: a positive number, or left out to keep the end it has.")
	}
	scope := policy.Scope{App: wish.App, CA: wish.CA, Methods: wish.Methods}
	token, err := a.Narrow(parent, scope, time.Duration(wish.Seconds)*time.Second)
	return a.grant(token, err)
}

func (a *Accounts) grant(token string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	c, err := a.verify(token)
	if err != nil {
		return nil, err
	}
	g := granted{Token: token, Owner: c.Owner}
	if c.Expires != 0 {
		t := time.Unix(c.Expires, 0).UTC()
		g.Expires = &t
	}
	return g, nil
}

func (a *Accounts) revokeHTTP(r *http.Request) (any, error) {
	presented := bearer(r)
	mine, err := a.verify(presented)
	if err != nil {
		return nil, err
	}
	var wish struct{ Token string }
	if err := readJSON(r, &wish); err != nil {
		return nil, err
	}
	if wish.Token == "" {
		return map[string]bool{"revoked": true}, a.revoke(mine)
	}
	other, err := a.authentic(wish.Token)
	if err != nil {
		return nil, wire.Err(wire.BadRequest, "The token in the body is not one of this server's.")
	}
	if other.Owner != mine.Owner {
		return nil, wire.Err(wire.NotAllowed, "That token belongs to somebody else.")
	}
	return map[string]bool{"revoked": true}, a.revoke(other)
}

// bearer is the token of RFC 6750's header, empty if there is none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func post(f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			answer.ErrorAs(w, http.StatusMethodNotAllowed, wire.Err(wire.BadRequest, "Use POST here."))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		result, err := f(r)
		if err != nil {
			writeError(w, err)
			return
		}
		body, err := json.Marshal(result)
		if err != nil {
			writeError(w, err)
			return
		}
		answer.JSON(w, http.StatusOK, body)
	}
}

// readJSON refuses fields it doesn't know: a misspelt limit would make a wider token than was meant. No body is an empty object.
func readJSON(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil && dec.More() {
		err = errors.New("more than one value")
	}
	var large *http.MaxBytesError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &large):
		return wire.Err(wire.TooLarge, "The body is larger than 16 kB.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return wire.Err(wire.BadRequest, "The body came too slowly. Send it again.")
	}
	return wire.Err(wire.BadRequest, "The body is not the JSON object this path takes.")
}

func writeError(w http.ResponseWriter, err error) {
	var e *wire.Error
	if !errors.As(err, &e) {
		e = wire.Err(wire.Internal, "Something went wrong in the server.")
	}
	answer.Error(w, e)
}
