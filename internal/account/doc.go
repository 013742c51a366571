// Package account says who somebody is: it mints, verifies, narrows and revokes the tokens with which owners come in.
//
// # Tokens
//
// A token is a JWT signed with Ed25519 (alg EdDSA, RFC 8037) by this server's own key, at most 4,096 bytes long. Its issuer and audience
// are both "wab:" + the key's RFC 7638 thumbprint, so that a token of another server, or of this one before its key was replaced, is foreign
// whatever name the server goes by. The subject is the owner; app, ca and methods narrow what the token opens (policy.Scope).
//
// Tokens only narrow: what a token opens is a subset of what its parent opens, and it ends no later. A narrowed token names its ancestors
// (at most 8), and ends with the first of them that is revoked.
//
// A device's token is good as long as its CA says so: the CA keeps the id of the one that counts among its own durable state, where each Verify looks it up (Options.Device). So
// a token ends with the very commit that takes it away, and with its CA, and nothing has to be written down for that.
//
// Times: "exp" is exact to the second, rounded down; "nbf" tolerates a clock that stepped back by up to 30 s. Expiry and revocation are looked at
// on every Verify; only the signature's check is cached.
//
// # Files
//
// account.key is the private key (PEM, PKCS #8, mode 0600). It is made once, whole and synced, by whoever starts first; it is never overwritten, and
// a key that others may read, that is damaged or that belongs to somebody else stops the start. account.revoked lists what was revoked and has not
// expired yet; a revocation is synced before Revoke returns. The server that holds the data folder's lock is the only writer of that file; an Issuer reads the key only.
//
// # Locks
//
// revocations.mu is held over the append and its sync: revoking is rare, and two lines must not mix. cache.mu, revocations.set's mutex and
// hooks.mu are leaves; none is held across I/O or a hook.
//
// # Limits
//
// 16 kB a request body, 64 methods a token, 8 ancestors, 10,000 living revocations of narrowed tokens an owner (tokens that were not narrowed can always
// be revoked, and end all that came from them), 2 × 4,096 cached signatures.
package account
