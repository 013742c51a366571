package server

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/channel"
	"github.com/wabgo/wab/internal/fetch"
)

// forChannels tells whether a message is for what every CA does with its channels.
func forChannels(m *actor.Message) bool {
	switch m.Kind {
	case actor.Raised:
		return true
	case actor.Alarm:
		return m.Method == raiseMethod
	case actor.Changed:
		return m.Method == channel.AnswerMethod || m.Method == channel.TickMethod || m.Method == channel.TellMethod
	}
	return false
}

// takeForChannels handles it, and what it raises.
func (tx *Tx) takeForChannels(instance any, m *actor.Message) (result []byte, err error) {
	switch {
	case m.Kind == actor.Raised:
		result, err = tx.takeVisit(instance, m)
	case m.Kind == actor.Alarm:
		err = tx.takeTimer(m)
	case m.Method == channel.AnswerMethod:
		err = tx.channels().Answered(tx.tx, m.Ext.(*fetch.Fetched))
	case m.Method == channel.TickMethod:
		err = tx.channels().Tick(tx.tx)
	default:
		err = tx.tellSubscription(instance, m)
	}
	if err == nil {
		if err = tx.runRaised(instance); err == nil {
			err = tx.err
		}
		if err != nil {
			return nil, failed(err) // the app's: what a code says would be taken for a word about the channel
		}
	}
	if err == nil && result == nil {
		result = channel.AppendDirectives(tx.directives)
	}
	return result, err
}
