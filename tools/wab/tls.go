package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// fromFiles serves a certificate that may be replaced while the server runs. A replacement that can't be read is logged, and the one before stays.
func fromFiles(cert, key string, log *slog.Logger) (*tls.Config, error) {
	p := &pair{cert: cert, key: key, log: log}
	if err := p.load(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: p.get}, nil
}

// pair is a certificate and its key on disk.
type pair struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	state  [2]fileState // of the files that loaded, or failed to load, last
}

// fileState changes when a file is replaced or written to.
type fileState struct {
	size int64
	time time.Time
}

func stateOf(path string) fileState {
	info, err := os.Stat(path)
	if err != nil {
		return fileState{}
	}
	return fileState{info.Size(), info.ModTime()}
}

func (p *pair) load() error {
	p.state = [2]fileState{stateOf(p.cert), stateOf(p.key)}
	c, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		return fmt.Errorf("cannot use the certificate %s with the key %s: %w", p.cert, p.key, err)
	}
	p.loaded = &c
	return nil
}

// get looks at the files once a handshake: two stats cost a hundredth of it.
func (p *pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := [2]fileState{stateOf(p.cert), stateOf(p.key)}; now == p.state {
		return p.loaded, nil
	}
	if err := p.load(); err != nil {
		p.log.Warn("the new certificate is not used", "err", err)
	} else {
		p.log.Info("the certificate has been read again", "file", p.cert)
	}
	return p.loaded, nil
}
