package fetch

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// seal keeps stored requests from those who read the store: URLs and headers hold what lets one act. Each is sealed by AES-256-GCM under a key of its own, made of the server's and of the
// fetch's Idempotency-Key, which no other fetch has; so no nonce is needed. It is bound to its CA and its place there.
type seal struct{ key []byte }

// sealed begins what is sealed. Requests of versions before that sealed none begin as the CBOR array that they are, and are still read.
const (
	sealed     = 0x01
	unsealed   = 0x84
	sealedSize = 1 + 16
	nonceSize  = 12 // all zeros
)

func newSeal(key []byte) seal {
	if len(key) != 32 {
		panic("fetch: a key has 32 bytes")
	}
	return seal{slices.Clone(key)}
}

// aead is the cipher of one fetch.
func (s seal) aead(q *pending) cipher.AEAD {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(q.key))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic(err) // of a key's length, which is right
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// place is what a request is bound to.
func place(ca string, q *pending) []byte { return binary.BigEndian.AppendUint64([]byte(ca), q.id) }

// seal is a fetch's request as it is stored.
func (s seal) seal(ca string, q *pending) []byte {
	out := append(make([]byte, 0, len(q.request)+sealedSize), sealed)
	return s.aead(q).Seal(out, make([]byte, nonceSize), q.request, place(ca, q))
}

// open is the request, packed; unreadable tells that it can't be had any more.
func (s seal) open(ca string, q *pending, stored []byte) (packed []byte, unreadable bool) {
	switch {
	case len(stored) == 0:
		return nil, true
	case stored[0] == unsealed:
		return stored, false
	case stored[0] != sealed:
		return nil, true
	}
	packed, err := s.aead(q).Open(nil, make([]byte, nonceSize), stored[1:], place(ca, q))
	return packed, err != nil
}
