package scribe

import (
	"errors"
	"fmt"
	"time"

	"github.com/wabgo/wab/server"
)

// Limits of what waits for the scribe.
const (
	maxWaiting = 1000
	maxText    = 280 // bytes
	batch      = 100 // lines in one bundle
)

// App is the journal, ready to be served.
var App = server.App{Name: "journal", New: func() server.CA { return new(Journal) }}

// Journal is what people write into. It keeps lines until the scribe has them.
type Journal struct {
	Written int      // the number of the last line that the scribe has surely written
	Waiting []string // the lines behind it
	Asked   int      // how many of them it was asked for
}

// Init lets the group write, and read how many lines there are.
func (*Journal) Init(tx *server.Tx) error { return tx.Allow(server.Group("writers"), "Write", "Lines") }

// Admit lets somebody write.
func (*Journal) Admit(tx *server.Tx, who string) error { return tx.Map("writers").Set(who, true) }

// Token is what the scribe comes in with.
func (*Journal) Token(tx *server.Tx) (string, error) { return tx.Device("scribe").Token(0) }

// Lines is how many there are in the file, as far as the scribe has told.
func (*Journal) Lines(tx *server.Tx) (n int, err error) {
	_, err = tx.Device("scribe").Reported().Get("lines", &n)
	return n, err
}

// Write has the scribe write a line, now or when it is back.
func (j *Journal) Write(tx *server.Tx, text string) error {
	switch {
	case len(text) > maxText:
		return fmt.Errorf("a line has at most %d bytes", maxText)
	case len(j.Waiting) == maxWaiting:
		return errors.New("the scribe has been away for too long: no more lines can wait for it")
	}
	j.Waiting = append(j.Waiting, fmt.Sprintf("%s %s: %q", tx.Now().UTC().Format(time.RFC3339), tx.Caller().Owner, text))
	return j.Ask(tx)
}

// Ask asks for the lines that wait, unless the scribe is busy with some: a bundle would take the place of the one before.
func (j *Journal) Ask(tx *server.Tx) error {
	if j.Asked > 0 || len(j.Waiting) == 0 {
		return nil
	}
	b := server.NewBundle().MaxBound(0).Late(server.RunNow)
	for i, line := range j.Waiting[:min(len(j.Waiting), batch)] {
		b.Do("write", j.Written+i+1, line)
		j.Asked++
	}
	return tx.Device("scribe").Run(b, 365*24*time.Hour)
}

// OnOutcome goes on with the next lines, or, a little later, with the same ones.
func (j *Journal) OnOutcome(tx *server.Tx, o server.Outcome) error {
	if o.Result == "done" {
		j.Written, j.Waiting = j.Written+j.Asked, j.Waiting[j.Asked:]
		j.Asked = 0
		return j.Ask(tx)
	}
	j.Asked = 0
	tx.After(time.Second, "Ask")
	return nil
}
