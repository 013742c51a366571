package channel

import (
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
)

// goodbye is what a CA that is destroyed has others send in its stead.
type goodbye struct {
	url   string
	body  []byte
	lane  string
	minor bool
}

// goodbyesMost is how many go to one courier: few enough to fit with all that a CA may have under way.
const goodbyesMost = 100

// Leave has the peers of a CA that is destroyed hear that its subscriptions are over, and hand to couriers what they have yet to hear. Call it before Destroy.
func (f *Channels) Leave(tx *actor.Tx) error {
	var goodbyes []goodbye
	f.use(tx, func(p *part) {
		if !p.ca.Doomed() { // else that was done before
			goodbyes = p.goodbyes(tx.Now())
		}
	})
	for some := range slices.Chunk(goodbyes, goodbyesMost) {
		to := newCourier(tx.Self().App)
		sealed := f.keys.hide(string(packGoodbyes(some)), aboutGoodbyes(to))
		if _, err := tx.Post(to, courierMethod, cbor.AppendBytes(nil, sealed)); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) goodbyes(now int64) (all []goodbye) {
	for _, l := range p.links {
		if l.target != "" {
			continue // nobody was asked yet
		}
		for _, send := range l.Farewell(now) {
			r := p.send(l, send)
			all = append(all, goodbye{r.URL, r.Body, r.Lane, r.Minor})
		}
	}
	return all
}

// aboutGoodbyes binds goodbyes, in which ECIs stand, to their courier: nobody else's are opened.
func aboutGoodbyes(courier name.Name) string { return courier.String() + " goodbyes" }

const goodbyeFields = 4

func packGoodbyes(all []goodbye) []byte {
	b := cbor.AppendArrayHeader(nil, goodbyeFields*len(all))
	for _, l := range all {
		b = cbor.AppendBytes(cbor.AppendText(b, l.url), l.body)
		b = cbor.AppendBool(cbor.AppendText(b, l.lane), l.minor)
	}
	return b
}

// openGoodbyes reads what a courier was given.
func (f *Channels) openGoodbyes(courier name.Name, args []byte) (all []goodbye, err error) {
	r := cbor.NewReader(args)
	sealed := r.Bytes()
	if r.Done() != nil {
		return nil, errStored
	}
	packed, err := f.keys.reveal(sealed, aboutGoodbyes(courier))
	if err != nil {
		return nil, err
	}
	r = cbor.NewReader([]byte(packed))
	for range r.Array() / goodbyeFields {
		all = append(all, goodbye{r.Text(), r.Bytes(), r.Text(), r.Bool()})
	}
	return all, r.Done()
}

// request is a goodbye as it is sent.
func (l *goodbye) request() fetch.Request {
	r := post(l.url, l.body, "", l.lane)
	r.Minor = l.minor
	return r
}
