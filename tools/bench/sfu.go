package main

import (
	"context"
	"errors"
	"time"

	"github.com/wabgo/wab/internal/call/sfu"
)

const (
	sfuRounds = 7
	sfuSlot   = 1500 * time.Millisecond
)

// sfuLevels are how many subscribers a stream has.
var sfuLevels = []int{30, 60}

// benchSFU measures what it costs to forward one video stream, against a bare loop that copies as large packets by UDP.
func benchSFU(ctx context.Context, r *report) error {
	var cpu, ratio, share []float64
	for _, n := range sfuLevels {
		l := &sfuLoad{n: n}
		err := l.open(ctx)
		if err == nil {
			err = l.measure(ctx, r)
		}
		if err = errors.Join(err, l.close()); err != nil {
			return err
		}
		r.say("%d members in all; of %d packets, %d were sent again", l.stats.Peers, l.stats.PacketsOut, l.stats.Repairs)
		cpu, ratio, share = append(cpu, l.cpu), append(ratio, l.ratio), append(share, l.share)
	}
	r.add("cpu_us_packet", median(cpu), "µs")
	r.add("ratio_to_copy", median(ratio), "ratio")
	r.add("core_share_stream", median(share), "ratio")
	r.note("A packet is one that reached a subscriber. CPU is the server's alone, user and system; publisher and subscribers are another process.")
	r.note("The bare loop reads each packet and sends it by UDP to as many sockets; it encrypts nothing. srtp_copy encrypts each copy as SRTP does, in the same loop.")
	return nil
}

// sfuLoad is an engine, two bare loops and those who send to them and listen.
type sfuLoad struct {
	n                                int
	server, copies, ciphers, members *child
	cpu, ratio, share                float64
	stats                            sfu.Stats // of the engine, in the end
}

func (l *sfuLoad) open(ctx context.Context) (err error) {
	var media, copies, ciphers address
	if l.server, err = spawn(ctx, &media, "sfu"); err != nil {
		return err
	}
	if l.copies, err = spawn(ctx, &copies, "copies", "plain"); err != nil {
		return err
	}
	if l.ciphers, err = spawn(ctx, &ciphers, "copies", "srtp"); err != nil {
		return err
	}
	var ears listeners
	if l.members, err = spawn(ctx, &ears, "members", itoa(l.n), media.Addr, copies.Addr, ciphers.Addr); err != nil {
		return err
	}
	for _, loop := range []*child{l.copies, l.ciphers} {
		if err := loop.ask(nil, "to", ears.words()...); err != nil {
			return err
		}
	}
	return nil
}

// side is one of those that are compared: the process that does the work, and what has the members send to it.
type side struct {
	of      *child
	command string
}

// slot sends for a while, and returns the CPU that each packet cost which arrived, in µs, and the packets of a second and subscriber.
func (l *sfuLoad) slot(s side) (micros, rate float64, err error) {
	before, err := s.of.cpu()
	if err != nil {
		return 0, 0, err
	}
	var n int64
	if err := l.members.ask(&n, s.command, sfuSlot.Milliseconds()); err != nil {
		return 0, 0, err
	}
	after, err := s.of.cpu()
	if n == 0 {
		return 0, 0, errors.New("no packet arrived")
	}
	return float64((after - before).Microseconds()) / float64(n), float64(n) / sfuSlot.Seconds() / float64(l.n), err
}

func (l *sfuLoad) measure(ctx context.Context, r *report) error {
	sides := []side{{l.server, "forward"}, {l.copies, "copy"}, {l.ciphers, "cipher"}}
	took := make([][]float64, len(sides))
	var rates []float64
	for round := range sfuRounds + 1 {
		for i, s := range sides {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			var micros, rate float64
			name := s.command + "-" + itoa(l.n)
			err := s.of.profiled(name, func() (err error) { micros, rate, err = l.slot(s); return err })
			if err != nil {
				return err
			}
			if round == 0 {
				continue // all are warm now
			}
			took[i] = append(took[i], micros)
			if i == 0 {
				rates = append(rates, rate)
			}
		}
		if round > 0 {
			r.say("%d subscribers, a packet: %.1f µs, bare copy %.1f µs, with SRTP %.1f µs", l.n, took[0][round-1], took[1][round-1], took[2][round-1])
		}
	}
	l.tell(r, took, median(rates))
	return l.server.ask(&l.stats, "stats")
}

func (l *sfuLoad) tell(r *report, took [][]float64, rate float64) {
	l.cpu, l.ratio = median(took[0]), median(ratios(took[0], took[1]))
	l.share = l.cpu * rate / 1e6
	n := "_" + itoa(l.n)
	r.add("cpu_us_packet"+n, l.cpu, "µs")
	r.add("copy_us_packet"+n, median(took[1]), "µs")
	r.add("ratio_to_copy"+n, l.ratio, "ratio")
	r.add("ratio_to_srtp_copy"+n, median(ratios(took[0], took[2])), "ratio")
	r.add("core_share_stream"+n, l.share, "ratio")
}

func (l *sfuLoad) close() (err error) {
	for _, c := range []*child{l.members, l.server, l.copies, l.ciphers} {
		if c != nil {
			err = errors.Join(err, c.stop())
		}
	}
	return err
}
