package main

import (
	"fmt"
	"time"

	"github.com/wabgo/wab/internal/account"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// mint makes a token for an owner with the key in a server's data folder.
func mint(data, owner string) (string, error) {
	issuer, err := account.OpenIssuer(data, clock.Real())
	if err != nil {
		return "", err
	}
	return issuer.Mint(owner, policy.Scope{}, time.Hour)
}

// expect checks what a counter has replied.
func expect(frame []byte, want uint64) error {
	f, err := wire.ParseReply(frame)
	if err != nil {
		return err
	}
	r := cbor.NewReader(f.Result)
	if got := r.Uint(); r.Done() != nil || got != want {
		return fmt.Errorf("a counter stands at %d (%x), not at %d", got, f.Result, want)
	}
	return nil
}
