package discovery

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/name"
)

const maxShown = 32 // CAs of an owner in an answer

// shown is a CA that tells the world of itself.
type shown struct {
	ca   name.Name
	card Card
	eci  string
}

var errEnough = errors.New("discovery: enough seen")

// find lists what an owner, or one of their CAs, has published here, up to maxShown: who.App and who.Local may be empty, and mean all. With an alias, only cards that name it count.
func (d *Discovery) find(ctx context.Context, who name.Name, alias string) (all []shown, err error) {
	if who.Owner == "" || who.Item != "" || name.CheckLabel(who.Owner) != nil {
		return nil, nil
	}
	select {
	case d.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-d.turns }()
	for _, app := range d.Apps {
		if who.App != "" && who.App != app {
			continue
		}
		if len(all) >= maxShown {
			break
		}
		one := name.Name{App: app, Owner: who.Owner, Local: who.Local}
		if all, err = d.collect(all, one, alias); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// collect appends what is published in one app, home first.
func (d *Discovery) collect(all []shown, who name.Name, alias string) ([]shown, error) {
	visit := func(ca name.Name) error {
		card, eci, ok, err := d.Published(ca)
		if err != nil || !ok || eci == "" || alias != "" && !slices.Contains(card.Aliases, alias) {
			return err
		}
		all = append(all, shown{ca, card, eci})
		if len(all) >= maxShown {
			return errEnough
		}
		return nil
	}
	err := d.each(who, visit)
	if err == errEnough {
		err = nil
	}
	return all, err
}

// each visits the CAs that a name means: the one it names, or those of the owner.
func (d *Discovery) each(who name.Name, visit func(name.Name) error) error {
	if who.Local != "" {
		return visit(who)
	}
	prefix := who.App + ":" + who.Owner + "/"
	home := prefix + "home"
	if err := visit(name.Name{App: who.App, Owner: who.Owner, Local: "home"}); err != nil {
		return err
	}
	return d.CAs(prefix, MaxScan, func(ca string) error {
		local := strings.TrimPrefix(ca, prefix)
		if ca == home || strings.Contains(local, "/") { // a topic of a CA
			return nil
		}
		return visit(name.Name{App: who.App, Owner: who.Owner, Local: local})
	})
}
