package call

import (
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Labels of rules about a room, behind its name: the name alone lets in.
const (
	MayPublish = "-publish" // camera and microphone
	MayShare   = "-share"   // screens
	MayAct     = "-act"     // actions on the media timeline
)

// Labels are all labels of a room.
func Labels(room string) []string {
	return []string{room, room + MayPublish, room + MayShare, room + MayAct}
}

// rights are what a member may do.
type rights struct{ publish, share, act bool }

// list is for the client.
func (r rights) list() []string {
	may := []string{}
	for _, x := range []struct {
		has  bool
		what string
	}{{r.publish, "publish"}, {r.share, "share"}, {r.act, "act"}} {
		if x.has {
			may = append(may, x.what)
		}
	}
	return may
}

// rights asks the CA's durable rules, and the scope of the client's token. refused tells why it may not even be in the room.
func (h *Hub) rights(room name.Name, owner string, scope policy.Scope) (may rights, refused *wire.Error) {
	if refused = h.allowed(room, room.Item, owner, scope); refused != nil {
		return may, refused
	}
	may.publish = h.allowed(room, room.Item+MayPublish, owner, scope) == nil
	may.share = h.allowed(room, room.Item+MayShare, owner, scope) == nil
	may.act = h.allowed(room, room.Item+MayAct, owner, scope) == nil
	return may, nil
}

func (h *Hub) allowed(room name.Name, label, owner string, scope policy.Scope) *wire.Error {
	if err := scope.Permits(room.CA(), label, h.now()); err != nil {
		if e, ok := err.(*wire.Error); ok {
			return e
		}
		return wire.Err(wire.NotAllowed, "Your token does not open this room.")
	}
	return h.opt.Judge(room.CA(), name.Name{App: room.App, Owner: owner}, label, bus.Reader{}).Refusal()
}
