package wire

import (
	"errors"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
)

// withExtra is the frame with one more element at its end.
func withExtra(f frame, extra ...byte) []byte {
	b := f.Append(nil)
	b[0]++
	return append(b, extra...)
}

func TestUnknownTrailingElementsAreIgnored(t *testing.T) {
	for kind, parse := range parsers {
		if _, err := parse(withExtra(sample(kind), 0x82, 1, 0xf6)); err != nil {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
}

func TestOPS1_MalformedFramesAreRefused(t *testing.T) {
	request := func(ch, id uint64, method string, args ...byte) []byte {
		b := appendUint(appendUint(appendUint(appendHead(nil, 7, KindRequest), ch), id), 0)
		return append(appendText(appendBool(b, false), method), args...)
	}
	run := func(run string) []byte { return Open{CA: "a:b/c", Session: "s", Run: run}.Append(nil) }
	bad := map[string][]byte{
		"nothing":                 {},
		"no array":                {1},
		"empty array":             {0x80},
		"kind is text":            {0x81, 0x61, 'x'},
		"claims 2^32 elements":    {0x9a, 0xff, 0xff, 0xff, 0xff, 1},
		"indefinite array":        {0x9f, 1, 0xff},
		"id 0":                    request(1, 0, "Get", 0x80),
		"no method":               request(1, 1, "", 0x80),
		"long method":             request(1, 1, strings.Repeat("x", MaxMethod+1), 0x80),
		"args no array":           request(1, 1, "Get", 5),
		"args missing":            request(1, 1, "Get"),
		"args end early":          request(1, 1, "Get", 0x82, 1),
		"args with unsorted keys": request(1, 1, "Get", 0x81, 0xa2, 2, 0, 1, 0),
		"args nested too deep":    request(1, 1, "Get", append([]byte(strings.Repeat("\x81", cbor.MaxDepth+1)), 0)...),
		"ch beyond 32 bits":       request(1<<32, 1, "Get", 0x80),
		"bytes after the end":     append(request(1, 1, "Get", 0x80), 0),
		"short run":               run("short"),
		"long run":                run(strings.Repeat("x", MaxRun+1)),
		"run with a space":        run("0123456789 abcdef"),
		"long token":              Hello{Token: strings.Repeat("x", MaxToken+1)}.Append(nil),
		"long client":             Hello{Client: strings.Repeat("x", MaxClient+1)}.Append(nil),
		"a 65th seat":             SetPresence{Sub: 1, Seat: MaxSeats}.Append(nil),
		"a seat below 0":          withExtra(SetPresence{Sub: 1}, 0x20),
		"a filter without CA":     TopicOpen{Sub: 1, Topic: "a:forum/t", Method: "OnTweet"}.Append(nil),
		"a filter without method": TopicOpen{Sub: 1, Topic: "a:forum/t", CA: "a:b/c"}.Append(nil),
		"a topic's number 0":      TopicOpen{Topic: "a:forum/t"}.Append(nil),
		"a start in no epoch":     TopicOpen{Sub: 1, Topic: "a:forum/t", Offset: 1}.Append(nil),
		"an answer in no epoch":   TopicOpened{Sub: 1, ID: 1, Offset: 1}.Append(nil),
		"messages in no epoch":    TopicMessages{ID: 1, Upto: 1}.Append(nil),
		"messages that go back":   TopicMessages{ID: 1, Epoch: 1, After: 2, Upto: 1}.Append(nil),
		"messages that are none":  TopicMessages{ID: 1, Epoch: 1, Upto: 1, Messages: []byte{5}}.Append(nil),
		"a call's number 0":       CallClose{}.Append(nil),
		"a call open number 0":    CallOpen{Room: "a:b/c/r"}.Append(nil),
		"member without secret":   CallOpen{Call: 1, Room: "a:b/c/r", Member: testMember}.Append(nil),
		"secret without member":   CallOpen{Call: 1, Room: "a:b/c/r", Secret: testRun}.Append(nil),
		"a member of 7":           CallOpen{Call: 1, Room: "a:b/c/r", Member: "abcdefg", Secret: testRun}.Append(nil),
		"a member of 23":          CallOpen{Call: 1, Room: "a:b/c/r", Member: strings.Repeat("x", 23), Secret: testRun}.Append(nil),
		"a member with a slash":   CallOpened{Call: 1, Member: "abcd/efgh", Secret: testRun}.Append(nil),
		"a member with a zero":    CallOpened{Call: 1, Member: "abcdefg\x00", Secret: testRun}.Append(nil),
		"opened as nobody":        CallOpened{Call: 1, Secret: testRun}.Append(nil),
		"opened without secret":   CallOpened{Call: 1, Member: testMember}.Append(nil),
		"a long secret":           CallOpened{Call: 1, Member: testMember, Secret: strings.Repeat("x", MaxSecret+1)}.Append(nil),
		"a long room":             CallOpen{Call: 1, Room: strings.Repeat("x", MaxCA+1)}.Append(nil),
		"a signal too long":       CallSend{Call: 1, Payload: cbor.AppendBytes(nil, make([]byte, MaxSignal))}.Append(nil),
		"a hello too long":        CallOpen{Call: 1, Room: "a:b/c/r", Payload: cbor.AppendBytes(nil, make([]byte, MaxSignal))}.Append(nil),
		"a signal of two items":   CallSignal{Call: 1, Payload: []byte{1, 1}}.Append(nil),
		"a signal in disorder":    CallSignal{Call: 1, Payload: []byte{0xa2, 2, 0, 1, 0}}.Append(nil),
		"bad element behind":      withExtra(Close{1}, 0x1c),
		"element behind missing":  withExtra(Close{1}),
	}
	for name, b := range bad {
		for kind, parse := range parsers {
			_, err := parse(b)
			var coded *Error
			if !errors.As(err, &coded) || coded.Code != BadRequest {
				t.Errorf("%s as kind %d: %v", name, kind, err)
			}
		}
	}
}

func TestOPS1_TruncatedFramesAreRefused(t *testing.T) {
	for _, s := range samples {
		b := s.frame.Append(nil)
		for n := range b {
			if _, err := parsers[Kind(b)](b[:n]); err == nil {
				t.Errorf("%s: the first %d of %d bytes were taken", s.name, n, len(b))
			}
		}
	}
}

func TestOPS1_OtherKindsAreRefused(t *testing.T) {
	for _, s := range samples {
		b := s.frame.Append(nil)
		for kind, parse := range parsers {
			if _, err := parse(b); (err == nil) != (kind == Kind(b)) {
				t.Errorf("%s as kind %d: %v", s.name, kind, err)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	for _, s := range samples {
		if err := Check(s.frame.Append(nil)); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
	for _, b := range [][]byte{nil, {0x80}, {0x81, 0}, {0x82, 1}, {0x81, 1, 1}} {
		if Check(b) == nil {
			t.Errorf("%x passed", b)
		}
	}
}
