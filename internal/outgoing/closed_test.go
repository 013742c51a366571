package outgoing

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// inside is a peer that nobody may reach.
func inside(t *testing.T) (port string) {
	s := peer(t, func(http.ResponseWriter, *http.Request) { t.Error("it was reached") })
	u, _ := url.Parse(s.URL)
	return u.Port()
}

func TestCHAN5_NothingInsideIsReached(t *testing.T) {
	port := inside(t)
	hidden := &names{lists: map[string][][]string{
		"inside.example.":  {{"127.0.0.1"}},
		"both.example.":    {{"::1", "127.0.0.1"}},
		"mapped.example.":  {{"::ffff:127.0.0.1"}},
		"private.example.": {{"10.0.0.1", "192.168.1.1", "169.254.169.254"}},
	}}
	c := client(t, Options{Resolver: hidden.resolver()})
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "localhost", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
		"[2002:7f00:1::]", "[fe80::1]", "[ff02::1]", "169.254.169.254", "10.0.0.1", "100.100.100.200", "255.255.255.255",
		"inside.example", "both.example", "mapped.example", "private.example",
	} {
		wants(t, c, Call{URL: "http://" + host + ":" + port + "/"}, wire.NotAllowed)
	}
	for _, host := range []string{"2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "127.0.0.256", "0x7f000001.", "[fe80::1%25lo]", "[::1%25lo]"} {
		wants(t, c, Call{URL: "http://" + host + ":" + port + "/"}, wire.BadRequest)
	}
}

// The forms of numbers that the call's check refuses would not get through at the connection either.
func TestCHAN5_TheConnectionDecides(t *testing.T) {
	port := inside(t)
	c := client(t, Options{})
	for _, host := range []string{"2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "127.1", "::1%lo"} {
		if conn, err := c.dial(t.Context(), "tcp", net.JoinHostPort(host, port)); err == nil {
			conn.Close()
			t.Errorf("%s was reached", host)
		}
	}
}

// A name that means a public address when it is asked for the first time, and an inner one at the second, is checked at the second.
func TestCHAN5_ANameThatIsBoundAnew(t *testing.T) {
	port := inside(t)
	bad := &names{lists: map[string][][]string{"rebind.example.": {{"127.0.0.1"}, {"10.0.0.1"}, {"127.0.0.1"}}}}
	c := client(t, Options{Resolver: bad.resolver()})
	for range 5 {
		wants(t, c, Call{URL: "http://rebind.example:" + port}, wire.NotAllowed)
	}
	if bad.asked < 5 {
		t.Errorf("the name was asked for %d times only", bad.asked)
	}
}

// An open address is used although the name has closed ones, too.
func TestCHAN5_OneOpenAddressIsEnough(t *testing.T) {
	s := peer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	u, _ := url.Parse(s.URL)
	mixed := &names{lists: map[string][][]string{"mixed.example.": {{"10.0.0.1", "127.0.0.1"}}}}
	c := client(t, Options{Resolver: mixed.resolver(), Open: prefixes("127.0.0.1/32")})
	if a := wants(t, c, Call{URL: "http://mixed.example:" + u.Port()}, ""); a.Status != 204 {
		t.Error(a)
	}
	// What is open but does not answer may pass; that nothing was open would not.
	wants(t, c, Call{URL: "http://127.0.0.1:1/"}, wire.Unavailable)
}

func TestCHAN5_NoProxyFromTheEnvironment(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+inside(t))
	s := peer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	c := client(t, Options{Open: loopback, Resolver: (&names{lists: map[string][][]string{"outside.example.": {{"127.0.0.1"}}}}).resolver()})
	wants(t, c, Call{URL: strings.Replace(s.URL, "127.0.0.1", "outside.example", 1)}, "")
}

func TestCHAN5_NoRedirectIsFollowed(t *testing.T) {
	port := inside(t)
	s := peer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:"+port+"/", http.StatusTemporaryRedirect)
	})
	a := wants(t, client(t, Options{Open: loopback}), Call{Method: "POST", URL: s.URL}, "")
	if a.Status != 307 || a.Header.Get("Location") == "" {
		t.Errorf("%+v", a)
	}
}

func TestACallIsCheckedBeforeItIsMade(t *testing.T) {
	c := client(t, Options{})
	for _, url := range []string{
		"", "/path", "//host", "example.org", "ftp://example.org", "file:///etc/passwd", "gopher://example.org", "unix:///x", "http:", "http://", "http:///x", "http:x", "http://:80",
		"http://h:", "http://h:0", "http://h:99999", "http://h:x", "http://a@h", "http://a:b@h", "http://a b/", "http://h\r\nx/", "http://[::1", "http://h%00/", "https://[fe80::1%25eth0]/",
	} {
		wants(t, c, Call{URL: url}, wire.BadRequest)
	}
	for _, call := range []Call{
		{Method: "CONNECT"}, {Method: "TRACE"}, {Method: "G ET"}, {Method: "GET\r\nX: y"}, {Timeout: -1}, {Timeout: MaxTimeout + 1},
		{Header: http.Header{"Host": {"inside"}}}, {Header: http.Header{"transfer-encoding": {"chunked"}}}, {Header: http.Header{"Content-Length": {"0"}}},
		{Header: http.Header{"Upgrade": {"h2c"}}}, {Header: http.Header{"A b": {"c"}}}, {Header: http.Header{"A": {"b\r\nC: d"}}}, {Header: http.Header{"": {"b"}}},
	} {
		call.URL = "http://192.0.2.1/"
		wants(t, c, call, wire.BadRequest)
	}
	for _, call := range []Call{
		{URL: "http://h/" + strings.Repeat("x", MaxURL)}, {URL: "http://h/", Body: make([]byte, MaxBody+1)}, {URL: "http://h/", Header: http.Header{"A": make([]string, MaxHeaders+1)}},
		{URL: "http://h/", Header: http.Header{"A": {strings.Repeat("x", MaxHeaderBytes)}}},
	} {
		wants(t, c, call, wire.TooLarge)
	}
}
