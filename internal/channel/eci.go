package channel

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/wabgo/wab/internal/name"
)

// An ECI is base64url of a tag and of what it covers, encrypted: the channel's id and its CA's name. The tag, an HMAC under one key of the server's, is the encryption's nonce too (the
// construction of RFC 5297): so the same channel always has the same ECI, nobody else can make one, and an ECI tells its holder nothing. Names are filled up, for their length would tell something.
const (
	idBytes  = 8
	tagBytes = 16
	maxECI   = 400 // base64 of what the longest name takes
	unit     = 32  // the length of what is encrypted is a multiple of it, in bytes
)

// id tells the channels of a CA apart. It is random, so that a CA that is made anew has no ECI that the one before had.
type id [idBytes]byte

func newID() (i id) {
	rand.Read(i[:])
	return i
}

// hash is under what a CA finds a channel, instead of its ECI.
type hash [16]byte

func hashOf(eci string) (h hash) {
	sum := sha256.Sum256([]byte(eci))
	copy(h[:], sum[:])
	return h
}

// keys make ECIs, and seal those of others at rest.
type keys struct {
	tag    []byte
	stream cipher.Block
	seal   cipher.AEAD
}

func newKeys(secret []byte) *keys {
	stream, err := aes.NewCipher(derive(secret, "eci"))
	if err != nil {
		panic(err) // the key has its length
	}
	rest, err := aes.NewCipher(derive(secret, "rest"))
	if err != nil {
		panic(err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(rest)
	if err != nil {
		panic(err)
	}
	return &keys{derive(secret, "tag"), stream, seal}
}

func derive(secret []byte, use string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(use))
	return mac.Sum(nil)
}

// mint is the ECI of a channel of a CA.
func (k *keys) mint(ca name.Name, i id) string {
	out := make([]byte, tagBytes, tagBytes+idBytes+64)
	out = append(out, i[:]...)
	out = ca.Append(out)
	for (len(out)-tagBytes)%unit != 0 {
		out = append(out, 0)
	}
	plain := out[tagBytes:]
	copy(out, k.tagOf(plain))
	cipher.NewCTR(k.stream, out[:tagBytes]).XORKeyStream(plain, plain)
	return base64.RawURLEncoding.EncodeToString(out)
}

// open tells whose an ECI is. False where this server has not made it.
func (k *keys) open(eci string) (ca name.Name, ok bool) {
	if len(eci) > maxECI {
		return ca, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(eci)
	if err != nil || base64.RawURLEncoding.EncodedLen(len(raw)) != len(eci) { // newlines are passed over
		return ca, false
	}
	plain, ok := k.plain(raw)
	if !ok {
		return ca, false
	}
	ca, err = name.ParseCA(string(bytes.TrimRight(plain[idBytes:], "\x00")), "")
	return ca, err == nil
}

// plain decrypts in place: an id, and a CA's name. False where this server has not encrypted it.
func (k *keys) plain(raw []byte) (plain []byte, ok bool) {
	if len(raw) <= tagBytes+idBytes {
		return nil, false
	}
	tag, plain := raw[:tagBytes], raw[tagBytes:]
	cipher.NewCTR(k.stream, tag).XORKeyStream(plain, plain)
	return plain, hmac.Equal(tag, k.tagOf(plain))
}

func (k *keys) tagOf(plain []byte) []byte {
	mac := hmac.New(sha256.New, k.tag)
	mac.Write(plain)
	return mac.Sum(nil)[:tagBytes]
}

// hide seals a text for the store; about is what it belongs to, and nothing else opens it.
func (k *keys) hide(text, about string) []byte {
	return k.seal.Seal(nil, nil, []byte(text), []byte(about))
}

func (k *keys) reveal(sealed []byte, about string) (string, error) {
	text, err := k.seal.Open(nil, nil, sealed, []byte(about))
	return string(text), err
}
