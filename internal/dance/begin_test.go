package dance

import (
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

func TestBegin(t *testing.T) {
	good := Ask{ID: "s1", Gen: Wrangler, Name: "n", Channel: "back", Host: "HTTPS://B.example/", Doorbell: "bell", RxRole: "mine", TxRole: "theirs", Within: minute}
	step, flaw := Begin(good, noon)
	if flaw != nil {
		t.Fatal(flaw)
	}
	if r := step.Record; r.State != Pending || !r.Outbound || r.Host != "https://b.example" || r.Expires != noon+minute || r.Wake() != r.Expires || r.RxRole != "mine" || r.Relationship != "mine-theirs" {
		t.Errorf("%+v", r)
	}
	if len(step.Send) != 1 || !step.Send[0].ToDoorbell || step.Send[0].Message.RxRole != "theirs" || step.Send[0].Message.TxRole != "mine" {
		t.Errorf("sent %+v", step.Send)
	}
	long := strings.Repeat("x", MaxLong+1)
	for name, spoil := range map[string]func(*Ask){
		"id":       func(a *Ask) { a.ID = "" },
		"long id":  func(a *Ask) { a.ID = long },
		"gen":      func(a *Ask) { a.Gen = 0 },
		"channel":  func(a *Ask) { a.Channel = "" },
		"bell":     func(a *Ask) { a.Channel = Doorbell },
		"doorbell": func(a *Ask) { a.Doorbell = "https://b.example/bell" },
		"host":     func(a *Ask) { a.Host = "b.example" },
		"name":     func(a *Ask) { a.Name = long },
		"why":      func(a *Ask) { a.Why = long },
	} {
		bad := good
		spoil(&bad)
		if step, flaw := Begin(bad, noon); flaw == nil || flaw.Code != wire.BadRequest && flaw.Code != wire.TooLarge {
			t.Errorf("%s: %+v, %v", name, step, flaw)
		}
	}
}

// What has been given up is tried again later and later, a day apart at most, and a request not beyond its time.
func TestCHAN3_TriesGrowRarer(t *testing.T) {
	r := must(Begin(Ask{ID: "s1", Gen: Article, Channel: "back", Doorbell: "bell"}, noon))
	now, last, tries := noon, int64(0), 0
	for r.State == Pending {
		if r.Owed.Has(Request) && !r.Idle.Has(Request) {
			r = r.Sent(Request, GivenUp, "", now).Record
			tries++
		}
		next := r.Wake()
		if pause := next - now; pause > day || pause < last && next != r.Expires {
			t.Fatalf("after %d tries the pause is %d after %d", tries, pause, last)
		} else {
			last = pause
		}
		if idle := r.Tick(next - 1); idle.Changed {
			t.Fatalf("it does something before its time: %+v", idle)
		}
		now, r = next, r.Tick(next).Record
	}
	if now != noon+Within || r.End != Expired || tries < 35 || tries > 45 {
		t.Errorf("%v at %d after %d tries", r.End, now-noon, tries)
	}
}

// A farewell that nobody answers is repeated for Patience, then the record goes; one that is answered stays for Tombstone.
func TestCHAN3_TheEndIsKept(t *testing.T) {
	for outcome, want := range map[Outcome]int64{GivenUp: Patience, Delivered: Tombstone, NoChannel: Tombstone} {
		var r Record
		for _, e := range examples() {
			if e.name == "established, the asker" {
				r = e.Record
			}
		}
		r = r.Finish("", later).Record
		for now := later; ; {
			if r.Owed.Has(Remove) && !r.Idle.Has(Remove) {
				r = r.Sent(Remove, outcome, "", now).Record
			}
			now = r.Wake()
			step := r.Tick(now)
			if step.Forget {
				if now != later+want {
					t.Errorf("%v: forgotten after %d", outcome, now-later)
				}
				break
			}
			r = step.Record
		}
	}
}
