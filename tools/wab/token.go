package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/wabgo/wab/internal/account"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

const (
	tokenAbout = `Mints a token with the account key of a data folder, and prints it. The server may be running. Whoever holds the token is OWNER to the server,
within the limits given here: keep it like a password.`
	tokenLives = 30 * 24 * time.Hour
)

func token(args []string, out, errs io.Writer) error {
	var scope policy.Scope
	ttl := span(tokenLives)
	f := newFlags("token", "token OWNER [flags]", tokenAbout, errs)
	data := f.String("data", "./data", "`folder` of the server")
	f.StringVar(&scope.App, "app", "", "`name` of the only app it opens")
	f.StringVar(&scope.CA, "ca", "", "the only CA it opens, as `owner/name`")
	f.Var((*list)(&scope.Methods), "method", "`method` that it opens; may be given several times; all unless given")
	f.Var(&ttl, "ttl", "`time` it lives, like 15m, 12h or 30d; 0 for as long as the key")
	others, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	if err := tellNewKey(*data, errs); err != nil {
		return err
	}
	issuer, err := account.OpenIssuer(*data, clock.Real())
	if err != nil {
		return err
	}
	text, err := issuer.Mint(others[0], scope, time.Duration(ttl))
	if refused := (*wire.Error)(nil); errors.As(err, &refused) {
		return errors.New(refused.Message)
	}
	if err == nil {
		fmt.Fprintln(out, text)
	}
	return err
}

// tellNewKey speaks up where a misspelt folder would quietly get a key that no server knows.
func tellNewKey(dir string, errs io.Writer) error {
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("there is no data folder %s: start the server once, or name its folder with --data", dir)
	}
	if _, err := os.Lstat(filepath.Join(dir, "account.key")); os.IsNotExist(err) {
		fmt.Fprintf(errs, "wab: %s had no account key; making one\n", dir)
	}
	return nil
}
