package server

import "github.com/wabgo/wab/internal/name"

// Who is a principal: an owner, who acts through a client, or one of an owner's CAs.
type Who struct {
	App   string // the app it acts in
	Owner string // an authenticated person or organisation
	Local string // the CA's local name; empty for a client
	// Chain holds the groups through which policy let it in, empty where a rule names it.
	Chain []string
}

func who(n name.Name) Who { return Who{App: n.App, Owner: n.Owner, Local: n.Local} }

func (w Who) name() name.Name { return name.Name{App: w.App, Owner: w.Owner, Local: w.Local} }

// String is the principal's full name, as in tweetiot:alice/home.
func (w Who) String() string { return w.name().String() }

// CA is the name without the app, as in alice/home.
func (w Who) CA() string {
	n := w.name()
	n.App = ""
	return n.String()
}
