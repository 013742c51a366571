package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wabgo/wab/internal/account"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/tools/wab/check"
)

const (
	checkAbout = `Looks at a server as clients come to it, and tells what they can't reach, why, and what to do: the address and its certificate, WebSockets, and, with a token or the
server's data folder, the UDP and TCP ports of calls and the relays. Run it where your users are, too: what is reachable differs by network. The exit code is 1 if anything fails.`
	checkOwner = "wab-check"
	checkLives = 5 * time.Minute
)

var errUnreachable = errors.New("not everything can be reached")

func checkServer(args []string, out, errs io.Writer) error {
	var t check.Target
	f := newFlags("check", "check [flags]", checkAbout, errs)
	f.StringVar(&t.URL, "url", "http://localhost:8080", "`address` of the server, as its users type it")
	f.StringVar(&t.Token, "token", "", "`token` of an account, as wab token prints it; not narrowed")
	f.StringVar(&t.Data, "data", "", "`folder` of the server, if that is on this machine: instead of a token, and to look at it")
	asJSON := f.Bool("json", false, "print one JSON object, in the end")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if err := fromData(&t); err != nil {
		return err
	}
	tell := func(f check.Finding) { fmt.Fprint(out, line(f)) }
	if *asJSON {
		tell = nil
	}
	report := check.Run(context.Background(), t, tell)
	if *asJSON {
		if err := json.NewEncoder(out).Encode(report); err != nil {
			return err
		}
	}
	if !report.OK {
		return errUnreachable
	}
	return nil
}

// fromData takes from the server's folder what it can: a token for a few minutes, and the certificate that the server has made itself.
func fromData(t *check.Target) error {
	if t.Data == "" {
		return nil
	}
	if cert, err := os.ReadFile(filepath.Join(t.Data, selfCert)); err == nil {
		if t.Roots, err = x509.SystemCertPool(); err != nil {
			t.Roots = x509.NewCertPool()
		}
		t.Roots.AppendCertsFromPEM(cert)
	}
	if _, err := os.Stat(filepath.Join(t.Data, "account.key")); t.Token != "" || err != nil {
		return nil // what is wrong with the folder is a finding
	}
	issuer, err := account.OpenIssuer(t.Data, clock.Real())
	if err != nil {
		return err
	}
	t.Token, err = issuer.Mint(checkOwner, policy.Scope{}, checkLives)
	return err
}

// line is a finding in a line, or two with what to do.
func line(f check.Finding) string {
	text := fmt.Sprintf("%-5s %-12s %s\n", mark(f.State), f.Name, f.Detail)
	if f.Remedy != "" {
		text += strings.Repeat(" ", 19) + "→ " + f.Remedy + "\n"
	}
	return text
}

func mark(s check.State) string {
	if s == check.Fail {
		return "FAIL"
	}
	return string(s)
}
