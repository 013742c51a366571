package channel

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
)

// Publish shows a card to whoever looks the CA up, together with its doorbell; nil hides it.
func (f *Channels) Publish(tx *actor.Tx, card []byte) {
	f.use(tx, func(p *part) {
		p.card = card
		if card == nil {
			p.remove(keyCard, "")
			return
		}
		p.put(keyCard, "", card)
	})
}

// Card is the one that is published, nil for none.
func (f *Channels) Card(tx *actor.Tx) (card []byte) {
	f.use(tx, func(p *part) { card = p.card })
	return card
}

// Published is the card and the doorbell of a CA as they are stored, without waking it. There is no card where nothing is published, and no doorbell where it is closed.
func (f *Channels) Published(key string) (card []byte, doorbell string, err error) {
	if card, err = f.opt.Read(key, sideKey(keyCard, "")); err != nil || card == nil {
		return nil, "", err
	}
	stored, err := f.opt.Read(key, sideKey(keyDoorbell, ""))
	if err != nil || len(stored) != idBytes {
		return card, "", err
	}
	ca, err := name.ParseCA(key, "")
	if err != nil {
		return nil, "", err
	}
	return card, f.keys.mint(ca, id(stored)), nil
}
