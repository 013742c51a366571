package server

import (
	"io/fs"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/wabgo/wab/internal/name"
)

// CA is a Cloud Assistant: a pointer to a struct. Its exported fields are its checkpointed state; its unexported ones are scratch, lost when it is not in memory.
//
// Exported methods whose first parameter is a *Tx, and whose others are plain values (what JSON can say, structs and []byte included), can be requested by
// whom policy lets. They return nothing, an error, a plain value, or a plain value and an error. A method that takes a Response, a Timer or a Change is a handler:
// only the bus calls it. So are the lifecycle methods, all optional:
//
//	Init(*Tx) error                     once, at creation
//	Resume(*Tx) error                   each time the CA comes back into memory
//	Pulse(*Tx) error                    every App.PulseEvery
//	Upgrade(tx *Tx, from string) error  before anything else, when another App.Version wrote the state
//	OnFailed(*Tx, Response) error       a message sent without Then was refused or failed
//	OnOutcome(*Tx, Outcome) error       a device has told what became of a bundle
//	OnSubscription(*Tx, SubscriptionEvent) error  a subscription stands otherwise, or an event on it did not arrive
type CA = any

// App is a collaborative app: a kind of CA, and the pages that people use it by.
type App struct {
	// Name is a label of RFC 1123 in lower case: its CAs are Name:owner/local, its pages are at /Name/.
	Name string
	// Title and About are what the launcher says: a name and one line. Picture is an inline SVG, 16:9, shown beside them.
	Title, About string
	Picture      templ.Component
	// Personal says that the app's page shows visitors a CA of their own, whatever ca its address names. A page that shows others' too reads ?ca=owner/name.
	Personal bool

	// New makes an empty CA. It must return a pointer to a struct.
	New func() CA
	// Version of the code that writes the state. Change it when Upgrade has something to do.
	Version string
	// Deadline is how long a method may run, 10 s by default.
	Deadline time.Duration
	// PulseEvery is the time between two calls of Pulse, at least 10 ms; 0 for none.
	PulseEvery time.Duration

	// Commons names CAs that belong to the server itself, as commons/NAME: they are made when it starts, and nobody can sign in as their owner. Whom they serve is for their Init
	// to say. At most 16.
	Commons []string

	// Web holds the app's files; those in a folder web are served as if they were at the top.
	Web fs.FS
	// Handler serves what Web does not have, with the app's prefix stripped from the path.
	Handler http.Handler
}

const defaultDeadline = 10 * time.Second

func (a *App) check() error {
	if err := name.CheckApp(a.Name); err != nil {
		return fail("app", "%w", err)
	}
	switch {
	case a.New == nil:
		return fail(a.Name, "App.New is missing: it makes an empty CA")
	case a.Deadline < 0 || a.PulseEvery < 0:
		return fail(a.Name, "Deadline and PulseEvery must not be negative")
	case a.PulseEvery > 0 && a.PulseEvery < 10*time.Millisecond:
		return fail(a.Name, "PulseEvery must be 10 ms or more")
	}
	return a.checkCommons()
}
