package dance

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// The encoding of a Record is a CBOR array: the version, then 27 fields in the order of Append. More may follow one day, and are passed over.
const (
	version = 1
	items   = 28
)

// Append appends the record's encoding. What opens doors goes through seal, which is not called for what is empty.
func (r Record) Append(dst []byte, seal func(string) []byte) []byte {
	dst = cbor.AppendArrayHeader(dst, items)
	dst = appendUints(dst, version, uint64(r.Gen), uint64(r.State), uint64(r.End), uint64(r.Owed), uint64(r.Idle), uint64(max(r.Tries, 0)))
	dst = cbor.AppendBool(dst, r.Outbound)
	dst = cbor.AppendBool(dst, r.Verified)
	for _, instant := range r.instants() {
		dst = cbor.AppendInt(dst, *instant)
	}
	for _, text := range r.texts() {
		dst = cbor.AppendText(dst, *text)
	}
	for _, secret := range r.secrets() {
		if *secret == "" {
			dst = cbor.AppendNull(dst)
			continue
		}
		dst = cbor.AppendBytes(dst, seal(*secret))
	}
	return dst
}

func appendUints(dst []byte, numbers ...uint64) []byte {
	for _, n := range numbers {
		dst = cbor.AppendUint(dst, n)
	}
	return dst
}

func (r *Record) instants() [3]*int64 { return [...]*int64{&r.Since, &r.Expires, &r.Again} }

func (r *Record) texts() [13]*string {
	return [...]*string{
		&r.ID, &r.Name, &r.Namespace, &r.Relationship, &r.ChannelName, &r.ChannelType, &r.RxRole, &r.TxRole,
		&r.Channel, &r.Host, &r.From, &r.Why, &r.Reason,
	}
}

func (r *Record) secrets() [3]*string { return [...]*string{&r.ECI, &r.Doorbell, &r.Secret} }

// ParseRecord reads what Append wrote. Errors are *wire.Error, internal, or open's.
func ParseRecord(b []byte, open func([]byte) (string, error)) (Record, error) {
	in := cbor.NewReader(b)
	n, v := in.Array(), in.Uint()
	if n < items || v != version {
		return Record{}, errRecord
	}
	var r Record
	r.readNumbers(&in)
	for _, text := range r.texts() {
		*text = in.Text()
	}
	for _, secret := range r.secrets() {
		if err := readSecret(&in, secret, open); err != nil {
			return Record{}, err
		}
	}
	for range n - items {
		in.Skip()
	}
	if in.Done() != nil || !r.sound() {
		return Record{}, errRecord
	}
	return r, nil
}

var errRecord = wire.Err(wire.Internal, "A kept subscription cannot be read.")

func (r *Record) readNumbers(in *cbor.Reader) {
	r.Gen, r.State, r.End = Gen(small(in)), State(small(in)), End(small(in))
	r.Owed, r.Idle = Kinds(small(in)), Kinds(small(in))
	r.Tries = int(in.Uint32())
	r.Outbound, r.Verified = in.Bool(), in.Bool()
	for _, instant := range r.instants() {
		*instant = in.Int()
	}
}

// small reads a number of one byte; a larger one becomes one that is not sound.
func small(in *cbor.Reader) uint8 { return uint8(min(in.Uint(), 255)) }

func readSecret(in *cbor.Reader, secret *string, open func([]byte) (string, error)) (err error) {
	if in.Kind() == cbor.KindNull {
		in.Null()
		return nil
	}
	sealed := in.Bytes()
	if in.Err() != nil {
		return errRecord
	}
	*secret, err = open(sealed)
	return err
}

// sound tells whether a record can have come from Append.
func (r *Record) sound() bool {
	const all = Kinds(1<<Request | 1<<Confirm | 1<<Refuse | 1<<Withdraw | 1<<Remove)
	return r.Gen >= Article && r.Gen <= Wrangler && r.State >= Pending && r.State <= Ended &&
		r.End <= Failed && (r.End != 0) == (r.State == Ended) &&
		r.Owed&^all == 0 && r.Idle&^r.Owed == 0 && isID(r.ID)
}
