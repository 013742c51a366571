package channel

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

// MaxPatterns is how many patterns, and names of attributes, an Attenuation has of a kind.
const MaxPatterns = 64

// Attenuation is what a channel lets through: the zero Attenuation nothing.
type Attenuation struct {
	Events        []sky.Pattern
	Queries       []sky.Pattern // ruleset and name
	MaxAttributes int           // 0: no other limit than all events have
	MaxBytes      int           // of the attributes, encoded; 0: no other limit than all events have
	Only          []string      // names of attributes; none: any
	Rate          int           // so many events and queries, 0: any number,
	Per           int64         // in so many µs
	Expires       int64         // µs UTC, 0: never
}

func bad(what string) *wire.Error { return wire.Err(wire.BadRequest, what) }

// Check tells what is wrong with an Attenuation.
func (a *Attenuation) Check() *wire.Error {
	switch {
	case len(a.Events) > MaxPatterns || len(a.Queries) > MaxPatterns || len(a.Only) > MaxPatterns:
		return bad("A channel allows up to 64 patterns of events, as many of queries, and names up to 64 attributes.")
	case a.MaxAttributes < 0 || a.MaxBytes < 0 || a.Rate < 0 || a.Per < 0 || a.Expires < 0:
		return bad("Limits of a channel are not negative.")
	case (a.Rate == 0) != (a.Per == 0):
		return bad("A rate is a number of events in a time: it needs both.")
	}
	for _, name := range a.Only {
		if name == "" || len(name) > sky.MaxName || !utf8.ValidString(name) {
			return bad("The names of attributes that a channel takes are texts of 1 to 256 bytes.")
		}
	}
	for _, p := range slices.Concat(a.Events, a.Queries) {
		if err := p.Check(); err != nil {
			return err
		}
	}
	return nil
}

// matches tells whether a pattern means what has come. Those of the dance's own domains have to be named.
func matches(all []sky.Pattern, domain, typ string) bool {
	return slices.ContainsFunc(all, func(p sky.Pattern) bool {
		return p.Matches(domain, typ) && (p.Domain == domain || !dance.Steers(domain))
	})
}

// permits tells whether what has come may pass, leaving aside how often.
func (a *Attenuation) permits(v *Visit) *wire.Error {
	all, what := a.Events, "the event "
	if v.query() {
		all, what = a.Queries, "the query "
	}
	if !matches(all, v.Domain, v.Type) {
		return wire.Err(wire.NotAllowed, "This channel does not take "+what+v.Domain+":"+v.Type+".")
	}
	if a.MaxAttributes > 0 && len(v.Attributes) > a.MaxAttributes {
		return wire.Err(wire.TooLarge, "This channel takes up to "+strconv.Itoa(a.MaxAttributes)+" attributes.")
	}
	if a.MaxBytes > 0 && v.size > a.MaxBytes {
		return wire.Err(wire.TooLarge, "This channel takes attributes of up to "+strconv.Itoa(a.MaxBytes)+" bytes.")
	}
	for name := range v.Attributes {
		if len(a.Only) > 0 && !slices.Contains(a.Only, name) {
			return wire.Err(wire.NotAllowed, "This channel takes other attributes only.")
		}
	}
	return nil
}

// longRate is a Per that outlives an activation: how much of it is spent is stored then.
const longRate = 50_000_000 // µs

// spend takes one event from a channel's rate: spent is the instant up to which events are paid for (GCRA), and after what it is then, refused or not.
func (a *Attenuation) spend(spent, now int64) (after int64, refused *wire.Error) {
	if a.Rate == 0 {
		return 0, nil
	}
	each := max(1, a.Per/int64(a.Rate))
	spent = min(spent, now+each*int64(a.Rate)) // what was spent of another rate, or by another clock, bars nobody for longer
	after = max(spent, now) + each
	if early := after - now - each*int64(a.Rate); early > 0 {
		return spent, wire.Retry(wire.Quota, "This channel has had as many events as it takes in its time. Try again later.", (early+999)/1000)
	}
	return after, nil
}

const attenuationFields = 8

func (a *Attenuation) append(b []byte) []byte {
	b = cbor.AppendArrayHeader(b, attenuationFields)
	b = appendPatterns(b, a.Events)
	b = appendPatterns(b, a.Queries)
	b = cbor.AppendInt(b, int64(a.MaxAttributes))
	b = cbor.AppendInt(b, int64(a.MaxBytes))
	b = cbor.AppendArrayHeader(b, len(a.Only))
	for _, name := range a.Only {
		b = cbor.AppendText(b, name)
	}
	b = cbor.AppendInt(b, int64(a.Rate))
	b = cbor.AppendInt(b, a.Per)
	return cbor.AppendInt(b, a.Expires)
}

func appendPatterns(b []byte, all []sky.Pattern) []byte {
	b = cbor.AppendArrayHeader(b, 2*len(all))
	for _, p := range all {
		b = cbor.AppendText(cbor.AppendText(b, p.Domain), p.Type)
	}
	return b
}

// readAttenuation leaves what is wrong to the reader's Err.
func readAttenuation(r *cbor.Reader) (a Attenuation) {
	if r.Array() != attenuationFields {
		r.Skip()
		return a
	}
	a.Events, a.Queries = readPatterns(r), readPatterns(r)
	a.MaxAttributes, a.MaxBytes = int(r.Int()), int(r.Int())
	for range r.Array() {
		a.Only = append(a.Only, r.Text())
	}
	a.Rate, a.Per, a.Expires = int(r.Int()), r.Int(), r.Int()
	return a
}

func readPatterns(r *cbor.Reader) (all []sky.Pattern) {
	for range r.Array() / 2 {
		all = append(all, sky.Pattern{Domain: r.Text(), Type: r.Text()})
	}
	return all
}
