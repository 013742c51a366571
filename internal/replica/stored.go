package replica

import (
	"bytes"
	"errors"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sharedmap"
	"github.com/wabgo/wab/internal/store"
)

// A map's side keys: letter, label, and one of these; after markEntry comes the entry's key. Labels have no bytes below '-'.
const (
	letter     = 'M'
	markEntry  = 0
	markHeader = 1
)

func entryKey(label, key string) []byte {
	b := make([]byte, 0, 2+len(label)+len(key))
	return append(append(append(append(b, letter), label...), markEntry), key...)
}

func headerKey(label string) []byte { return append(append([]byte{letter}, label...), markHeader) }

// appendHeader encodes what is to be known of a map besides its entries; nothing for one that is not there.
func appendHeader(m *sharedmap.Map) []byte {
	if m == nil {
		return nil
	}
	b := cbor.AppendArrayHeader(nil, 3)
	return cbor.AppendUint(cbor.AppendUint(cbor.AppendUint(b, m.Epoch()), m.Version()), m.Floor())
}

// appendEntry encodes an entry, or the mark of a deleted one, which has no value.
func appendEntry(e sharedmap.Entry) []byte {
	n := 1
	if e.Value != nil {
		n = 2
	}
	b := cbor.AppendUint(cbor.AppendArrayHeader(make([]byte, 0, 10+len(e.Value)), n), e.Version)
	return append(b, e.Value...)
}

var errStored = errors.New("replica: a stored map is damaged or of a newer version")

// stored collects what the store holds of a CA's maps.
type stored struct {
	ca      name.Name
	label   string
	entries []sharedmap.Entry
	maps    []*shown
}

// fetch reads all maps of a CA in one snapshot of the store.
func fetch(s store.Store, ca name.Name) (*view, error) {
	got := stored{ca: ca}
	if _, err := s.Load(ca.String(), []byte{letter}, got.add); err != nil {
		return nil, err
	}
	if len(got.entries) > 0 {
		return nil, errStored
	}
	return newView(ca, got.maps), nil
}

// add takes one key. They come in order, so a map's entries come before its header.
func (s *stored) add(key, value []byte) error {
	at := bytes.IndexAny(key, "\x00\x01")
	if at < 1 {
		return errStored
	}
	label := string(key[1:at])
	if key[at] == markHeader {
		return s.finish(label, value)
	}
	if label != s.label && len(s.entries) > 0 {
		return errStored
	}
	s.label = label
	e, err := parseEntry(value)
	e.Key = string(key[at+1:])
	s.entries = append(s.entries, e)
	return err
}

func parseEntry(value []byte) (e sharedmap.Entry, err error) {
	r := cbor.NewReader(value)
	n := r.Array()
	e.Version = r.Uint()
	if n == 2 {
		e.Value = bytes.Clone(r.Raw())
	}
	if r.Done() != nil || n < 1 || n > 2 {
		return e, errStored
	}
	return e, nil
}

func (s *stored) finish(label string, header []byte) error {
	r := cbor.NewReader(header)
	if r.Array() != 3 || (len(s.entries) > 0 && label != s.label) {
		return errStored
	}
	l := sharedmap.NewLoader(r.Uint(), r.Uint(), r.Uint())
	if r.Done() != nil {
		return errStored
	}
	links := map[string]struct{}{}
	for _, e := range s.entries {
		l.Add(e)
		note(links, e)
	}
	s.maps = append(s.maps, show(s.ca, label, l.Map(), linksOf(links)))
	s.entries = nil
	return nil
}
