package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// An audience is many sockets that listen, in a process of their own: to a map or a topic of a server, or to whatever a bare loop writes. The
// same code reads both.
type audience struct {
	members []*member
	heard   atomic.Int64 // changes that have arrived, of all members
	frames  atomic.Int64 // in which they came
	target  atomic.Int64 // what is waited for
	reached chan struct{}
	failed  atomic.Pointer[error]
}

// member is one of the sockets.
type member struct {
	*socket
	version uint64       // of its replica
	last    atomic.Int64 // when the last frame came, µs
	size    atomic.Int64 // its bytes
}

const (
	audienceOwners = 20 // a server bounds how many connections an owner has
	audienceDials  = 32 // at a time
)

// audienceRole connects as many sockets as it is told to: its arguments are an address, a number, and for a server the data folder and the map.
func audienceRole(_ context.Context, args []string) (*role, error) {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return nil, err
	}
	a := &audience{reached: make(chan struct{}, 1)}
	join := func(int) (*member, error) { return a.listen(args[0]) }
	if len(args) > 2 {
		tokens := make([]string, audienceOwners)
		for i := range tokens {
			if tokens[i], err = mint(args[2], fmt.Sprintf("reader%02d", i)); err != nil {
				return nil, err
			}
		}
		join = func(i int) (*member, error) { return subscribe(args[0], tokens[i%audienceOwners], args[3]) }
	}
	if err := a.gather(n, join); err != nil {
		return nil, errors.Join(err, a.close())
	}
	for _, m := range a.members {
		go a.follow(m)
	}
	return &role{answer: a.answer, close: a.close}, nil
}

// gather connects n members.
func (a *audience) gather(n int, join func(i int) (*member, error)) error {
	a.members = make([]*member, n)
	return inParallel(n, audienceDials, func(i int) (err error) {
		a.members[i], err = join(i)
		return err
	})
}

// inParallel does n things, so many at a time, until one fails.
func inParallel(n, width int, do func(i int) error) error {
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	for first := range width {
		all.Go(func() {
			for i := first; i < n && failed.Load() == nil; i += width {
				if err := do(i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (a *audience) close() (err error) {
	for _, m := range a.members {
		if m != nil {
			err = errors.Join(err, m.close())
		}
	}
	return err
}

// listen connects to a bare loop.
func (a *audience) listen(addr string) (*member, error) {
	s, err := dialBare(addr)
	return &member{socket: s}, err
}

// subscribe signs in and opens a map, or a forum's topic; what there is of it has come when this returns.
func subscribe(addr, token, of string) (*member, error) {
	c, err := connect(addr, token, "", "", nil)
	if err != nil {
		return nil, err
	}
	m := &member{socket: c.socket}
	open := m.open
	if n, err := name.ParseTopic(of); err == nil && n.Forum() {
		open = m.openTopic
	}
	if err := open(of); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return m, nil
}

func (m *member) open(of string) error {
	f := wire.MapOpen{Sub: 1, Map: of}
	if err := m.write(f.Append(m.begin())); err != nil {
		return err
	}
	for {
		b, err := m.read()
		if err != nil {
			return err
		}
		switch wire.Kind(b) {
		case wire.KindMapOpened:
			f, err := wire.ParseMapOpened(b)
			if m.version = f.Version; err != nil || !f.Snapshot {
				return err
			}
		case wire.KindMapPart:
			if f, err := wire.ParseMapPart(b); err != nil || f.Last {
				return err
			}
		default:
			return refusal(b)
		}
	}
}

// openTopic follows a topic from now on.
func (m *member) openTopic(of string) error {
	f := wire.TopicOpen{Sub: 1, Topic: of}
	if err := m.write(f.Append(m.begin())); err != nil {
		return err
	}
	b, err := m.read()
	if err == nil && wire.Kind(b) != wire.KindTopicOpened {
		err = refusal(b)
	}
	if err == nil {
		var f wire.TopicOpened
		f, err = wire.ParseTopicOpened(b)
		m.version = f.Offset
	}
	return err
}

// follow reads until the socket ends.
func (a *audience) follow(m *member) {
	for {
		b, err := m.read()
		if err == nil {
			err = a.hear(m, b)
		}
		if err != nil {
			a.failed.CompareAndSwap(nil, &err)
			a.wake()
			return
		}
	}
}

// hear counts the changes in a frame.
func (a *audience) hear(m *member, b []byte) error {
	news := int64(1)
	switch wire.Kind(b) {
	case wire.KindMapDelta:
		to, err := newest(b)
		if err != nil {
			return err
		}
		news = int64(to - m.version)
		m.version = to
	case wire.KindTopicMessages:
		f, err := wire.ParseTopicMessages(b)
		if err != nil {
			return err
		}
		news = int64(f.Upto - m.version)
		m.version = f.Upto
	case bareKind:
	default:
		return nil // a pong
	}
	m.last.Store(time.Now().UnixMicro())
	m.size.Store(int64(len(b)))
	a.frames.Add(1)
	if a.heard.Add(news) >= a.target.Load() {
		a.wake()
	}
	return nil
}

// newest is the version after a map-delta of one map.
func newest(frame []byte) (uint64, error) {
	r := cbor.NewReader(frame)
	r.Array()
	r.Uint()
	r.Array()
	r.Array()
	r.Uint() // id
	r.Uint() // epoch
	r.Uint() // from
	to := r.Uint()
	return to, r.Err()
}

func (a *audience) wake() {
	select {
	case a.reached <- struct{}{}:
	default:
	}
}

// heard is what an audience tells.
type heard struct {
	Changes int64   // that have arrived since the last time, of all members
	Frames  int64   // in which they came
	Bytes   int64   // of the last one
	Ms      float64 // from a given instant until the last change was with 99 of 100 members
}

// answer waits until so many changes have come to each member ("hear", with an instant in µs), or has every member say that it is there.
func (a *audience) answer(ctx context.Context, command string, args []string) (any, error) {
	if command == "ping" {
		return nil, a.ping()
	}
	each, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return nil, err
	}
	since, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return nil, err
	}
	return a.hearAll(ctx, each, since)
}

func (a *audience) hearAll(ctx context.Context, each, since int64) (h heard, err error) {
	a.target.Store(each * int64(len(a.members)))
	for a.heard.Load() < a.target.Load() {
		select {
		case <-a.reached:
		case <-ctx.Done():
			return h, ctx.Err()
		}
		if err := a.failed.Load(); err != nil {
			return h, *err
		}
	}
	h.Changes, h.Frames = a.heard.Swap(0), a.frames.Swap(0)
	var took []time.Duration
	for _, m := range a.members {
		took = append(took, time.Duration(m.last.Load()-since)*time.Microsecond)
	}
	h.Bytes = a.members[0].size.Load()
	h.Ms = milliseconds(quantile(took, 0.99))
	return h, nil
}

// ping tells the server that the members are there. The bare loop reads nothing.
func (a *audience) ping() error {
	for _, m := range a.members {
		if err := m.write(wire.Ping{T: 1}.Append(m.begin())); err != nil {
			return err
		}
	}
	return nil
}
