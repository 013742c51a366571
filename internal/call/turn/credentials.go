package turn

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"github.com/wabgo/wab/internal/clock"
)

// maxMember is the longest member's id that credentials are minted for.
const maxMember = 64

// minter makes credentials and knows them again.
type minter struct {
	secret []byte
	ttl    time.Duration
	clock  clock.Clock
}

// mint makes a user name and a password for a member.
func (m minter) mint(member string) (username, password string) {
	username = strconv.FormatInt(m.clock.Now().Add(m.ttl).Unix(), 10) + ":" + member
	return username, m.password(username)
}

func (m minter) password(username string) string {
	mac := hmac.New(sha1.New, m.secret)
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// know tells whose user name it is and which key proves it, as turn.AuthHandler wants it. It is good for new relays until it expires, for those that are open
// MaxTTL longer.
func (m minter) know(a *turn.RequestAttributes) (member string, key []byte, ok bool) {
	expiry, member, ok := parseUsername(a.Username)
	if !ok || a.Realm != Realm {
		return "", nil, false
	}
	if a.Method != stun.MethodAllocate {
		expiry = expiry.Add(MaxTTL)
	}
	now := m.clock.Now()
	if now.After(expiry) || expiry.Sub(now) > 2*MaxTTL {
		return "", nil, false
	}
	return member, turn.GenerateAuthKey(a.Username, a.Realm, m.password(a.Username)), true
}

// parseUsername takes EXPIRY:MEMBER apart. There is one way to write each.
func parseUsername(s string) (expiry time.Time, member string, ok bool) {
	seconds, member, ok := strings.Cut(s, ":")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if !ok || err != nil || n < 0 || n > maxExpiry || strconv.FormatInt(n, 10) != seconds || !isMember(member) {
		return expiry, "", false
	}
	return time.Unix(n, 0), member, true
}

const maxExpiry = 1 << 40 // seconds: far beyond what is minted, far within what time.Time can tell apart

// isMember tells whether credentials may be minted for this id: 1 to 64 characters of A–Z, a–z, 0–9, - and _.
func isMember(s string) bool {
	if s == "" || len(s) > maxMember {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}
