package account

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	keyFile     = "account.key"
	keyPEM      = "PRIVATE KEY"
	keyMaxBytes = 4096 // a PKCS #8 Ed25519 key is about 120
)

// openKey reads the folder's key, or makes it if there is none. Of several first starts at once, one makes it and all get that one.
func openKey(dir string) (ed25519.PrivateKey, error) {
	path := filepath.Join(dir, keyFile)
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := makeKey(dir, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("cannot make the account key in %s: %w", dir, err)
	}
	return readKey(path)
}

func readKey(path string) (ed25519.PrivateKey, error) {
	if err := checkKeyFile(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the account key: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, keyMaxBytes))
	if err != nil {
		return nil, fmt.Errorf("cannot read the account key: %w", err)
	}
	key, ok := decodeKey(text)
	if !ok {
		return nil, fmt.Errorf("the account key %s is damaged or of another kind: put it back from a backup, or move it away to get a new one (all tokens end)", path)
	}
	return key, nil
}

// checkKeyFile refuses a key that others could have read or put there.
func checkKeyFile(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the account key: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("the account key %s is not a plain file", path)
	case !ownedByUs(info):
		return fmt.Errorf("the account key %s belongs to another user: run the server as that user, or chown the file", path)
	case readableByOthers(info):
		return fmt.Errorf("the account key %s is open to other users (mode %04o): run chmod 600 on it, and replace it if somebody may have read it", path, info.Mode().Perm())
	}
	return nil
}

func decodeKey(text []byte) (ed25519.PrivateKey, bool) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != keyPEM {
		return nil, false
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, false
	}
	key, ok := parsed.(ed25519.PrivateKey)
	return key, ok
}

// makeKey puts a new key at path in one step, or fails with fs.ErrExist: a link never replaces what is there.
func makeKey(dir, path string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	temp, err := writeTemp(dir, keyFile, pem.EncodeToMemory(&pem.Block{Type: keyPEM, Bytes: der}))
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := os.Link(temp, path); err != nil {
		return err
	}
	return syncDir(dir)
}

// writeTemp writes a synced file of mode 0600 beside its final place, for a link or a rename.
func writeTemp(dir, name string, content []byte) (string, error) {
	f, err := os.CreateTemp(dir, "."+name+"-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		os.Remove(f.Name())
	}
	return f.Name(), err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// thumbprint names a public key as RFC 7638 does for an OKP key.
func thumbprint(public ed25519.PublicKey) string {
	jwk := `{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}`
	sum := sha256.Sum256([]byte(jwk))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
