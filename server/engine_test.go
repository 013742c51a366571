package server

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/channel/enginetest"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden compares what went over the wire with what is on file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", "wire", file)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: went over the wire:\n%s\nwant:\n%s", path, got, want)
	}
}

// engineCase is a cloud of ours and one of an engine's.
type engineCase struct {
	t    *testing.T
	gen  enginetest.Generation
	ours *site
	them *enginetest.Engine
	bell Channel
	mask []string
}

func newEngineCase(t *testing.T, gen enginetest.Generation) *engineCase {
	c := &engineCase{t: t, gen: gen, ours: newSite(t, cloudApp()), them: enginetest.New(t, gen)}
	c.bell = ask[Channel](c.ours.kit, "bob", "cloud/bob/home/Bell", `[]`)
	c.mask = []string{c.bell.ECI, "OUR-DOORBELL", c.them.Doorbell, "THEIR-DOORBELL", c.ours.url, "http://our.example", c.them.URL, "http://their.example",
		strings.TrimPrefix(c.ours.url, "http://"), "our.example", strings.TrimPrefix(c.them.URL, "http://"), "their.example"}
	return c
}

// know adds what differs from run to run.
func (c *engineCase) know(id string) {
	c.mask = append(c.mask, id, "ID")
	if b, ok := c.them.Bus(id); ok {
		for text, as := range map[string]string{b.Tx: "OUR-CHANNEL", b.Rx: "THEIR-CHANNEL"} {
			if text != "" && text != c.bell.ECI {
				c.mask = append(c.mask, text, as)
			}
		}
	}
}

func (c *engineCase) state(id string) string { return state(c.ours.kit, "bob", id) }

func (c *engineCase) is(id, want string) {
	c.t.Helper()
	until(c.t, want, func() bool { return c.state(id) == want }, c.ours.kit)
}

func (c *engineCase) theirs(id string, want enginetest.State) {
	c.t.Helper()
	c.them.Await(string(want), func() bool { b, _ := c.them.Bus(id); return b.State == want })
	c.know(id)
}

func (c *engineCase) they(x enginetest.Exchange, err error) {
	c.t.Helper()
	if err != nil || !x.Fine() {
		c.t.Errorf("%v %v", x, err)
	}
}

// wire is all that went over it, in both directions.
func (c *engineCase) wire() string {
	var b strings.Builder
	for _, x := range c.them.Sent() {
		fmt.Fprintf(&b, "--- theirs\n%s\n", maskEIDs(x.Masked(c.mask...)))
	}
	for _, x := range c.them.Heard() {
		fmt.Fprintf(&b, "--- ours\n%s\n", maskEIDs(x.Masked(c.mask...)))
	}
	return b.String()
}

// maskEIDs hides event ids and signatures: they are made up each time.
func maskEIDs(x enginetest.Exchange) string {
	if parts := strings.Split(x.Path, "/"); len(parts) > 4 && parts[1] == "sky" && parts[4] != "none" {
		parts[4] = "EID"
		x.Path = strings.Join(parts, "/")
	}
	x.Body, x.Answer = maskVouch(x.Body), maskEID(maskVouch(x.Answer))
	if strings.HasPrefix(x.Answer, `"`) {
		x.Answer = `"EID"`
	}
	return x.String()
}

func maskVouch(body string) string { return maskField(body, `"vouch":"`, "SIGNATURE") }

// maskEID hides the id in an answer wherever it stands.
func maskEID(body string) string {
	if _, rest, ok := strings.Cut(body, `"eid":"`); ok {
		id, _, _ := strings.Cut(rest, `"`)
		return strings.ReplaceAll(body, id, "EID")
	}
	return body
}

func maskField(body, field, with string) string {
	i := strings.Index(body, field)
	if i < 0 {
		return body
	}
	rest := body[i+len(field):]
	return body[:i+len(field)] + with + rest[strings.Index(rest, `"`):]
}

