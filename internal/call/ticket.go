package call

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/wabgo/wab/internal/name"
)

// A ticket is a member's id in a room, which others see, and the secret that proves it is the same one when it comes back.
type ticket struct{ member, secret string }

// ticket makes one for a newcomer.
func (h *Hub) ticket(room name.Name, owner string) ticket {
	var id [9]byte
	rand.Read(id[:]) // never fails: crypto/rand ends the program instead
	member := base64.RawURLEncoding.EncodeToString(id[:])
	return ticket{member, h.secret(room, owner, member)}
}

// genuine tells whether a ticket was made here, for that person and room, in this run of the server or one before with the same key.
func (h *Hub) genuine(t ticket, room name.Name, owner string) bool {
	return t.member != "" && hmac.Equal([]byte(t.secret), []byte(h.secret(room, owner, t.member)))
}

func (h *Hub) secret(room name.Name, owner, member string) string {
	mac := hmac.New(sha256.New, h.opt.Key)
	for _, part := range []string{room.String(), owner, member} {
		mac.Write([]byte(part))
		mac.Write([]byte{0}) // no name holds it
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
