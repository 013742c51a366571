package account

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestKeyIsMadeOnceAndTight(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	first := open(t, dir, newClock())
	info, err := os.Stat(filepath.Join(dir, keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v, %v", info, err)
	}
	if folder, _ := os.Stat(dir); folder.Mode().Perm() != 0o700 {
		t.Errorf("the folder is open: %v", folder.Mode())
	}
	if again := open(t, dir, newClock()); again.kid != first.kid {
		t.Error("the second start has another key")
	}
}

func TestKeyConcurrentFirstStart(t *testing.T) {
	dir := t.TempDir()
	kids := make([]string, 16)
	var wg sync.WaitGroup
	for i := range kids {
		wg.Go(func() {
			issuer, err := OpenIssuer(dir, newClock())
			if err != nil {
				t.Error(err)
				return
			}
			kids[i] = issuer.kid
		})
	}
	wg.Wait()
	for _, kid := range kids {
		if kid == "" || kid != kids[0] {
			t.Fatalf("several keys: %q", kids)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestKeyOpenToOthersStopsTheStart(t *testing.T) {
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o620, 0o601} {
		dir := t.TempDir()
		open(t, dir, newClock())
		if err := os.Chmod(filepath.Join(dir, keyFile), mode); err != nil {
			t.Fatal(err)
		}
		_, err := OpenIssuer(dir, newClock())
		wantOneLine(t, err, "open to other users", "chmod 600")
	}
}

func TestKeyThatIsALinkOrAFolderStopsTheStart(t *testing.T) {
	real := t.TempDir()
	open(t, real, newClock())
	linked, folder := t.TempDir(), t.TempDir()
	if err := os.Symlink(filepath.Join(real, keyFile), filepath.Join(linked, keyFile)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, keyFile), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{linked, folder} {
		_, err := OpenIssuer(dir, newClock())
		wantOneLine(t, err, "not a plain file")
	}
}

func TestKeyOfAnotherUserStopsTheStart(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give files away")
	}
	dir := t.TempDir()
	open(t, dir, newClock())
	if err := os.Chown(filepath.Join(dir, keyFile), 12345, -1); err != nil {
		t.Fatal(err)
	}
	_, err := OpenIssuer(dir, newClock())
	wantOneLine(t, err, "belongs to another user")
}

func TestKeyThatIsDamagedStopsTheStartAndStays(t *testing.T) {
	for name, content := range map[string][]byte{
		"empty":        {},
		"garbage":      []byte("not a key\n"),
		"other kind":   ecdsaPEM(t),
		"other label":  []byte("-----BEGIN SECRET-----\nAAAA\n-----END SECRET-----\n"),
		"cut":          []byte("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n"),
		"larger still": bytes.Repeat([]byte{'x'}, 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, keyFile)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir, Options{Clock: newClock()})
			wantOneLine(t, err, path, "backup")
			if after, _ := os.ReadFile(path); !bytes.Equal(after, content) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestKeyFolderThatIsAFileIsOneLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenIssuer(path, newClock())
	wantOneLine(t, err, "account key")
}

func ecdsaPEM(t *testing.T) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: keyPEM, Bytes: der})
}
