package wire

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
)

// fuzz holds a decoder to: no panic, no allocation beyond the input's size, and parse∘append is the identity.
func fuzz(f *testing.F, kind uint64) {
	for _, s := range samples {
		f.Add(s.frame.Append(nil))
		f.Add(withExtra(s.frame, 0x81, 1))
	}
	f.Add([]byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, byte(kind)})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parsers[kind](b)
		if err != nil {
			return
		}
		again := got.Append(nil)
		if len(again) > len(b) {
			t.Fatalf("%x became longer: %x", b, again)
		}
		twice, err := parsers[kind](again)
		if err != nil || !reflect.DeepEqual(got, twice) || !bytes.Equal(twice.Append(nil), again) {
			t.Fatalf("%x: %+v, then %+v, %v", b, got, twice, err)
		}
	})
}

func FuzzHello(f *testing.F)       { fuzz(f, KindHello) }
func FuzzOpen(f *testing.F)        { fuzz(f, KindOpen) }
func FuzzRequest(f *testing.F)     { fuzz(f, KindRequest) }
func FuzzSeen(f *testing.F)        { fuzz(f, KindSeen) }
func FuzzClose(f *testing.F)       { fuzz(f, KindClose) }
func FuzzPing(f *testing.F)        { fuzz(f, KindPing) }
func FuzzAuth(f *testing.F)        { fuzz(f, KindAuth) }
func FuzzWelcome(f *testing.F)     { fuzz(f, KindWelcome) }
func FuzzOpened(f *testing.F)      { fuzz(f, KindOpened) }
func FuzzReply(f *testing.F)       { fuzz(f, KindReply) }
func FuzzError(f *testing.F)       { fuzz(f, KindError) }
func FuzzNote(f *testing.F)        { fuzz(f, KindNote) }
func FuzzPong(f *testing.F)        { fuzz(f, KindPong) }
func FuzzBye(f *testing.F)         { fuzz(f, KindBye) }
func FuzzMapOpen(f *testing.F)     { fuzz(f, KindMapOpen) }
func FuzzMapClose(f *testing.F)    { fuzz(f, KindMapClose) }
func FuzzSetPresence(f *testing.F) { fuzz(f, KindSetPresence) }
func FuzzMapOpened(f *testing.F)   { fuzz(f, KindMapOpened) }
func FuzzMapPart(f *testing.F)     { fuzz(f, KindMapPart) }
func FuzzMapDelta(f *testing.F)    { fuzz(f, KindMapDelta) }
func FuzzMapEnd(f *testing.F)      { fuzz(f, KindMapEnd) }
func FuzzPresence(f *testing.F)    { fuzz(f, KindPresence) }

func FuzzTopicOpen(f *testing.F)     { fuzz(f, KindTopicOpen) }
func FuzzTopicClose(f *testing.F)    { fuzz(f, KindTopicClose) }
func FuzzTopicOpened(f *testing.F)   { fuzz(f, KindTopicOpened) }
func FuzzTopicMessages(f *testing.F) { fuzz(f, KindTopicMessages) }
func FuzzTopicEnd(f *testing.F)      { fuzz(f, KindTopicEnd) }

func FuzzCallOpen(f *testing.F)   { fuzz(f, KindCallOpen) }
func FuzzCallSend(f *testing.F)   { fuzz(f, KindCallSend) }
func FuzzCallClose(f *testing.F)  { fuzz(f, KindCallClose) }
func FuzzCallOpened(f *testing.F) { fuzz(f, KindCallOpened) }
func FuzzCallSignal(f *testing.F) { fuzz(f, KindCallSignal) }
func FuzzCallEnd(f *testing.F)    { fuzz(f, KindCallEnd) }

func FuzzTopicMessage(f *testing.F) {
	f.Add(TopicMessage{8, 1_790_000_000_000_000, "tweetiot:alice/home", []byte{0x05}}.Append(nil))
	f.Add([]byte{0x85, 1, 2, 0x61, 'x', 0xf6, 0x81, 1})
	f.Add([]byte{0x83, 1, 2, 0x61, 'x'})
	f.Add([]byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := cbor.NewReader(b)
		m := ReadTopicMessage(&r)
		if r.Done() != nil {
			return
		}
		again := cbor.NewReader(m.Append(nil))
		if twice := ReadTopicMessage(&again); again.Done() != nil || !reflect.DeepEqual(m, twice) {
			t.Fatalf("%x: %+v, then %+v", b, m, twice)
		}
	})
}
