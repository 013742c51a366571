package enginetest

import (
	"fmt"
	"slices"
	"strings"
)

// Exchange is a request and what it was answered, byte for byte.
type Exchange struct {
	Method, Path, ContentType, Body string // Path with its query, escaped as it was
	Status                          int    // 0 where nobody answered
	Answer                          string
}

// String is an exchange as golden files hold it.
func (x Exchange) String() string {
	return fmt.Sprintf("%s %s\nContent-Type: %s\n\n%s\n-> %d\n%s\n", x.Method, x.Path, x.ContentType, x.Body, x.Status, x.Answer)
}

// Masked is the exchange with texts replaced, old and new in turn: for what differs from run to run.
func (x Exchange) Masked(oldnew ...string) Exchange {
	r := strings.NewReplacer(oldnew...)
	x.Path, x.Body, x.Answer = r.Replace(x.Path), r.Replace(x.Body), r.Replace(x.Answer)
	return x
}

// Fine tells whether the peer has taken it, as one must judge the answers of both generations: a status of success, and no error in the body.
func (x Exchange) Fine() bool {
	answer, err := parseJSON([]byte(x.Answer))
	return x.Status/100 == 2 && (err != nil || answer.index("error") < 0)
}

// Heard are all requests that came, in the order of their answers.
func (e *Engine) Heard() []Exchange {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// Sent are all requests that the engine made, in the order of the answers.
func (e *Engine) Sent() []Exchange {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.sent)
}
