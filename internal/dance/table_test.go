package dance

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

var update = flag.Bool("update", false, "write testdata anew")

// The instants of the table.
const (
	noon  = int64(1_800_000_000_000_000)
	later = noon + 60*minute
)

func must(step Step, flaw *wire.Error) Record {
	if flaw != nil {
		panic(flaw)
	}
	return step.Record
}

// example is a record in one of the situations that a side can be in.
type example struct {
	name string
	Record
}

// examples are all of them: who asked, the state, and what is still owed.
func examples() []example {
	pending := must(Begin(Ask{ID: "s1", Gen: Article, Channel: "back", Host: "https://b.example", Doorbell: "bell", Secret: "invited", Relationship: "a-b"}, noon))
	rung := pending.Sent(Request, Delivered, "", noon).Record
	waiting := must(Asked(Message{Kind: Request, Gen: Article, ID: "s1", ECI: "secret", Host: "https://a.example", RxRole: "b", TxRole: "a", Relationship: "a-b"}, noon))
	confirming := must(waiting.Approve("new", noon))
	asker := must(rung.Take(Message{Kind: Confirm, ID: "s1", ECI: "secret"}, "back", noon))
	approver := confirming.Sent(Confirm, Delivered, "", noon).Record
	withdrawn, dropped := pending.Finish("", noon).Record, confirming.Finish("", noon).Record
	said := withdrawn.Sent(Withdraw, Delivered, "", noon).Record
	refused := must(waiting.Decline("no", noon))
	return []example{
		{"pending, the request on its way", pending},
		{"pending, the request delivered", rung},
		{"pending, the request given up for now", pending.Sent(Request, GivenUp, "", noon).Record},
		{"pending, past its time", past(rung)},
		{"waiting", waiting},
		{"waiting, past its time", past(waiting)},
		{"confirming, the confirm on its way", confirming},
		{"confirming, the confirm given up for now", confirming.Sent(Confirm, GivenUp, "", noon).Record},
		{"established, the asker", asker},
		{"established, the approver", approver},
		{"ended by the asker, the withdrawal on its way", withdrawn},
		{"ended by the asker, settled", said},
		{"ended by the asked, the refusal on its way", refused},
		{"ended by the approver while confirming", dropped},
		{"ended by the approver while confirming, both given up for now", dropped.Sent(Remove, GivenUp, "", noon).Record.Sent(Refuse, GivenUp, "", noon).Record},
		{"ended by the approver, settled", approver.Finish("", noon).Record.Sent(Remove, Delivered, "", noon).Record},
		{"ended, long ago", old(said)},
	}
}

func past(r Record) Record { r.Expires = later; return r }

func old(r Record) Record { r.Since = later - Tombstone; return r }

// input is one thing that can happen to a record.
type input struct {
	name      string
	isMessage bool
	do        func(Record) (Step, *wire.Error)
}

// inputs are all of them.
func inputs() (all []input) {
	add := func(name string, do func(Record) (Step, *wire.Error)) { all = append(all, input{name, false, do}) }
	plain := func(name string, do func(Record) Step) {
		add(name, func(r Record) (Step, *wire.Error) { return do(r), nil })
	}
	for k := Request; k <= Remove; k++ {
		proves := k == Request || k == Confirm || k == Withdraw // by the ECI that it carries
		take := func(how, id, eci string, via func(Record) string) {
			all = append(all, input{fmt.Sprintf("%v %s", k, how), true, func(r Record) (Step, *wire.Error) {
				return r.Take(Message{Kind: k, ID: id, ECI: eci}, via(r), later)
			}})
		}
		bell := func(Record) string { return Doorbell }
		own := func(r Record) string { return r.Channel }
		take("on the doorbell", "s1", "secret", bell)
		take("on our channel", "s1", "secret", own)
		if proves {
			take("on the doorbell, with another ECI", "s1", "guess", bell)
			take("on our channel, with another ECI", "s1", "guess", own)
		}
		take("on another channel", "s1", "secret", func(Record) string { return "other" })
		take("for another id", "s2", "secret", func(r Record) string { return first(r.Channel, Doorbell) })
	}
	add("we approve", func(r Record) (Step, *wire.Error) { return r.Approve("new", later) })
	add("we decline", func(r Record) (Step, *wire.Error) { return r.Decline("no", later) })
	plain("we end it", func(r Record) Step { return r.Finish("", later) })
	for k := Request; k <= Remove; k++ {
		for o := Delivered; o <= GivenUp; o++ {
			plain(fmt.Sprintf("our %v: %v", k, o), func(r Record) Step { return r.Sent(k, o, "reason", later) })
		}
	}
	plain("our channel is used", func(r Record) Step { return r.Used(later) })
	plain("the peer's channel is gone", func(r Record) Step { return r.Lost(later) })
	plain("its time comes", func(r Record) Step { return r.Tick(later) })
	return all
}

