package channel

import (
	"crypto/rand"
	"crypto/sha256"
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// MaxInvites is how many invitations of a CA are open at a time.
const MaxInvites = 100

// invite lets one request in that bears its secret, of which only a hash is kept.
type invite struct {
	hash  string
	until int64
	allow Attenuation
}

func inviteHash(secret string) string {
	sum := sha256.Sum256([]byte("invitation " + secret))
	return string(sum[:16])
}

func (p *part) loadInvite(hash string, value []byte) error {
	r := cbor.NewReader(value)
	if r.Array() != 2 {
		return errStored
	}
	i := invite{hash: hash, until: r.Int(), allow: readAttenuation(&r)}
	p.invites = append(p.invites, i)
	return r.Done()
}

var errManyInvites = wire.Err(wire.Quota, "An assistant has at most 100 invitations open; wait until some have expired.")

// Invite makes the secret of an invitation: the first request that bears it before the instant until is approved at once, and may raise what allow says.
func (f *Channels) Invite(tx *actor.Tx, allow Attenuation, until int64) (secret string, err error) {
	if flaw := allow.Check(); flaw != nil {
		return "", flaw
	}
	secret = rand.Text()
	f.use(tx, func(p *part) {
		p.expireInvites(tx.Now())
		if len(p.invites) >= MaxInvites {
			err = errManyInvites
			return
		}
		i := invite{inviteHash(secret), until, allow}
		p.invites = append(slices.Clone(p.invites), i)
		b := cbor.AppendInt(cbor.AppendArrayHeader(nil, 2), until)
		p.put(keyInvite, i.hash, allow.append(b))
	})
	return secret, err
}

// Revoke ends all invitations that are open.
func (f *Channels) Revoke(tx *actor.Tx) {
	f.use(tx, func(p *part) {
		for _, i := range p.invites {
			p.remove(keyInvite, i.hash)
		}
		p.invites = nil
	})
}

func (p *part) expireInvites(now int64) {
	p.invites = slices.DeleteFunc(slices.Clone(p.invites), func(i invite) bool {
		if i.until > now {
			return false
		}
		p.remove(keyInvite, i.hash)
		return true
	})
}

// redeem uses an invitation up, and returns what it allows; nil without one.
func (p *part) redeem(secret string, now int64) *Attenuation {
	if secret == "" {
		return nil
	}
	h := inviteHash(secret)
	i := slices.IndexFunc(p.invites, func(i invite) bool { return i.hash == h && i.until > now })
	if i < 0 {
		return nil
	}
	allow := p.invites[i].allow
	p.invites = slices.Delete(slices.Clone(p.invites), i, i+1)
	p.remove(keyInvite, h)
	return &allow
}
