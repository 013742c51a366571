package channel

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/dance"
	"github.com/wabgo/wab/internal/name"
)

// Limits of a CA's subscriptions.
const (
	MaxLinks   = 1000 // those that have ended lately included
	MaxWaiting = 100  // requests in the inbox
	MaxFrom    = 20   // of them, from one server, or of one owner here
)

// link is one side of a subscription, with what the dance doesn't know. It is never changed: another takes its place.
type link struct {
	dance.Record
	target string      // the address that has yet to be looked up; the dance begins then
	own    id          // of our channel: what is sent about the subscription bears its ECI, also when it is gone
	peer   string      // how the peer is called: the address that was asked, or who asks
	allow  Attenuation // what the peer may raise here, of one that we ask for
}

func (l *link) key() string { return l.ID }

// links holds a CA's subscriptions by id.
type links = shelf[*link]

// full tells whether the inbox has no room for one more like this.
func full(inbox links, r *dance.Record) bool {
	all, same := 0, 0
	for _, l := range inbox {
		if l.State != dance.Waiting {
			continue
		}
		all++
		if l.alike(r) {
			same++
		}
	}
	return all >= MaxWaiting || same >= MaxFrom
}

// alike tells whether two requests are of one server, or of one owner here; those who only say that they are of here are all alike.
func (l *link) alike(r *dance.Record) bool {
	if l.Host != r.Host || r.Host != "" {
		return l.Host == r.Host
	}
	return l.Verified == r.Verified && (!r.Verified || ownerOf(l.From) == ownerOf(r.From))
}

func ownerOf(from string) string {
	n, _ := name.Parse(from)
	return n.Owner
}

// makeRoom forgets the subscription that ended first, where there are as many as there may be: that late repetitions find it matters less. False where all are alive.
func (p *part) makeRoom(w *work) bool {
	if len(p.links) < MaxLinks {
		return true
	}
	var oldest *link
	for _, l := range p.links {
		if l.State == dance.Ended && (oldest == nil || l.Since < oldest.Since) {
			oldest = l
		}
	}
	if oldest == nil {
		return false
	}
	p.links = p.links.without(oldest.ID)
	p.remove(keyLink, linkKey(oldest.ID))
	w.gone = append(w.gone, oldest.ID)
	return true
}

// linkKey is what a subscription is stored under: ids are the asker's choice.
func linkKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return string(sum[:16])
}

// channelOf is the name of the channel that a subscription has here.
func channelOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return "sub-" + hex.EncodeToString(sum[:6])
}

const linkFields = 5

func (p *part) encodeLink(l *link) []byte {
	about := p.ca.Key() + "/" + linkKey(l.ID)
	b := cbor.AppendArrayHeader(nil, linkFields)
	b = cbor.AppendBytes(b, l.Append(nil, func(text string) []byte { return p.feature.keys.hide(text, about) }))
	b = cbor.AppendText(cbor.AppendText(b, l.target), l.peer)
	b = cbor.AppendBytes(b, l.own[:])
	return l.allow.append(b)
}

func (p *part) loadLink(key string, value []byte) error {
	r := cbor.NewReader(value)
	if r.Array() != linkFields {
		return errStored
	}
	packed := r.Bytes()
	l := &link{target: r.Text(), peer: r.Text()}
	copy(l.own[:], r.Bytes())
	l.allow = readAttenuation(&r)
	if r.Done() != nil {
		return errStored
	}
	about := p.ca.Key() + "/" + key
	rec, err := dance.ParseRecord(packed, func(sealed []byte) (string, error) { return p.feature.keys.reveal(sealed, about) })
	if err != nil {
		return err
	}
	l.Record = rec
	p.links = p.links.with(l)
	return nil
}
