package server

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/store/pebblestore"
)

// lobby belongs to the server, where it is named commons; anybody may write in its book.
type lobby struct {
	Born int
	Book []string
}

func (l *lobby) Init(tx *Tx) error {
	if tx.Self().Local == "broken" {
		return errors.New("no roof")
	}
	l.Born++
	return tx.Allow(Anyone(), "Sign", "Read")
}
func (l *lobby) Sign(tx *Tx) { l.Book = append(l.Book, tx.Caller().String()) }
func (l *lobby) Read(*Tx) []string {
	return l.Book
}
func (l *lobby) Births(*Tx) int              { return l.Born }
func (l *lobby) Go(tx *Tx, to string) string { tx.Send(to, "Sign"); return "went" }

func lobbyApp(commons ...string) App {
	return App{Name: "lobby", New: func() CA { return new(lobby) }, Commons: commons}
}

// A server's own CAs are there from the start, once, and nobody's: everybody comes to them under their own name.
func TestBUS1_CommonsBelongToTheServer(t *testing.T) {
	away := lobbyApp()
	away.Name = "away"
	k := newKit(t, lobbyApp("pages", "square"), away)
	k.want("alice", "lobby/commons/pages/Sign", "[]", "null")
	k.want("bob", "away/bob/home/Go", `["lobby:commons/pages"]`, `"went"`)
	k.eventually("carol", "lobby/commons/pages/Read", "[]", `["lobby:alice","away:bob/home"]`)
	k.want("carol", "lobby/commons/square/Read", "[]", "null")
	k.refused("alice", "lobby/commons/pages/Births", "[]", "not_allowed")
	k.refused("alice", "lobby/commons/other/Read", "[]", "not_found")
	k.refused("alice", "away/commons/pages/Read", "[]", "not_found")
	k.restart()
	k.want("carol", "lobby/commons/pages/Read", "[]", `["lobby:alice","away:bob/home"]`)
	if _, err := k.accounts.Mint("commons", policy.Scope{}, 0); err == nil {
		t.Error("somebody signs in as the server")
	}
}

// quietly makes a server in memory.
func quietly(t *testing.T, o Options, apps ...App) (*Server, error) {
	o.Logger = slog.New(slog.DiscardHandler)
	disk, err := pebblestore.Open("store", pebblestore.Options{FS: vfs.NewMem(), Logger: o.Logger})
	if err != nil {
		t.Fatal(err)
	}
	o.Store, o.Data = disk, t.TempDir()
	s, err := New(o, apps...)
	t.Cleanup(func() {
		if s != nil {
			s.Close()
		}
		disk.Close()
	})
	return s, err
}

// The limit of an owner's CAs is not the server's own.
func TestCommonsAreNotCounted(t *testing.T) {
	s, err := quietly(t, Options{MaxCAs: 1}, lobbyApp("a", "b", "c"))
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, Server: s}
	k.want("alice", "lobby/commons/c/Sign", "[]", "null")
	k.want("alice", "lobby/alice/home/Births", "[]", "1")
	k.refused("alice", "lobby/alice/attic/Births", "[]", "quota")
}

func TestCommonsThatCantBe(t *testing.T) {
	for commons, words := range map[string]string{"broken": "no roof", "Pages": "lower case", "a/b": "only a-z", "": "label", strings.Repeat("x,", 20): "at most 16"} {
		if _, err := quietly(t, Options{}, lobbyApp(strings.Split(commons, ",")...)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", commons, err)
		}
	}
}
