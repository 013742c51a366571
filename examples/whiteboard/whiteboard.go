package whiteboard

import (
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/wabgo/wab/server"
)

// App is the whiteboard, ready to be served.
var App = server.App{
	Name:    "whiteboard",
	Title:   "Whiteboard",
	About:   "Draw together, even while one of you is offline.",
	Picture: templ.Raw(picture),
	New:     func() server.CA { return new(Whiteboard) },
	Handler: http.HandlerFunc(serve),
}

//go:embed picture.svg
var picture string

// Whiteboard is the Cloud Assistant of one board.
type Whiteboard struct {
	Link string // what whoever has the link may do: "", or the name of one of the roles' maps
}

// The maps of a board. Editors and viewers are its roles, friends a group for other boards, and lent are the owners whose boards may let them in.
const (
	board   = "board"
	editors = "editors"
	viewers = "viewers"
	friends = "friends"
	lent    = "lent"
)

const (
	maxChanges  = 500
	maxElements = 20_000
)

// rights are the methods and maps that a role opens.
var rights = map[string][]string{
	editors: {"Draw", "Access", board},
	viewers: {"Access", board},
	lent:    {friends},
}

// roles are those that one has on the board itself.
var roles = []string{editors, viewers}

// Change is what becomes of one element; without an element it is deleted.
type Change struct {
	ID      string   `json:"id"`
	Element *Element `json:"element"`
}

// Access is what somebody may do here.
type Access struct {
	Role string `json:"role"` // owner, editor or viewer
	Link string `json:"link"` // for the owner: what whoever has the link may do
}

// changed is the note to open pages that who may do what is not as before.
var changed = map[string]bool{"access": true}

// Init opens the board to its groups, which are empty, and puts something on it.
func (w *Whiteboard) Init(tx *server.Tx) error {
	for role, names := range rights {
		if err := tx.Allow(server.Group(role), names...); err != nil {
			return err
		}
	}
	for i, e := range welcome() {
		e.By = tx.Self().Owner
		if err := tx.Map(board).Set(welcomeID(i), e); err != nil {
			return err
		}
	}
	return nil
}

// Draw makes changes, all or none, and returns the version of the map "board" that holds them. Whoever draws an element first has made it, whoever changes it later.
func (w *Whiteboard) Draw(tx *server.Tx, changes []Change) (uint64, error) {
	if len(changes) > maxChanges {
		return 0, fmt.Errorf("at most %d changes go together", maxChanges)
	}
	m := tx.Map(board)
	for _, c := range changes {
		if err := draw(m, c, tx.Caller().Owner); err != nil {
			return 0, err
		}
	}
	if m.Len() > maxElements {
		return 0, fmt.Errorf("the board is full: it holds %d elements. Delete some first", maxElements)
	}
	return m.Version() + 1, nil // which this message makes
}

func draw(m server.Map, c Change, by string) error {
	if err := checkID(c.ID); err != nil {
		return err
	}
	if c.Element == nil {
		_, err := m.Delete(c.ID)
		return err
	}
	if err := c.Element.check(); err != nil {
		return err
	}
	c.Element.By = by
	var old struct {
		By string `json:"by"`
	}
	if found, err := m.Get(c.ID, &old); err != nil {
		return err
	} else if found {
		c.Element.By = old.By
	}
	return m.Set(c.ID, c.Element)
}

// Access tells the caller what they may do.
func (w *Whiteboard) Access(tx *server.Tx) (Access, error) {
	who := tx.Caller()
	if who.Owner == tx.Self().Owner {
		return Access{"owner", w.Link}, nil
	}
	draws, _, err := tx.Explain(who.String(), "Draw")
	if draws {
		return Access{Role: "editor"}, err
	}
	return Access{Role: "viewer"}, err
}

// Share says what whoever has the link may do: "viewers" look, "editors" draw as well, "" nothing.
func (w *Whiteboard) Share(tx *server.Tx, role string) error {
	if role != "" && !slices.Contains(roles, role) {
		return errRole
	}
	if w.Link != "" {
		tx.Revoke(server.Anyone(), rights[w.Link]...)
	}
	w.Link = role
	tx.Notify("*/*", changed)
	if role == "" {
		return nil
	}
	return tx.Allow(server.Anyone(), rights[role]...)
}

var errRole = errors.New("a role is editors or viewers")

// Invite gives a role to a principal (bob, or bob/home) or to all members of somebody's group (bob/home/friends).
func (w *Whiteboard) Invite(tx *server.Tx, who, role string) error {
	if !slices.Contains(roles, role) {
		return errRole
	}
	return w.let(tx, role, who)
}

// LinkGroup lets all members of somebody's group draw, as long as they are members.
func (w *Whiteboard) LinkGroup(tx *server.Tx, group string) error {
	if !isGroup(group) {
		return errors.New("a group is named like bob/home/friends")
	}
	return w.let(tx, editors, group)
}

// Remove takes back what was given to a principal or a group.
func (w *Whiteboard) Remove(tx *server.Tx, who string) error {
	tx.Notify("*/*", changed)
	if isGroup(who) {
		tx.Unwatch(who)
	}
	_, errE := tx.Map(editors).Delete(who)
	_, errV := tx.Map(viewers).Delete(who)
	return errors.Join(errE, errV)
}

// Regrouped has open pages ask anew what they may do, for somebody else's group has changed.
func (w *Whiteboard) Regrouped(tx *server.Tx, _ server.Change) { tx.Notify("*/*", changed) }

// Befriend adds somebody to the group "friends", which other boards may let in.
func (w *Whiteboard) Befriend(tx *server.Tx, who string) error { return w.let(tx, friends, who) }

// Unfriend takes somebody out of it: with this they are out of all boards that let in one's friends.
func (w *Whiteboard) Unfriend(tx *server.Tx, who string) error {
	_, err := tx.Map(friends).Delete(who)
	return err
}

// Lend lets the boards of an owner read the group "friends": without this they can't let its members in.
func (w *Whiteboard) Lend(tx *server.Tx, owner string) error { return w.let(tx, lent, owner) }

// Recall takes that back.
func (w *Whiteboard) Recall(tx *server.Tx, owner string) error {
	_, err := tx.Map(lent).Delete(owner)
	return err
}

// other is the role that somebody who gets one has no longer.
var other = map[string]string{editors: viewers, viewers: editors}

// let adds to a group.
func (w *Whiteboard) let(tx *server.Tx, group, who string) error {
	if !member.MatchString(who) {
		return errMember
	}
	if slices.Contains(roles, group) && isGroup(who) {
		if err := tx.Watch(who, "Regrouped"); err != nil {
			return err
		}
	}
	tx.Notify("*/*", changed)
	if role := other[group]; role != "" {
		if _, err := tx.Map(role).Delete(who); err != nil {
			return err
		}
	}
	return tx.Map(group).Set(who, true)
}

func isGroup(who string) bool { return strings.Count(who, "/") == 2 }

// member is a principal, or somebody's group, each with an app or without.
var member = regexp.MustCompile(`^([a-z0-9-]{1,63}:)?[a-z0-9-]{1,63}(/[a-z0-9-]{1,63}){0,2}$`)

var errMember = errors.New("that is no name: write bob, bob/home, or a group like bob/home/friends")