// Every input in every state comes to what testdata/machine.txt says. It is read, not only written.
func TestCHAN3_EveryInputInEveryState(t *testing.T) {
	var out strings.Builder
	out.WriteString("# What each input comes to in each state. Messages that are not listed under a state are answered by not found; nothing else that is not\n# listed does anything.\n")
	for _, e := range examples() {
		fmt.Fprintf(&out, "\n## %s\n", e.name)
		var done, conflicts []string
		for _, in := range inputs() {
			step, flaw := in.do(e.Record)
			checkStep(t, e, in.name, step, flaw)
			switch {
			case flaw != nil && flaw.Code == wire.NotFound:
			case flaw != nil:
				conflicts = append(conflicts, in.name)
			case step.Changed || step.Forget:
				fmt.Fprintf(&out, "%s: %s\n", in.name, tell(e.Record, step))
			case in.isMessage:
				done = append(done, in.name)
			}
		}
		list(&out, "answered, but nothing changes", done)
		list(&out, "conflict", conflicts)
	}
	golden(t, "testdata/machine.txt", out.String())
}

func list(out *strings.Builder, what string, names []string) {
	if len(names) > 0 {
		fmt.Fprintf(out, "- %s: %s\n", what, strings.Join(names, "; "))
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("it differs from %s:\n%s", file, got)
	}
}

func tell(before Record, s Step) string {
	r := s.Record
	told := []string{r.State.String()}
	if r.State == before.State {
		told[0] = "stays"
	}
	if r.End != before.End {
		told = append(told, "("+r.End.String()+")")
	}
	for _, send := range s.Send {
		told = append(told, "sends "+send.Message.Kind.String())
	}
	for _, k := range s.Stop {
		told = append(told, "stops "+k.String())
	}
	if s.CloseChannel {
		told = append(told, "closes")
	}
	if s.Forget {
		told = append(told, "is forgotten")
	}
	if r.State == before.State && len(s.Send) == 0 && !s.Forget {
		told = append(told, fmt.Sprintf("owes %v, of which idle %v", r.Owed.list(), r.Idle.list()))
	}
	return strings.Join(told, ", ")
}

// checkStep holds for every step, whatever it is.
func checkStep(t *testing.T, e example, in string, s Step, flaw *wire.Error) {
	t.Helper()
	r := s.Record
	for name, wrong := range map[string]bool{
		"an error comes with a step":                     flaw != nil && !reflect.DeepEqual(s, Step{}),
		"it says nothing changed, but something did":     flaw == nil && !s.Changed && (r != e.Record || len(s.Send) > 0 || s.CloseChannel),
		"it says something changed, but nothing did":     s.Changed && r == e.Record,
		"an end is not the end":                          e.State == Ended && flaw == nil && r.State != Ended,
		"our channel is not closed with the end":         r.State == Ended && e.State != Ended && s.CloseChannel != (r.Channel != ""),
		"our channel is closed before the end":           s.CloseChannel && r.State != Ended,
		"what is sent is not owed, or not under way":     !r.underWayAll(s.Send),
		"it owes something that was sent to nobody":      flaw == nil && r.Owed&^e.Owed != kindsOf(s.Send)&^e.Owed,
		"the asker answers a request":                    r.Outbound && kindsOf(s.Send)&setOf(Confirm, Refuse) != 0,
		"the asked asks":                                 flaw == nil && !r.Outbound && kindsOf(s.Send)&setOf(Request, Withdraw) != 0,
		"it has nothing to wait for and wakes up":        r.State == Established && r.Wake() != 0,
		"an invitation is kept when it is of no use":     r.State > Confirming && r.Secret != "",
		"a linked side does not know the peer's channel": r.State == Established && r.ECI == "",
		"a step's record cannot be kept":                 flaw == nil && !r.sound(),
	} {
		if wrong {
			t.Errorf("%s; %s: %s: %+v", e.name, in, name, s)
		}
	}
}

func kindsOf(sends []Send) (s Kinds) {
	for _, send := range sends {
		s |= setOf(send.Message.Kind)
	}
	return s
}

func (r Record) underWayAll(sends []Send) bool {
	return kindsOf(sends)&^setOf(r.underWay()...) == 0
}

// Repeating an input right after it was taken changes nothing more. What comes of a letter comes once, so it is left out.
func TestCHAN3_EveryRetryIsANoOp(t *testing.T) {
	for _, e := range examples() {
		for _, in := range inputs() {
			step, flaw := in.do(e.Record)
			if flaw != nil || !step.Changed || step.Forget {
				continue
			}
			again, flaw := in.do(step.Record)
			if flaw == nil && again.Changed {
				t.Errorf("%s; %s twice: %+v", e.name, in.name, again)
			}
		}
	}
}