// Each message of the note, in both directions, with both generations of engines.
func TestCHAN3_EnginesOnTheWire(t *testing.T) {
	friends := enginetest.Relation{Name: "friends", RxRole: "host", TxRole: "guest", ChannelType: "social"}
	for _, gen := range []enginetest.Generation{enginetest.V048, enginetest.V1} {
		for name, run := range map[string]func(c *engineCase){
			"they ask, we approve, we end": func(c *engineCase) {
				id, x := c.them.Ask(c.ours.url, c.bell.ECI, friends)
				c.they(x, nil)
				c.is(id, "waiting")
				c.ours.want("bob", "cloud/bob/home/Yes", args(id, Attenuation{Events: []Pattern{{"profile", "*"}}}), "null")
				c.theirs(id, enginetest.Established)
				c.is(id, "established")
				c.they(c.them.Raise(id, "profile", "updated", enginetest.Attributes{{Name: "n", Value: 1}, {Name: "nothing", Value: nil}}))
				if x, _ := c.them.Raise(id, "chat", "said", nil); x.Fine() || x.Status != 403 {
					c.t.Error("an event that is not allowed was taken:", x)
				}
				c.ours.want("bob", "cloud/bob/home/RaiseOn", args(id, "profile", "updated", map[string]any{"n": 2, "deep": map[string]any{"a": []int{1}}}), "null")
				c.them.Await("an event", func() bool { return len(c.them.Received()) == 1 })
				c.ours.want("bob", "cloud/bob/home/End", args(id), "null")
				c.them.Await("the end", func() bool { _, known := c.them.Bus(id); return !known })
			},
			"they ask, we approve, they end": func(c *engineCase) {
				id, _ := c.them.Ask(c.ours.url, c.bell.ECI, friends)
				c.is(id, "waiting")
				c.ours.want("bob", "cloud/bob/home/Yes", args(id, Attenuation{}), "null")
				c.theirs(id, enginetest.Established)
				c.is(id, "established")
				c.they(c.them.Cancel(id))
				c.is(id, "ended over")
			},
			"they ask, we refuse": func(c *engineCase) {
				id, _ := c.them.Ask(c.ours.url, c.bell.ECI, friends)
				c.is(id, "waiting")
				c.know(id)
				c.ours.want("bob", "cloud/bob/home/No", args(id, "Not now."), "null")
				c.them.Await("the end", func() bool { _, known := c.them.Bus(id); return !known })
				c.is(id, "ended refused")
			},
			"they ask, they withdraw": func(c *engineCase) {
				id, _ := c.them.Ask(c.ours.url, c.bell.ECI, friends)
				c.is(id, "waiting")
				c.know(id)
				c.they(c.them.Withdraw(id))
				c.is(id, "ended withdrawn")
			},
			"we ask, they approve, they end": func(c *engineCase) {
				id := c.weAsk()
				c.theirs(id, enginetest.Inbound)
				c.they(c.them.Approve(id))
				c.is(id, "established")
				c.know(id)
				c.they(c.them.ApproveAgain(id))
				c.is(id, "established")
				c.they(c.them.Raise(id, "profile", "updated", nil))
				c.they(c.them.Cancel(id))
				c.is(id, "ended over")
			},
			"we ask, they approve, we end": func(c *engineCase) {
				c.them.AutoAccept()
				id := c.weAsk()
				c.is(id, "established")
				c.theirs(id, enginetest.Established)
				c.them.Await("the answer to its confirm", func() bool { return len(c.them.Sent()) == 1 })
				c.ours.want("bob", "cloud/bob/home/End", args(id), "null")
				c.them.Await("the end", func() bool { _, known := c.them.Bus(id); return !known })
			},
			"we ask, they refuse": func(c *engineCase) {
				id := c.weAsk()
				c.theirs(id, enginetest.Inbound)
				c.they(c.them.Reject(id))
				c.is(id, "ended refused")
			},
			"we ask, we withdraw": func(c *engineCase) {
				id := c.weAsk()
				c.theirs(id, enginetest.Inbound)
				c.ours.want("bob", "cloud/bob/home/End", args(id), "null")
				c.them.Await("the end", func() bool { _, known := c.them.Bus(id); return !known })
			},
		} {
			t.Run(fmt.Sprint(gen, " ", name), func(t *testing.T) {
				c := newEngineCase(t, gen)
				run(c)
				golden(t, strings.NewReplacer(", ", "-", " ", "-").Replace(fmt.Sprint(gen, " ", name))+".txt", c.wire())
			})
		}
	}
}

func (c *engineCase) weAsk() (id string) {
	return ask[string](c.ours.kit, "bob", "cloud/bob/home/LinkEngine", args(c.them.URL, c.them.Doorbell,
		Relationship{Name: "friends", RxRole: "host", TxRole: "guest", Allow: Attenuation{Events: []Pattern{{"profile", "*"}}}}))
}

// recorder is a peer that speaks as the article does, by hand: it keeps what comes, and says yes.
type recorder struct {
	*httptest.Server
	mu    sync.Mutex
	heard []enginetest.Exchange
}

func newRecorder(t *testing.T) *recorder {
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		answer := `{"eid":"none","directives":[]}`
		r.mu.Lock()
		r.heard = append(r.heard, enginetest.Exchange{Method: req.Method, Path: req.URL.EscapedPath(), ContentType: req.Header.Get("Content-Type"), Body: string(body), Status: 200, Answer: answer})
		r.mu.Unlock()
		io.WriteString(w, answer)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) all() []enginetest.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]enginetest.Exchange(nil), r.heard...)
}

func (r *recorder) await(t *testing.T, n int, k *kit) []enginetest.Exchange {
	t.Helper()
	until(t, fmt.Sprint(n, " messages"), func() bool { return len(r.all()) >= n }, k)
	return r.all()
}
