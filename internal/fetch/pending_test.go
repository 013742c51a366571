package fetch

import (
	"bytes"
	"net/http"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/outgoing"
)

// What is stored is what was asked for.
func TestCallsAreStoredWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringN(0, 20, -1)
		c := outgoing.Call{Method: text.Draw(r, "method"), URL: text.Draw(r, "URL"), Header: http.Header{}, Body: rapid.SliceOf(rapid.Byte()).Draw(r, "body")}
		for range rapid.IntRange(0, 4).Draw(r, "headers") {
			c.Header.Add(rapid.SampledFrom([]string{"A", "B"}).Draw(r, "key"), string(rapid.SliceOf(rapid.Byte()).Draw(r, "value")))
		}
		got, err := unpack(pack(&c))
		if err != nil || got.Method != c.Method || got.URL != c.URL || !bytes.Equal(got.Body, c.Body) || !reflect.DeepEqual(got.Header, c.Header) {
			r.Fatalf("%+v became %+v, %v", c, got, err)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack(&outgoing.Call{Method: "POST", URL: "https://example.org/", Header: http.Header{"A": {"b", "c"}}, Body: []byte("hello")}))
	f.Add([]byte{0x84, 0x60, 0x60, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(_ *testing.T, packed []byte) { _, _ = unpack(packed) })
}

func TestPausesGrow(t *testing.T) {
	q := &pending{}
	for tries := range 40 {
		q.failed(0, "", 0)
		whole := time.Second << min(tries, 10)
		if whole > 15*time.Minute {
			whole = 15 * time.Minute
		}
		if wait := time.Duration(q.at) * time.Microsecond; wait > whole || wait < whole/2-time.Microsecond {
			t.Errorf("after %d tries it waits %v, not up to %v", tries+1, wait, whole)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "0": 0, "120": 2 * time.Minute, "1.5": 0, "99999999999999999999": 0, "4000000000": MaxWithin,
		"Tue, 01 Jan 2030 00:01:00 GMT": time.Minute, "Mon, 31 Dec 2029 23:59:00 GMT": 0, "Tue, 01 Jan 2041 00:00:00 GMT": MaxWithin,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now.UnixMicro()); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
