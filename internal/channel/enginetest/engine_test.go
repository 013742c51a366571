package enginetest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/channel/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type pair struct{ asker, asked *enginetest.Engine }

// pairs are all generations with all.
func pairs(t *testing.T, do func(t *testing.T, p pair)) {
	for _, a := range []enginetest.Generation{enginetest.V048, enginetest.V1} {
		for _, b := range []enginetest.Generation{enginetest.V048, enginetest.V1} {
			t.Run(fmt.Sprint(a, " asks ", b), func(t *testing.T) { do(t, pair{enginetest.New(t, a), enginetest.New(t, b)}) })
		}
	}
}

func (p pair) ask(t *testing.T) (id string) {
	t.Helper()
	id, x := p.asker.Ask(p.asked.URL, p.asked.Doorbell, enginetest.Relation{Name: "friends", RxRole: "host", TxRole: "guest"})
	if !x.Fine() {
		t.Fatal(x)
	}
	return id
}

func fine(t *testing.T, x enginetest.Exchange, err error) {
	t.Helper()
	if err != nil || !x.Fine() {
		t.Error(x, err)
	}
}

// established checks that both sides have the same subscription, each with the other's channel.
func (p pair) established(t *testing.T, id string) {
	t.Helper()
	a, _ := p.asker.Bus(id)
	b, _ := p.asked.Bus(id)
	if a.State != enginetest.Established || b.State != enginetest.Established || a.Rx != b.Tx || a.Tx != b.Rx || a.Rx == a.Tx {
		t.Errorf("%+v and %+v", a, b)
	}
	if a.RxRole != "host" || b.RxRole != "guest" || a.TxRole != b.RxRole || b.TxRole != a.RxRole || a.Name != "friends" || b.Name != a.Name {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestTwoEnginesDance(t *testing.T) {
	pairs(t, func(t *testing.T, p pair) {
		id := p.ask(t)
		if b, _ := p.asked.Bus(id); b.State != enginetest.Inbound {
			t.Fatal(b)
		}
		x, err := p.asked.Approve(id)
		fine(t, x, err)
		p.established(t, id)
		x, err = p.asked.ApproveAgain(id)
		fine(t, x, err)
		p.established(t, id)

		x, err = p.asker.Raise(id, "profile", "changed", enginetest.Attributes{{Name: "phone", Value: "1"}})
		fine(t, x, err)
		if got := p.asked.Received(); len(got) != 1 || got[0].Subscription != id || got[0].Type != "changed" || got[0].Attributes["phone"] != "1" || got[0].Attributes["_headers"] == nil {
			t.Error(got)
		}
		x, err = p.asked.Cancel(id)
		fine(t, x, err)
		if _, known := p.asker.Bus(id); known {
			t.Error("one side has kept it")
		}
		if _, err := p.asker.Raise(id, "profile", "changed", nil); err == nil {
			t.Error("it was raised on what is over")
		}
	})
}

func TestEnginesRefuseAndTakeBack(t *testing.T) {
	pairs(t, func(t *testing.T, p pair) {
		id := p.ask(t)
		x, err := p.asked.Reject(id)
		fine(t, x, err)
		other := p.ask(t)
		x, err = p.asker.Withdraw(other)
		fine(t, x, err)
		for _, e := range []*enginetest.Engine{p.asker, p.asked} {
			if n := len(e.Busses(enginetest.Inbound)) + len(e.Busses(enginetest.Outbound)); n != 0 {
				t.Errorf("%d are left", n)
			}
		}
	})
}

func TestEnginesAcceptByThemselves(t *testing.T) {
	pairs(t, func(t *testing.T, p pair) {
		p.asked.AutoAccept()
		id := p.ask(t)
		p.asker.Await("approval", func() bool { return len(p.asker.Busses(enginetest.Established)) == 1 })
		p.established(t, id)
	})
}

// What is wrong with a request is told in the generation's own way, or not at all.
func TestEnginesFailAsTheyWereSeenTo(t *testing.T) {
	for _, c := range []struct {
		generation              enginetest.Generation
		path, contentType, body string
		status                  int
		fine                    bool
	}{
		{enginetest.V048, "/sky/event/none-such/none/a/b", "application/json", `{}`, 404, false},
		{enginetest.V1, "/sky/event/none-such/none/a/b", "application/json", `{}`, 200, false},
		{enginetest.V1, "/c/none-such/event/a/b", "application/json", `{}`, 200, false},
		{enginetest.V048, "/sky/event/DOORBELL/none/a/b", "application/json", `{"a":`, 500, false},
		{enginetest.V1, "/sky/event/DOORBELL/none/a/b", "application/json", `{"a":`, 200, false},
		{enginetest.V048, "/sky/event/DOORBELL/none/a/b", "application/json", `{"a":1`, 500, false},
		{enginetest.V048, "//sky/event/DOORBELL/none/a/b", "application/json", `{}`, 404, false},
		{enginetest.V1, "/sky/event/DOORBELL/none/wrangler/new_subscription_request", "text/plain", `{"Id":"1"}`, 200, true},
		{enginetest.V048, "/sky/event/DOORBELL/none/wrangler/new_subscription_request?Id=1&Tx=2", "", "", 200, true},
	} {
		e := enginetest.New(t, c.generation)
		path := strings.ReplaceAll(c.path, "DOORBELL", e.Doorbell)
		res, err := http.Post(e.URL+path, c.contentType, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		heard := e.Heard()
		if len(heard) != 1 || heard[0].Path != path || heard[0].Body != c.body || heard[0].ContentType != c.contentType || heard[0].Method != "POST" {
			t.Errorf("it has heard %v", heard)
		}
		if res.StatusCode != c.status || heard[0].Fine() != c.fine || len(e.Busses(enginetest.Inbound)) != 0 {
			t.Errorf("%s: %v", c.path, heard)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// The two generations' requests, byte for byte.
func TestWhatEnginesSend(t *testing.T) {
	pairs(t, func(t *testing.T, p pair) {
		id := p.ask(t)
		_, _ = p.asked.Approve(id)
		first, second := p.asker.Sent(), p.asked.Sent()
		if len(first) != 1 || len(second) != 1 || first[0].Body != p.asked.Heard()[0].Body || second[0].Path != p.asker.Heard()[0].Path {
			t.Fatal(first, second)
		}
		b, _ := p.asker.Bus(id)
		want := `{"name":"friends","wellKnown_Tx":"` + p.asked.Doorbell + `","Tx_host":"` + p.asker.URL + `","Rx_role":"guest","Tx_role":"host","channel_type":"Tx_Rx","password":null,` +
			`"_headers":{"authorization":"Bearer of-the-owner","host":"localhost:8080","user-agent":"curl/8"},"Id":"` + id + `","Tx":"` + b.Rx + `","channel_name":"friends","status":null}`
		if first[0].Body != want {
			t.Errorf("%s\nnot\n%s", first[0].Body, want)
		}
		if masked := first[0].Masked(p.asked.Doorbell, "DOORBELL"); masked.Path != "/sky/event/DOORBELL/none/wrangler/new_subscription_request" && masked.Path != "/c/DOORBELL/event/wrangler/new_subscription_request" {
			t.Error(masked)
		}
	})
}
