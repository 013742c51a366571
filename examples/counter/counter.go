package counter

import (
	_ "embed"
	"errors"
	"math"
	"net/http"

	"github.com/a-h/templ"

	"github.com/wabgo/wab/server"
)

// App is the counter, ready to be served.
var App = server.App{
	Name:    "counter",
	Title:   "Counter",
	About:   "One number that many people change, and who changed it.",
	Picture: templ.Raw(picture),
	New:     func() server.CA { return new(Counter) },
	Handler: http.HandlerFunc(serve),
}

// Counter is the Cloud Assistant. Its exported fields are its checkpointed state.
type Counter struct {
	N   int
	Rev uint64 // how often N has changed: of two views, the one with the greater Rev is newer
}

// View is what pages show.
type View struct {
	N   int    `json:"n"`
	Rev uint64 `json:"rev"`
}

// Row is what one principal has done.
type Row struct {
	Who     string `json:"who"`
	Changes uint64 `json:"changes"`
	Refused uint64 `json:"refused"`
	Last    int64  `json:"last"` // µs since the Unix epoch
}

// maxRows bounds what History returns.
const maxRows = 50

var errTooFar = errors.New("the counter cannot count that far")

// Add adds n and returns the sum. Every open page of the owner and of those who were let in is told.
func (c *Counter) Add(tx *server.Tx, n int) (int, error) {
	if n > 0 && c.N > math.MaxInt-n || n < 0 && c.N < math.MinInt-n {
		return 0, errTooFar
	}
	if n == 0 {
		return c.N, nil
	}
	c.N += n
	c.Rev++
	tx.Notify("*/*", c.view())
	return c.N, nil
}

// Get returns the number.
func (c *Counter) Get(*server.Tx) (int, error) { return c.N, nil }

// Look returns the number and its revision, so that a page can tell which of two is newer.
func (c *Counter) Look(*server.Tx) (View, error) { return c.view(), nil }

// dataMap is a SharedMap of the CA.
const dataMap = "data"

// SetEntries sets entries of the map data, all or none of them.
func (c *Counter) SetEntries(tx *server.Tx, entries map[string]any) error {
	data := tx.Map(dataMap)
	for key, value := range entries {
		if err := data.Set(key, value); err != nil {
			return err
		}
	}
	return nil
}

// Fail adds n, sets an entry of the map data, and then fails: nothing has changed afterwards, and nobody is told.
func (c *Counter) Fail(tx *server.Tx, n int) (int, error) {
	if _, err := c.Add(tx, n); err != nil {
		return 0, err
	}
	if err := tx.Map(dataMap).Set("fail", n); err != nil {
		return 0, err
	}
	return 0, errors.New("this method always fails, to show that nothing changes")
}

// History returns who did what, the latest first.
func (c *Counter) History(tx *server.Tx) ([]Row, error) {
	ledger, err := tx.Ledger(maxRows)
	rows := make([]Row, 0, len(ledger))
	for _, h := range ledger {
		rows = append(rows, Row{Who: h.Who.CA(), Changes: h.Changes, Refused: h.Denied, Last: h.Last.UnixMicro()})
	}
	return rows, err
}

// Let lets somebody else count. Only the owner may call it: nobody is given this method.
func (c *Counter) Let(tx *server.Tx, owner string) error {
	return tx.Allow(server.Principal(owner), "Add", "Get", "Look", "History")
}

// LinkGroup lets all members of somebody's group count, as long as they are members, and as long as its owner lets this counter read it.
func (c *Counter) LinkGroup(tx *server.Tx, group string) error {
	return tx.Allow(server.Group(group), "Add", "Get", "Look", "History")
}

func (c *Counter) view() View { return View{N: c.N, Rev: c.Rev} }

//go:embed picture.svg
var picture string
