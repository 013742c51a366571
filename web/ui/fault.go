package ui

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// FaultProps describe an error page. Only Status is required: the words for it are known.
type FaultProps struct {
	Status int
	Title  string // what happened, in a few words
	Line   string // what was kept and what to do, in a sentence or two
	Path   string // what was asked for
	Again  bool   // trying again may help
}

type faultWords struct{ title, line string }

var knownFaults = map[int]faultWords{
	http.StatusUnauthorized:        {"Please sign in", "This page is for people who are signed in. Open the app and sign in there."},
	http.StatusForbidden:           {"This is not open to you", "Its owner decides who comes in. Ask them to let you in, then try again."},
	http.StatusNotFound:            {"There is nothing here", "The address may be misspelt, or the app may have moved. Nothing is lost."},
	http.StatusMethodNotAllowed:    {"That cannot be done here", "This address can only be read."},
	http.StatusTooManyRequests:     {"Too much at once", "The server is busy with what you sent before. Wait a moment, then try again."},
	http.StatusInternalServerError: {"Something broke in the server", "It is not your fault, and what was saved is safe. Try again; if it stays, tell the server's operator."},
	http.StatusServiceUnavailable:  {"The server is not ready", "It is starting or stopping. What was saved is safe. Try again in a moment."},
}

var otherFault = faultWords{"That did not work", "What was saved is safe. Try again; if it stays, tell the server's operator."}

func (f FaultProps) words() faultWords {
	if w, ok := knownFaults[f.Status]; ok {
		return w
	}
	return otherFault
}

func (f FaultProps) title() string {
	if f.Title != "" {
		return f.Title
	}
	return f.words().title
}

func (f FaultProps) line() string {
	if f.Line != "" {
		return f.Line
	}
	return f.words().line
}

func (f FaultProps) code() string {
	return strings.TrimSpace(strconv.Itoa(f.Status) + " " + strings.ToLower(http.StatusText(f.Status)))
}

// again is the address to try again: always of this server, though a path of two slashes would name another one.
func (f FaultProps) again() templ.SafeURL {
	return templ.URL("/" + strings.TrimLeft(f.Path, `/\`))
}

// WriteFault answers a request with an error page of that status and its headers.
func WriteFault(w http.ResponseWriter, r *http.Request, f FaultProps) {
	if f.Path == "" {
		f.Path = r.URL.RequestURI()
	}
	f.Again = f.Again || f.Status >= 500 || f.Status == http.StatusTooManyRequests
	Serve(w, r, f.Status, Fault(f))
}

// Serve answers a request with a page and the headers of Secure. A page that can't be drawn becomes a plain 500.
func Serve(w http.ResponseWriter, r *http.Request, status int, page templ.Component) {
	Secure(w.Header())
	templ.Handler(page, templ.WithStatus(status)).ServeHTTP(w, r)
}
