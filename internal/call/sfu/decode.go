package sfu

import (
	"errors"

	"github.com/fxamacker/cbor/v2"

	"github.com/wabgo/wab/internal/wire"
)

// Limits of signals.
const (
	MaxSDP     = 64 << 10 // bytes of a session description
	MaxValue   = 1 << 10  // bytes of an action's value
	MaxName    = 64       // bytes of a display name
	maxWord    = 64       // bytes of a mid, a source, a member
	maxLine    = 1 << 10  // bytes of a candidate
	maxEntries = 512      // elements of a list or a map
)

var encoder = must(cbor.EncOptions{Sort: cbor.SortCoreDeterministic, ShortestFloat: cbor.ShortestFloat16, NaNConvert: cbor.NaNConvert7e00,
	InfConvert: cbor.InfConvertFloat16, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden}.EncMode())

var decoder = must(cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
	MaxNestedLevels: 16, MaxArrayElements: maxEntries, MaxMapPairs: maxEntries}.DecMode())

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Encode returns the payload of a signal, a Hello or an Opened.
func Encode(s any) ([]byte, error) {
	if t, ok := s.(Signal); ok {
		s = t.tagged()
	}
	return encoder.Marshal(s)
}

// DecodeHello reads the payload with which a client opens a call; an absent one is a Hello without a name.
func DecodeHello(payload []byte) (h Hello, err error) {
	if len(payload) == 0 {
		return h, nil
	}
	if decoder.Unmarshal(payload, &h) != nil {
		return h, refused("The greeting of a call is a map with a name.")
	}
	if len(h.Name) > MaxName {
		return h, wire.Err(wire.TooLarge, "A name in a call has at most 64 bytes.")
	}
	return h, nil
}

// Decode reads the payload of a signal, whoever sent it. What is malformed, unknown or over a limit is a *wire.Error.
func Decode(payload []byte) (Signal, error) {
	var h head
	if err := decoder.Unmarshal(payload, &h); err != nil {
		return nil, refused("A signal of a call is a map, and its t a text.")
	}
	read := readers[h.T]
	if read == nil {
		return nil, refused("This signal of a call is not known here.")
	}
	s, err := read(payload)
	if err != nil {
		var known *wire.Error
		if errors.As(err, &known) {
			return nil, known
		}
		return nil, refused("A signal of a call (" + h.T + ") has a field that is not as it should be.")
	}
	return s, nil
}

var readers = map[string]func([]byte) (Signal, error){
	"offer":     reader(func(s *Offer) error { s.head = head{}; return s.check() }),
	"answer":    reader(func(s *Answer) error { s.head = head{}; return checkSDP(s.SDP) }),
	"candidate": reader(func(s *Candidate) error { s.head = head{}; return s.check() }),
	"refused":   reader(func(s *Refused) error { s.head = head{}; return nil }),
	"restart":   reader(func(s *Restart) error { s.head = head{}; return nil }),
	"state":     reader(func(s *State) error { s.head = head{}; return checkWords(s.Off) }),
	"view":      reader(func(s *View) error { s.head = head{}; return checkPaths(s.Hidden) }),
	"act":       reader(func(s *Act) error { s.head = head{}; return s.check() }),
	"people":    reader(func(s *People) error { s.head = head{}; return nil }),
	"levels":    reader(func(s *Levels) error { s.head = head{}; return nil }),
	"may":       reader(func(s *May) error { s.head = head{}; return checkWords(s.May) }),
	"mode":      reader(func(s *Mode) error { s.head = head{}; return checkWord(s.Mode) }),
}

func reader[S Signal](finish func(*S) error) func([]byte) (Signal, error) {
	return func(payload []byte) (Signal, error) {
		var s S
		if err := decoder.Unmarshal(payload, &s); err != nil {
			return nil, err
		}
		return s, finish(&s)
	}
}

func (s *Offer) check() error {
	for mid, source := range s.Sources {
		if err := checkWords([]string{mid, source}); err != nil {
			return err
		}
	}
	return checkSDP(s.SDP)
}

func (s *Candidate) check() error {
	if len(s.Candidate) > maxLine {
		return wire.Err(wire.TooLarge, "An ICE candidate has at most 1024 bytes.")
	}
	return checkWord(s.Mid)
}

func (s *Act) check() error {
	if s.Action == 0 {
		return refused("Actions of a call count from 1.")
	}
	if len(s.Value) > MaxValue {
		return wire.Err(wire.TooLarge, "The value of an action has at most 1024 bytes.")
	}
	return nil
}

func checkSDP(sdp string) error {
	if len(sdp) > MaxSDP {
		return wire.Err(wire.TooLarge, "A session description has at most 65536 bytes.")
	}
	return nil
}

func checkWords(words []string) error {
	for _, w := range words {
		if err := checkWord(w); err != nil {
			return err
		}
	}
	return nil
}

func checkWord(w string) error {
	if len(w) > maxWord {
		return wire.Err(wire.TooLarge, "Names in signals of a call have at most 64 bytes.")
	}
	return nil
}

func checkPaths(paths []string) error {
	for _, p := range paths {
		if len(p) > 2*maxWord+1 {
			return wire.Err(wire.TooLarge, "Names of streams in a call have at most 129 bytes.")
		}
	}
	return nil
}
