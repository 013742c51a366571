package server

import (
	"errors"
	"strings"
	"time"
)

// party is a CA that keeps what it hears on its subscriptions, and of them.
type party struct {
	Heard map[string][]string // types of events, by subscription
	Told  map[string][]string // states, and events that did not arrive, by subscription
}

func partyApp() App { return App{Name: "party", New: func() CA { return new(party) }} }

// ears lets in what the parties say; of what it lets in, sour is what its handler refuses.
var ears = Attenuation{Events: []Pattern{{"chat", "*"}, {"sour", "*"}}}

func (p *party) Init(tx *Tx) error {
	p.Heard, p.Told = map[string][]string{}, map[string][]string{}
	return errors.Join(tx.On("chat", "*", "OnChat"), tx.On("sour", "*", "OnSour"))
}

func (p *party) OnChat(tx *Tx, e Event) error {
	p.Heard[e.Subscription] = append(p.Heard[e.Subscription], e.Type)
	return nil
}

func (p *party) OnSour(tx *Tx, e Event) error {
	p.Heard[e.Subscription] = append(p.Heard[e.Subscription], "sour "+e.Type)
	if strings.HasSuffix(e.Type, "1") || strings.HasSuffix(e.Type, "5") {
		panic("much too sour")
	}
	return errors.New("too sour")
}

// OnSubscription fails where the subscription's name says so: it is not to matter to anybody.
func (p *party) OnSubscription(tx *Tx, e SubscriptionEvent) error {
	switch {
	case e.Undelivered:
		p.Told[e.ID] = append(p.Told[e.ID], "undelivered "+e.Type+" "+e.Reason)
		return nil
	case e.Name == "fails":
		return errors.New("as it was told")
	case e.Name == "panics":
		panic("as it was told")
	case e.Name == "quick" && e.State == "waiting":
		return tx.Approve(e.ID, ears)
	}
	p.Told[e.ID] = append(p.Told[e.ID], strings.TrimSpace(e.State+" "+e.End))
	return nil
}

func (p *party) Bell(tx *Tx) (Channel, error) { return tx.Doorbell() }
func (p *party) Ask(tx *Tx, target, name string, within int) (string, error) {
	return tx.Link(target, Relationship{Name: name, Allow: ears, Within: time.Duration(within) * time.Second})
}
func (p *party) AskEngine(tx *Tx, target, name string, within int) (string, error) {
	host, eci, _ := strings.Cut(target, "/sky/event/")
	return tx.LinkEngine(host, eci, Relationship{Name: name, Allow: ears, Within: time.Duration(within) * time.Second})
}
func (p *party) Yes(tx *Tx, id string) error { return tx.Approve(id, ears) }
func (p *party) No(tx *Tx, id string) error  { return tx.Refuse(id, "no") }
func (p *party) End(tx *Tx, id string) error { return tx.EndSubscription(id) }
func (p *party) Say(tx *Tx, id, domain, typ string) error {
	_, err := tx.RaiseOn(id, domain, typ, nil)
	return err
}
func (p *party) Die(tx *Tx)                                 { tx.Destroy() }
func (p *party) Links(tx *Tx) []Subscription                { return tx.Subscriptions() }
func (p *party) Rooms(tx *Tx) ([]ChannelInfo, error)        { return tx.Channels() }
func (p *party) Record(tx *Tx) (map[string][]string, error) { return p.Heard, nil }
func (p *party) Notes(tx *Tx) (map[string][]string, error)  { return p.Told, nil }
