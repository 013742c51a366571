package account

import (
	"crypto/hmac"
	"crypto/sha256"
)

// Secret is 32 bytes that only this server knows, always the same ones for a use, as long as it keeps its key. Other uses' secrets can't be told from it.
func (a *Accounts) Secret(use string) []byte {
	mac := hmac.New(sha256.New, a.key.Seed())
	mac.Write([]byte("wab secret " + use))
	return mac.Sum(nil)
}
