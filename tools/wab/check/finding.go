package check

import (
	"cmp"
	"context"
	"time"
)

// State is what a look has come to.
type State string

// OK, something that works but not for everybody, something that doesn't work, and what could not be looked at.
const (
	OK   State = "ok"
	Warn State = "warn"
	Fail State = "fail"
	Skip State = "skip"
)

// Finding is what one look has found.
type Finding struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"` // what to do about it; empty if there is nothing to do
}

// Report is all that was found.
type Report struct {
	URL      string    `json:"url"`
	OK       bool      `json:"ok"` // nothing has failed
	Findings []Finding `json:"findings"`
}

const lookFor = 5 * time.Second // one look, unless the target says otherwise

// Run looks at a target. Report gets each finding as it comes; it may be nil.
func Run(ctx context.Context, t Target, tell func(Finding)) Report {
	t.Within = cmp.Or(t.Within, lookFor)
	c := &checker{target: t, report: Report{URL: t.URL, OK: true}, tell: tell}
	defer c.close()
	c.look(ctx, c.address, c.http, c.certificate, c.secure, c.websocket, c.authorize, c.clock, c.udp, c.tcp, c.relays, c.data)
	return c.report
}

func (c *checker) look(ctx context.Context, looks ...func(context.Context)) {
	for _, l := range looks {
		if ctx.Err() != nil || c.over {
			return
		}
		l(ctx)
	}
}

func (c *checker) found(name string, s State, detail, remedy string) {
	f := Finding{name, s, detail, remedy}
	c.report.Findings = append(c.report.Findings, f)
	if s == Fail {
		c.report.OK = false
	}
	if c.tell != nil {
		c.tell(f)
	}
}

func (c *checker) ok(name, detail string)           { c.found(name, OK, detail, "") }
func (c *checker) warn(name, detail, remedy string) { c.found(name, Warn, detail, remedy) }
func (c *checker) fail(name, detail, remedy string) { c.found(name, Fail, detail, remedy) }
func (c *checker) skip(name, detail, remedy string) { c.found(name, Skip, detail, remedy) }
