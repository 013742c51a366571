package hellowab

import (
	"errors"
	"regexp"
	"strings"

	"github.com/wabgo/wab/server"
)

// Names as the framework's, but for hosts: each part is a label, with an app before or without.
var (
	label     = regexp.MustCompile(`^` + part + `$`)
	ca        = regexp.MustCompile(`^` + part + `/` + part + `$`)
	item      = regexp.MustCompile(`^(` + part + `:)?` + part + `/` + part + `/` + part + `$`)
	principal = regexp.MustCompile(`^(` + part + `:)?` + part + `(/` + part + `){0,2}$`)
)

const part = `[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?`

func isLabel(s string) bool { return label.MatchString(s) }
func isCA(s string) bool    { return ca.MatchString(s) }

// isPrincipal tells a principal of the meeting's own app.
func isPrincipal(s string) bool { return isLabel(s) || isCA(s) }

func isItem(s string) bool { return item.MatchString(s) }

// isGroup tells a group from a principal.
func isGroup(s string) bool { return strings.Count(s, "/") == 2 }

// ownerOf is the owner in a principal's or an item's name.
func ownerOf(s string) string {
	if _, after, ok := strings.Cut(s, ":"); ok {
		s = after
	}
	owner, _, _ := strings.Cut(s, "/")
	return owner
}

// principalKey is a principal as the group holds it: without the meeting's own app.
func principalKey(tx *server.Tx, s string) (string, error) {
	if !principal.MatchString(s) {
		return "", errors.New("that is no name: write bob, bob/home, or a group like bob/home/friends")
	}
	return strings.TrimPrefix(s, tx.Self().App+":"), nil
}
