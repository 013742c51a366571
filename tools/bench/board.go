package main

import (
	"fmt"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/server"
)

// board is a CA with one map, and a reader of other boards.
type board struct{ N int }

var boardApp = server.App{Name: "board", New: func() server.CA { return new(board) }}

const (
	boardMap   = "board"
	boardForum = "party"
)

// Share lets everybody read the map.
func (b *board) Share(tx *server.Tx) error { return tx.Allow(server.Anyone(), boardMap) }

// Fill sets n entries, from one number on.
func (b *board) Fill(tx *server.Tx, from, n int) error {
	for i := from; i < from+n; i++ {
		if err := tx.Map(boardMap).Set(boardKey(i), i); err != nil {
			return err
		}
	}
	return nil
}

// Put sets one entry to some text.
func (b *board) Put(tx *server.Tx, i int, text string) error {
	return tx.Map(boardMap).Set(boardKey(i), text)
}

// Set sets one entry to a number.
func (b *board) Set(tx *server.Tx, i, n int) error { return tx.Map(boardMap).Set(boardKey(i), n) }

// Tell publishes a text to the forum.
func (b *board) Tell(tx *server.Tx, text string) { tx.Publish(server.Forum(boardForum), text) }

// Look returns an entry of another board's map.
func (b *board) Look(tx *server.Tx, ca string, i int) (n int, err error) {
	v, err := tx.Read(ca + "/" + boardMap)
	if err == nil {
		_, err = v.Get(boardKey(i), &n)
	}
	return n, err
}

// Rest does nothing.
func (b *board) Rest(*server.Tx) {}

func boardKey(i int) string { return fmt.Sprintf("key-%06d", i) }

// boardCA is an owner's board.
func boardCA(owner string) name.Name {
	return name.Name{App: boardApp.Name, Owner: owner, Local: "home"}
}

// arguments packs integers and texts.
func arguments(all ...any) []byte {
	b := cbor.AppendArrayHeader(nil, len(all))
	for _, a := range all {
		switch a := a.(type) {
		case int:
			b = cbor.AppendInt(b, int64(a))
		case string:
			b = cbor.AppendText(b, a)
		default:
			panic(fmt.Sprintf("no argument: %T", a))
		}
	}
	return b
}
