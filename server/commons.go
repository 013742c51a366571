package server

import (
	"errors"
	"fmt"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
)

// maxCommons is how many CAs of an app may belong to the server itself.
const maxCommons = 16

func (a *App) checkCommons() error {
	if len(a.Commons) > maxCommons {
		return fail(a.Name, "Commons names at most %d assistants", maxCommons)
	}
	for _, local := range a.Commons {
		if err := name.CheckLabel(local); err != nil {
			return fail(a.Name, "Commons: %w", err)
		}
	}
	return nil
}

// openCommons makes the CAs that belong to the server itself, and waits until they are durable: whoever comes finds them there.
func (s *Server) openCommons() error {
	var all []name.Name
	for i := range s.apps {
		for _, local := range s.apps[i].Commons {
			all = append(all, name.Name{App: s.apps[i].Name, Owner: name.CommonsOwner, Local: local})
		}
	}
	flaws := make(chan error, len(all))
	b := bus.New(s.runtime)
	for _, ca := range all {
		b.Request(bus.Request{Caller: bus.Caller{Owner: name.CommonsOwner}, To: ca, Reply: func(r bus.Reply) {
			if r.Err != nil {
				flaws <- fmt.Errorf("wab: the assistant %s, which belongs to the server, can't be opened: %w", ca, r.Err)
				return
			}
			flaws <- nil
		}})
	}
	var err error
	for range all {
		err = errors.Join(err, <-flaws)
	}
	return err
}
