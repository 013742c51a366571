package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/server"
)

// A gadgetLine is a socket that one or more gadgets hear by.
type gadgetLine struct {
	*client
	fleet *fleet
	first int            // the number of its first gadget
	ids   map[uint64]int // its topics' numbers in frames, and whose they are
	told  func()         // a report was answered
}

// mapLine is the line of a device with its own token: it mirrors the bundles that wait for it, and opens a channel for its reports.
func mapLine(addr, token string, ca name.Name) (*gadgetLine, error) {
	c, err := connect(addr, token, homeDevice, "run-of-a-device-0001", []name.Name{ca})
	if err != nil {
		return nil, err
	}
	m := &member{socket: c.socket}
	if err := m.open(ca.String() + "/" + homeDevice + "-bundles"); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return &gadgetLine{client: c}, nil
}

// topicLine is a line of devices of one owner, each of which follows the topic as the policy of a CA of its own lets it.
func topicLine(addr, token, owner string, gadgets int) (*gadgetLine, error) {
	c, err := connect(addr, token, "", "", nil)
	if err != nil {
		return nil, err
	}
	l := &gadgetLine{client: c, ids: map[uint64]int{}}
	for i := range gadgets {
		f := wire.TopicOpen{Sub: uint32(i + 1), Topic: homeApp.Name + ":" + server.Forum(homeTopic), CA: homeCA(owner, i).String(), Method: "OnPost"}
		if err := l.write(f.Append(l.begin())); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	for len(l.ids) < gadgets {
		if err := l.hearOpened(); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return l, nil
}

func (l *gadgetLine) hearOpened() error {
	b, err := l.read()
	if err != nil {
		return err
	}
	if wire.Kind(b) != wire.KindTopicOpened {
		return refusal(b)
	}
	f, err := wire.ParseTopicOpened(b)
	l.ids[f.ID] = int(f.Sub - 1)
	return err
}

// follow reads until the socket ends.
func (l *gadgetLine) follow() error {
	for {
		b, err := l.read()
		if err == nil {
			err = l.hear(b)
		}
		if err != nil {
			return err
		}
	}
}

func (l *gadgetLine) hear(b []byte) error {
	switch wire.Kind(b) {
	case wire.KindMapDelta:
		return l.hearBundles(b)
	case wire.KindTopicMessages:
		return l.hearPosts(b)
	case wire.KindReply:
		l.told()
		return nil
	case wire.KindPong:
		return nil
	}
	return refusal(b)
}

// hearBundles takes what is new in the map of a gadget's bundles.
func (l *gadgetLine) hearBundles(frame []byte) error {
	f, err := wire.ParseMapDelta(frame)
	if err != nil {
		return err
	}
	r := cbor.NewReader(f.Deltas)
	r.Array()
	r.Array()
	for range 4 {
		r.Uint() // id, epoch, from, to
	}
	for range r.Map() {
		r.Skip()
		l.fleet.deliver(l.first, bytes.Clone(r.Raw()))
	}
	return r.Err()
}

// hearPosts takes a bundle that was published.
func (l *gadgetLine) hearPosts(frame []byte) error {
	f, err := wire.ParseTopicMessages(frame)
	if err != nil {
		return err
	}
	i, known := l.ids[f.ID]
	if !known {
		return fmt.Errorf("messages of an unknown topic: %x", frame)
	}
	r := cbor.NewReader(f.Messages)
	for range r.Array() {
		m := wire.ReadTopicMessage(&r)
		value := cbor.NewReader(m.Value)
		l.fleet.deliver(l.first+i, bytes.Clone(value.Bytes()))
	}
	return r.Err()
}

// report tells the CA what became of a bundle.
func (l *gadgetLine) report(e bundle.Event) error {
	l.id++
	f := wire.Request{ID: l.id, Floor: l.id, Method: "DeviceReport", Args: reportOf(e)}
	return l.write(f.Append(l.begin()))
}

func reportOf(e bundle.Event) []byte {
	b := cbor.AppendMapHeader(cbor.AppendText(cbor.AppendArrayHeader(nil, 3), homeDevice), 0)
	b = cbor.AppendMapHeader(cbor.AppendArrayHeader(b, 1), 6)
	text := func(key, value string) { b = cbor.AppendText(cbor.AppendText(b, key), value) }
	number := func(key string, value int64) { b = cbor.AppendInt(cbor.AppendText(b, key), value) }
	text("id", e.ID)
	number("due", e.Due)
	number("ran", e.Ran)
	number("bound", e.Bound)
	text("command", e.Command.Name)
	text("outcome", string(e.Outcome))
	return b
}

// ping tells the server that the line is there.
func (l *gadgetLine) ping() error { return l.write(wire.Ping{T: 1}.Append(l.begin())) }
