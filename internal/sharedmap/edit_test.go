package sharedmap

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

func TestTheMapThatDoesNotExistIsEmpty(t *testing.T) {
	var m *Map
	if m.Epoch()+m.Version()+m.Floor() != 0 || m.Len()+m.Size()+m.Bytes()+m.Graves() != 0 || m.Has("a") {
		t.Error("nil is something")
	}
	if value, ok := m.Get("a"); ok || value != nil {
		t.Errorf("Get: %x", value)
	}
	for range m.Entries() {
		t.Error("nil has an entry")
	}
	if entries, more := m.Cursor().Next(100); len(entries) > 0 || more {
		t.Errorf("Next: %v", entries)
	}
	if d, ok := m.Since(0); !ok || len(d.Changes) > 0 || d.To != 0 {
		t.Errorf("Since: %v %v", d, ok)
	}
	if _, ok := m.Since(1); ok {
		t.Error("nil knows of version 1")
	}
	if next, d, dropped := m.Edit().Commit(); next != nil || d != nil || dropped != nil {
		t.Error("an empty Edit made a map")
	}
}

func set(t *testing.T, e *Edit, key, value string) {
	t.Helper()
	if err := e.Set(key, text(value)); err != nil {
		t.Fatal(err)
	}
}

func mapOf(t *testing.T, keysAndValues ...string) *Map {
	t.Helper()
	e := New(9).Edit()
	for i := 0; i < len(keysAndValues); i += 2 {
		set(t, e, keysAndValues[i], keysAndValues[i+1])
	}
	m, _, _ := e.Commit()
	return m
}

func TestWhatIsUndoneIsNoChange(t *testing.T) {
	m := mapOf(t, "a", "1", "b", "2")
	e := m.Edit()
	set(t, e, "a", "1")
	set(t, e, "new", "x")
	e.Delete("new")
	e.Delete("b")
	set(t, e, "b", "2")
	set(t, e, "a", "other")
	set(t, e, "a", "1")
	if next, d, _ := e.Commit(); e.Changes() != 0 || next != m || d != nil {
		t.Errorf("%d changes, delta %v", e.Changes(), d)
	}
}

func TestATombstoneIsNoEntry(t *testing.T) {
	m := mapOf(t, "a", "1")
	e := m.Edit()
	e.Delete("a")
	m, d, _ := e.Commit()
	if len(d.Changes) != 1 || d.Changes[0].Value != nil || m.Graves() != 1 || m.Size() != 0 || m.Has("a") {
		t.Fatalf("%v, %d tombstones", d, m.Graves())
	}
	e = m.Edit()
	if e.Delete("a") || e.Has("a") {
		t.Error("what is deleted can be deleted")
	}
	set(t, e, "a", "again")
	e.Delete("a")
	if e.Changes() != 0 {
		t.Error("set and deleted again is a change")
	}
	set(t, e, "a", "again")
	if m, _, _ = e.Commit(); m.Graves() != 0 || m.Len() != 1 {
		t.Errorf("%d tombstones, %d entries", m.Graves(), m.Len())
	}
}

func TestAnEditGoesOnAfterItsCommit(t *testing.T) {
	e := New(9).Edit()
	set(t, e, "a", "1")
	first, _, _ := e.Commit()
	set(t, e, "b", "2")
	second, d, _ := e.Commit()
	if first.Len() != 1 || second.Len() != 2 || d.From != 1 || d.To != 2 || len(d.Changes) != 1 {
		t.Errorf("%d and %d entries, %+v", first.Len(), second.Len(), d)
	}
}

func TestAnEditMayChangeWhileItIsRead(t *testing.T) {
	e := mapOf(t, "a", "1", "b", "2", "c", "3").Edit()
	var got []string
	for key := range e.All() {
		got = append(got, key)
		e.Delete("b")
		set(t, e, "new "+key, "x")
	}
	if !slices.Equal(got, []string{"a", "b", "c"}) || e.Len() != 5 {
		t.Errorf("read %v, then %d entries", got, e.Len())
	}
}

func TestValuesAreCopied(t *testing.T) {
	e := New(9).Edit()
	value := text("mine")
	if err := e.Set("a", value); err != nil {
		t.Fatal(err)
	}
	m, _, _ := e.Commit()
	copy(value, "\xffyou")
	if got, _ := m.Get("a"); string(got) != string(text("mine")) {
		t.Errorf("%x", got)
	}
}

func TestMethodsAreNoData(t *testing.T) {
	m := mapOf(t, "\x00Add", "def", "a", "1")
	if m.Len() != 1 || m.Size() != 2 || !m.Has("\x00Add") || !IsMethod("\x00Add") || IsMethod("a") {
		t.Errorf("Len %d, Size %d", m.Len(), m.Size())
	}
	if CheckKey("\x00Add") == nil {
		t.Error("data may have a method's key")
	}
}

