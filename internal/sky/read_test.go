package sky

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

const (
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
)

func TestReadAttributes(t *testing.T) {
	for _, c := range []struct{ query, media, body, want string }{
		{"", "", "", `{}`},
		{"", asJSON, "", `{}`}, // engines send the type of a body that isn't there
		{"", "text/plain", "", `{}`},
		{"", asJSON, "{}", `{}`},
		{"", "", "", `{}`},
		{"a=1&b=x+y&c", "", "", `{"a":"1","b":"x y","c":""}`},
		{"&&a=1&", "", "", `{"a":"1"}`},
		{"a=b=c&d=%26%3D%2B+", "", "", `{"a":"b=c","d":"\u0026=+ "}`},
		{"a;b=1;2", "", "", `{"a;b":"1;2"}`},
		{"%61=%C3%A9", "", "", `{"a":"é"}`},
		{"", asForm, "a=1&b=%00", `{"a":"1","b":"\u0000"}`},
		{"", "Application/JSON ; Charset=\"UTF-8\"", `{"a":1}`, `{"a":1}`},
		{"", "application/json; boundary=x;charset=us-ascii", `{"a":1}`, `{"a":1}`},
		{"", "APPLICATION/X-WWW-FORM-URLENCODED;charset=utf-8", `a=1`, `{"a":"1"}`},
		{"a=query&b=query", asJSON, `{"a":null,"c":[1,{"x":true}]}`, `{"a":null,"b":"query","c":[1,{"x":true}]}`},
		{"a=query&b=query", asForm, `a=body`, `{"a":"body","b":"query"}`},
		{"_headers=x&_headers=y&a=1", "", "", `{"a":"1"}`},
		{"", asForm, "_headers=x", `{}`},
		{"", asJSON, `{"_headers":{"cookie":"secret"},"a":1}`, `{"a":1}`},
		{"", asJSON, `{"__proto__":{"x":1},"constructor":"c","":""}`, ``},
		{"", asJSON, `{"__proto__":{"x":1},"constructor":"c","\u0000":"\u0000"}`, `{"\u0000":"\u0000","__proto__":{"x":1},"constructor":"c"}`},
		{"", asJSON, ` { "a" : 1.0 , "b":-0, "c":1e3, "d":0.5,"e":18446744073709551615,"f":-9223372036854775808}`, `{"a":1,"b":0,"c":1000,"d":0.5,"e":18446744073709551615,"f":-9223372036854775808}`},
		{"", asJSON, `{"a":123456789012345678901234567890,"b":1e-400}`, `{"a":1.2345678901234568e+29,"b":0}`},
		{"", asJSON, `{"a":"\ud800","b":"\ud83d\ude00","c":"\udc00x"}`, `{"a":"` + "\ufffd" + `","b":"😀","c":"` + "\ufffd" + `x"}`},
		{"", asJSON, "{\"a\":\"\xff\"}", `{"a":"` + "\ufffd" + `"}`},
	} {
		got, flaw := ReadAttributes(c.query, c.media, []byte(c.body))
		if c.want == "" {
			if flaw == nil {
				t.Errorf("%s is let through", c.body)
			}
			continue
		}
		if flaw != nil || string(got.JSON()) != c.want {
			t.Errorf("%q, %q, %q: %s, %v; want %s", c.query, c.media, c.body, got.JSON(), flaw, c.want)
		}
	}
}

