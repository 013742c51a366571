package call

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/wabgo/wab/internal/name"
)

// A ticket is a member's id in a room, which others see, and the secret that proves it is the same one when it comes back. Each time that a member begins anew its secret is another one: a client that has not heard of
// that is not resumed.
type ticket struct{ member, secret string }

const nonceSize = 9 // bytes, 12 characters

// ticket makes one: for a newcomer, or for a member that begins anew.
func (h *Hub) ticket(room name.Name, owner, member string) ticket {
	if member == "" {
		member = random()
	}
	nonce := random()
	return ticket{member, nonce + h.seal(room, owner, member, nonce)}
}

func random() string {
	var b [nonceSize]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// genuine tells whether a ticket was made here, for that person and room, in this run of the server or one before with the same key.
func (h *Hub) genuine(t ticket, room name.Name, owner string) bool {
	n := base64.RawURLEncoding.EncodedLen(nonceSize)
	return len(t.secret) > n && hmac.Equal([]byte(t.secret[n:]), []byte(h.seal(room, owner, t.member, t.secret[:n])))
}

func (h *Hub) seal(room name.Name, owner, member, nonce string) string {
	mac := hmac.New(sha256.New, h.opt.Key)
	for _, part := range []string{room.String(), owner, member, nonce} {
		mac.Write([]byte(part))
		mac.Write([]byte{0}) // no name holds it
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