// wantCode wants an error of this code, and an Edit that is as it was.
func wantCode(t *testing.T, err error, code wire.Code) {
	t.Helper()
	var coded *wire.Error
	if !errors.As(err, &coded) || coded.Code != code || coded.Message == "" {
		t.Errorf("%v, want %s", err, code)
	}
}

func TestMAP10_KeysAndValuesHaveLimits(t *testing.T) {
	e := mapOf(t, "a", "1").Edit()
	for _, c := range []struct {
		key   string
		value []byte
		code  wire.Code
	}{
		{"", text("x"), wire.BadRequest},
		{"\x01a", text("x"), wire.BadRequest},
		{"\x1f", text("x"), wire.BadRequest},
		{"\x00", text("x"), wire.BadRequest},
		{"\xff", text("x"), wire.BadRequest},
		{"\x00\xff", text("x"), wire.BadRequest},
		{strings.Repeat("k", MaxKey+1), text("x"), wire.TooLarge},
		{"a", nil, wire.BadRequest},
		{"a", make([]byte, MaxValue+1), wire.TooLarge},
	} {
		wantCode(t, e.Set(c.key, c.value), c.code)
	}
	if e.Changes() != 0 || e.Err() != nil {
		t.Errorf("%d changes, %v", e.Changes(), e.Err())
	}
	for _, key := range []string{strings.Repeat("k", MaxKey), " ", "é", "\x00A"} {
		if err := e.Set(key, make([]byte, MaxValue)); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	m, _, _ := e.Commit()
	if value, _ := m.Get(strings.Repeat("k", MaxKey)); len(value) != MaxValue {
		t.Errorf("%d bytes", len(value))
	}
}

func TestMAP10_OneTransactionHasLimits(t *testing.T) {
	e := New(9).Edit()
	for i := range MaxChanges {
		set(t, e, "k"+string(rune(0x10000+i)), "x")
	}
	wantCode(t, e.Set("one more", text("x")), wire.TooLarge)
	set(t, e, "k"+string(rune(0x10000)), "changed again")
	if e.Changes() != MaxChanges || e.Len() != MaxChanges || e.Has("one more") {
		t.Errorf("%d changes", e.Changes())
	}
	e.Delete("k" + string(rune(0x10000)))
	set(t, e, "in its place", "x")

	e = New(9).Edit()
	for i := range MaxChangeBytes / (MaxValue + 1) {
		if err := e.Set(string(rune('0'+i)), make([]byte, MaxValue)); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, e.Set("one more", make([]byte, MaxValue)), wire.TooLarge)
	set(t, e, "a small one", "x")
}

func TestMAP10_TooManyDeletionsEndTheEdit(t *testing.T) {
	l := NewLoader(9, 1, 0)
	for i := range MaxChanges + 1 {
		l.Add(Entry{"k" + string(rune(0x10000+i)), text("x"), 1})
	}
	m := l.Map()
	e := m.Edit()
	for key := range m.All() {
		e.Delete(key)
	}
	wantCode(t, e.Err(), wire.TooLarge)
	wantCode(t, e.Set("a", text("x")), wire.TooLarge)
	if next, d, dropped := e.Commit(); next != m || d != nil || dropped != nil || e.Len() != 1 {
		t.Errorf("%d entries after a transaction that was too large", next.Len())
	}
}

func TestMAP10_AMapHasLimits(t *testing.T) {
	full := mapOf(t, "a", "1", "b", "2")
	full.live = MaxEntries
	e := full.Edit()
	wantCode(t, e.Set("c", text("x")), wire.TooLarge)
	set(t, e, "a", "another value")
	e.Delete("b")
	set(t, e, "c", "x")

	full = mapOf(t, "a", "1", "b", "2")
	full.bytes = MaxBytes
	e = full.Edit()
	wantCode(t, e.Set("a", text("longer")), wire.TooLarge)
	set(t, e, "a", "3")
	e.Delete("b")
	set(t, e, "c", "x")
}

// Readers need no lock, whatever writers do meanwhile.
func TestMAP3_ReadersAndTheWriterDontMeet(t *testing.T) {
	m := load(someEntries(2000))
	want := contents(m)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 5 {
				if got := contents(m); len(got) != len(want) {
					t.Errorf("%d entries", len(got))
				}
			}
		})
	}
	next := m
	for key := range m.All() {
		e := next.Edit()
		e.Delete(key)
		next, _, _ = e.Commit()
	}
	readers.Wait()
	if next.Len() != 0 || next.Graves() != 2000 {
		t.Errorf("%d entries, %d tombstones", next.Len(), next.Graves())
	}
}
