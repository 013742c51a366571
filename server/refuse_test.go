package server

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
)

// bouncer refuses whatever it is asked.
type bouncer struct{ N int }

func bouncerApp() App { return App{Name: "bouncer", New: func() CA { return new(bouncer) }} }

func (b *bouncer) Init(tx *Tx) error { return tx.Allow(Anyone()) }
func (b *bouncer) Get(tx *Tx) int    { return b.N }
func (b *bouncer) Say(tx *Tx, code Code, message string, ms int) error {
	b.N++
	return Refuse(code, message, time.Duration(ms)*time.Millisecond)
}
func (b *bouncer) Wrapped(tx *Tx) error {
	b.N++
	return fmt.Errorf("seat 5: %w", Refuse(Conflict, "It is taken.", 0))
}
func (b *bouncer) Borrowed(tx *Tx) error {
	return &Error{Code: NotFound, Message: "Said by somebody else."}
}
func (b *bouncer) Ask(tx *Tx, code Code) {
	tx.Send("bob/door", "Say", code, "No.", 1500).Then("Heard")
}
func (b *bouncer) Heard(tx *Tx, r Response) {
	var e *Error
	if errors.As(r.Err, &e) && e.Code == Quota && e.Message == "No." {
		b.N = 1000
	}
}

func TestCA1_ARefusalHasItsCodeAndChangesNothing(t *testing.T) {
	k := newKit(t, bouncerApp())
	for _, c := range []struct {
		code   Code
		want   Code
		status int
	}{
		{BadRequest, BadRequest, 400}, {NotAllowed, NotAllowed, 403}, {NotFound, NotFound, 404}, {Conflict, Conflict, 409}, {TooLarge, TooLarge, 413},
		{Quota, Quota, 429}, {Failed, Failed, 422},
		{Unauthenticated, Failed, 422}, {Overloaded, Failed, 422}, {Unavailable, Failed, 422}, {Deadline, Failed, 422}, {SessionExpired, Failed, 422},
		{Internal, Failed, 422}, {"made_up", Failed, 422}, {"", Failed, 422},
	} {
		a := k.do("alice", "bouncer/alice/home/Say", args(c.code, "No, not today.", 1500))
		if a.Status != c.status || a.Error.Code != string(c.want) || a.Error.Message != "No, not today." || a.Header.Get("Retry-After") != "2" {
			t.Errorf("%q: %d %+v, Retry-After %q", c.code, a.Status, a.Error, a.Header.Get("Retry-After"))
		}
	}
	if a := k.refused("alice", "bouncer/alice/home/Wrapped", "[]", "conflict"); a.Error.Message != "seat 5: It is taken." {
		t.Error(a.Error)
	}
	if a := k.refused("alice", "bouncer/alice/home/Borrowed", "[]", "failed"); a.Error.Message != "Said by somebody else." {
		t.Error(a.Error)
	}
	if a := k.refused("alice", "bouncer/alice/home/Say", args(NotFound, strings.Repeat("x", 5000), -5), "not_found"); len(a.Error.Message) > 1010 || a.Header.Get("Retry-After") != "" {
		t.Error(len(a.Error.Message), a.Header)
	}
	k.want("alice", "bouncer/alice/home/Get", "[]", "0")
}

func TestARefusalReachesOtherCAs(t *testing.T) {
	k := newKit(t, bouncerApp())
	k.want("bob", "bouncer/bob/door/Get", "[]", "0")
	k.want("alice", "bouncer/alice/home/Ask", `["quota"]`, "null")
	k.eventually("alice", "bouncer/alice/home/Get", "[]", "1000")
}

func TestARefusalHasItsCodeInRequestsOnly(t *testing.T) {
	for kind, want := range map[actor.Kind]Code{actor.Call: NotFound, actor.Send: NotFound, actor.Published: Failed, actor.Raised: Failed, actor.Alarm: Failed, actor.Init: Failed} {
		if got := refused(kind, Refuse(NotFound, "No.", time.Second)).Code; got != want {
			t.Errorf("%v: %s, want %s", kind, got, want)
		}
	}
}
