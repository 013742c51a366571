package link

import "github.com/wabgo/wab/internal/wire"

// handle takes a frame of the server. Kinds that it doesn't know are ignored; an error means that the server makes no sense.
func (l *Link) handle(frame []byte) error {
	kind := wire.Kind(frame)
	switch kind {
	case wire.KindWelcome:
		return l.handleWelcome(frame)
	case wire.KindBye:
		return l.handleBye(frame)
	}
	if !l.welcomed() {
		return wire.Err(wire.BadRequest, "Not welcomed yet.")
	}
	switch kind {
	case wire.KindOpened:
		return l.handleOpened(frame)
	case wire.KindReply:
		return l.handleReply(frame)
	case wire.KindError:
		return l.handleFailure(frame)
	case wire.KindNote:
		return l.handleNote(frame)
	case wire.KindPong:
		return l.handlePong(frame)
	}
	if kind >= wire.FirstFeature {
		l.emit(Event{Kind: Frame, Data: frame})
	}
	return nil
}

func (l *Link) handleReply(frame []byte) error {
	f, err := wire.ParseReply(frame)
	if err != nil {
		return err
	}
	if ch := l.channel(f.Ch); ch != nil {
		l.answer(ch, f.ID, f.Result, nil)
	}
	return nil
}

func (l *Link) handleFailure(frame []byte) error {
	f, err := wire.ParseFailure(frame)
	if err != nil {
		return err
	}
	ch := l.channel(f.Ch)
	switch {
	case ch == nil:
	case f.ID != 0:
		l.answer(ch, f.ID, nil, &f.Err)
	default:
		l.handleLoss(ch, &f.Err)
	}
	return nil
}

func (l *Link) handleNote(frame []byte) error {
	f, err := wire.ParseNote(frame)
	if err != nil {
		return err
	}
	ch := l.channel(f.Ch)
	if ch == nil || !ch.open || f.Seq <= ch.seen {
		return nil
	}
	ch.seen = f.Seq
	l.emit(Event{Kind: Note, Ch: f.Ch, Seq: f.Seq, Dropped: f.Dropped, Data: f.Value})
	l.acknowledge(ch)
	return nil
}