func TestReadAttributesRefuses(t *testing.T) {
	many := func(from, to int, format string) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	for _, c := range []struct {
		query, media, body string
		code               wire.Code
		says               string
	}{
		{"a=1&a=1", "", "", wire.BadRequest, `The attribute "a" comes twice.`},
		{"a=1&%61=2", "", "", wire.BadRequest, `"a" comes twice`},
		{"a&a", "", "", wire.BadRequest, "twice"},
		{"", asForm, "a=1&b=2&a=3", wire.BadRequest, "twice"},
		{"", asJSON, `{"a":1,"a":1}`, wire.BadRequest, "twice"},
		{"", asJSON, `{"a":1,"\u0061":2}`, wire.BadRequest, "twice"},
		{"", asJSON, `{"a":{"b":1,"b":2}}`, wire.BadRequest, "twice"},
		{"", asJSON, `{"_headers":1,"_headers":2}`, wire.BadRequest, "twice"},
		{"", asJSON, `{"\ud800":1,"\udbff":2}`, wire.BadRequest, "twice"},
		{"=1", "", "", wire.BadRequest, "no name"},
		{"=", "", "", wire.BadRequest, "no name"},
		{"", asJSON, `{"":1}`, wire.BadRequest, "no name"},
		{"a=%", "", "", wire.BadRequest, "escape"},
		{"%4=1", "", "", wire.BadRequest, "escape"},
		{"a=%u0041", "", "", wire.BadRequest, "escape"},
		{"a=%ff", "", "", wire.BadRequest, "UTF-8"},
		{"a=\xff", "", "", wire.BadRequest, "UTF-8"},
		{"%ED%A0%80=1", "", "", wire.BadRequest, "UTF-8"},
		{"", asForm, "a=%C3", wire.BadRequest, "UTF-8"},
		{"", asJSON, `[]`, wire.BadRequest, "object"},
		{"", asJSON, `null`, wire.BadRequest, "object"},
		{"", asJSON, `"a=1"`, wire.BadRequest, "object"},
		{"", asJSON, `17`, wire.BadRequest, "object"},
		{"", asJSON, ` `, wire.BadRequest, "well-formed"},
		{"", asJSON, `{"a":1`, wire.BadRequest, "well-formed"},
		{"", asJSON, `{"a":1}{"b":2}`, wire.BadRequest, "more than one"},
		{"", asJSON, `{"a":NaN}`, wire.BadRequest, "well-formed"},
		{"", asJSON, `{'a':1}`, wire.BadRequest, "well-formed"},
		{"", asJSON, "\xef\xbb\xbf{}", wire.BadRequest, "well-formed"},
		{"", asJSON, "{\"a\":\"\x00\"}", wire.BadRequest, "well-formed"},
		{"", asJSON, `a=1`, wire.BadRequest, "well-formed"},
		{"", asJSON, `{"a":1e999}`, wire.BadRequest, "out of range"},
		{"", asJSON, nested(MaxDepth + 1), wire.BadRequest, "24 deep"},
		{"", asJSON, nested(100), wire.BadRequest, "deep"},
		{"", asJSON, nested(500000), wire.BadRequest, "The JSON cannot be used"},
		{"", asJSON, `{"a":` + strings.Repeat(`{"b":`, MaxDepth+1) + "1" + strings.Repeat("}", MaxDepth+2), wire.BadRequest, "deep"},
		{"", asJSON, `{"` + strings.Repeat("é", MaxName) + `":1}`, wire.TooLarge, "too long a name"},
		{strings.Repeat("x", MaxName+1), "", "", wire.TooLarge, "too long a name"},
		{"", asJSON, `{"a":"` + strings.Repeat("x", MaxValue) + `"}`, wire.TooLarge, `"a" is too large`},
		{"", asForm, `a=` + strings.Repeat("x", MaxValue), wire.TooLarge, `"a" is too large`},
		{"a=" + strings.Repeat("x", MaxQuery), "", "", wire.TooLarge, "query"},
		{"", asJSON, `{"a":1}` + strings.Repeat(" ", MaxBody), wire.TooLarge, "body"},
		{"", asForm, strings.Repeat("&", MaxBody+1), wire.TooLarge, "body"},
		{"", "image/png", strings.Repeat("x", MaxBody+1), wire.TooLarge, "body"},
		{"", asJSON, `{"a":[` + strings.Repeat("0.1,", 130000) + `1]}`, wire.TooLarge, "too large"}, // grows in CBOR
		{"", asJSON, `{` + many(0, MaxAttributes, `"%d":0,`) + `"x":0}`, wire.TooLarge, "too many"},
		{many(0, MaxAttributes+1, "%d&"), "", "", wire.TooLarge, "too many"},
		{many(0, MaxAttributes, "%d&"), asForm, "x=1", wire.TooLarge, "too many"},
	} {
		_, flaw := ReadAttributes(c.query, c.media, []byte(c.body))
		if flaw == nil || flaw.Code != c.code || !strings.Contains(flaw.Message, c.says) {
			t.Errorf("%.40q, %.40q, %.40q: %v; want %s: %s", c.query, c.media, c.body, flaw, c.code, c.says)
			continue
		}
		checkSentence(t, flaw)
	}
}

func TestOtherBodiesAreRefusedByTheirType(t *testing.T) {
	for _, media := range []string{
		"", " ", ";", "text/plain", "text/json", "application/xml", "application/octet-stream", "multipart/form-data; boundary=x", "application/json/x", "applicationjson",
		"application/jsonp", "application/ld+json", "application/json, text/plain", "application/json; charset=utf-16", "application/json; a=b; CHARSET = \"iso-8859-1\"",
		"application/x-www-form-urlencoded; charset=latin1", "application/json; charset", "\x00",
	} {
		if a, flaw := ReadAttributes("a=1", media, []byte(`{"a":1}`)); flaw != ErrMediaType || a != nil {
			t.Errorf("%q: %v, %v", media, a, flaw)
		}
	}
	checkSentence(t, ErrMediaType)
}

func TestAsManyAsAllowed(t *testing.T) {
	var b strings.Builder
	for i := range MaxAttributes {
		b.WriteString("&" + strconv.Itoa(i))
	}
	a, flaw := ReadAttributes(b.String(), asForm, []byte(b.String()+"&_headers="))
	if flaw != nil || len(a) != MaxAttributes {
		t.Error(len(a), flaw)
	}
	name, value := strings.Repeat("é", MaxName/2), strings.Repeat("x", MaxValue-5)
	a, flaw = ReadAttributes("", asJSON, []byte(`{"`+name+`":"`+value+`"}`))
	if flaw != nil || a.Text(name) != value {
		t.Error(flaw)
	}
	deep := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	if a, flaw = ReadAttributes("", asJSON, []byte(`{"a":`+deep+`}`)); flaw != nil || string(a.JSON()) != `{"a":`+deep+`}` {
		t.Error(flaw)
	}
}

// A secret in a value, or what a caller sent, is nothing for an error that others may read.
func TestErrorsShowNamesOnly(t *testing.T) {
	long := strings.Repeat("n", 200)
	for _, query := range []string{"k=secret&k=secret", "k\n\x1b=secret&k%0A%1B=secret", long + "=secret&" + long + "=secret", "k=secret%"} {
		_, flaw := ReadAttributes(query, "", nil)
		if flaw == nil || strings.Contains(flaw.Message, "secret") || len(flaw.Message) > 120 {
			t.Errorf("%s: %v", query, flaw)
			continue
		}
		checkSentence(t, flaw)
	}
}
