package discovery

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/wire"
)

const (
	keepKeys  = time.Hour
	askAgain  = time.Minute // at the earliest, for a key that a server has not shown, or after an error that stays
	maxKeys   = 4           // of a server
	keysHalf  = 512         // servers in a generation
	kidLength = 22          // characters
)

// keyID names a public key: the beginning of its hash.
func keyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return base64.RawURLEncoding.EncodeToString(sum[:])[:kidLength]
}

// shownKeys are what a server has shown, or why it could not be asked.
type shownKeys struct {
	keys map[string]ed25519.PublicKey // by keyID
	err  *wire.Error
	at   time.Time
}

// keys remembers other servers' keys, in two generations: when the young one is full, the old one is forgotten.
type keys struct {
	mu         sync.Mutex
	young, old map[place]shownKeys
}

func (k *keys) get(at place) (shownKeys, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s, ok := k.young[at]; ok {
		return s, true
	}
	s, ok := k.old[at]
	return s, ok
}

func (k *keys) put(at place, s shownKeys) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.young == nil || len(k.young) >= keysHalf {
		k.old, k.young = k.young, map[place]shownKeys{}
	}
	k.young[at] = s
}

// keyOf is the key of that name of a server, as it has shown within the last hour.
func (d *Discovery) keyOf(ctx context.Context, owner string, at place, kid string) (ed25519.PublicKey, *wire.Error) {
	if d.ours(at.scheme, at.authority) {
		return choose(shownKeys{keys: map[string]ed25519.PublicKey{d.kid: d.key.Public().(ed25519.PublicKey)}}, kid)
	}
	known, ok := d.keys.get(at)
	age := d.Clock.Now().Sub(known.at)
	_, has := known.keys[kid]
	if !ok || age >= keepKeys || age >= askAgain && !has {
		if known = d.ask(ctx, owner, at); known.err == nil || final(known.err) {
			d.keys.put(at, known)
		}
	}
	return choose(known, kid)
}

// final tells whether an error stays however often one tries.
func final(err *wire.Error) bool {
	return err.Code != wire.Unavailable && err.Code != wire.Deadline && err.Code != wire.Overloaded
}

func choose(s shownKeys, kid string) (ed25519.PublicKey, *wire.Error) {
	if s.err != nil {
		return nil, s.err
	}
	if key := s.keys[kid]; key != nil {
		return key, nil
	}
	return nil, errForged
}

// ask reads the keys that a server shows in its host-meta.
func (d *Discovery) ask(ctx context.Context, owner string, at place) shownKeys {
	ctx, cancel := context.WithTimeout(ctx, ResolveWithin)
	defer cancel()
	s := &search{Discovery: d, ctx: ctx, owner: owner, seen: map[string]bool{}}
	doc, err := s.hostMeta(at)
	if err == errNothing {
		err = errKeyless
	}
	return shownKeys{keys: readKeys(text(doc.Properties, propVouch)), err: err, at: d.Clock.Now()}
}

var errKeyless = wire.Err(wire.NotAllowed, "The server that this request names shows no key by which it vouches for anybody.")

func readKeys(list string) map[string]ed25519.PublicKey {
	all := map[string]ed25519.PublicKey{}
	for i, word := range strings.Fields(list) {
		key, err := base64.RawURLEncoding.Strict().DecodeString(word)
		if i < maxKeys && err == nil && len(key) == ed25519.PublicKeySize {
			all[keyID(key)] = key
		}
	}
	return all
}
