package main

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// token has these claims, and no signature.
func token(t testing.TB, c claims) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"sub": "alice", "app": c.App, "ca": c.CA, "methods": c.Methods})
	if err != nil {
		t.Fatal(err)
	}
	return "e30." + base64.RawURLEncoding.EncodeToString(body) + ".c2ln"
}

func TestOptions(t *testing.T) {
	t.Setenv("WAB_TOKEN", "")
	lamp := token(t, claims{"tweetiot", "alice/home", []string{"DeviceReport", "lamp-desired", "lamp-reported", "lamp-bundles"}})
	both := token(t, claims{"tweetiot", "alice/home", []string{"lamp-bundles", "buzzer-bundles"}})
	all := token(t, claims{})
	for _, c := range []struct {
		args string
		want pass   // without its token
		flaw string // or what is wrong
	}{
		{"--token " + lamp, pass{server: "http://localhost:8080", ca: "tweetiot:alice/home", name: "lamp"}, ""},
		{"-server https://a.example -token " + lamp + " -name lamp", pass{server: "https://a.example", ca: "tweetiot:alice/home", name: "lamp"}, ""},
		{"--token " + lamp + " --ca bob/attic", pass{server: "http://localhost:8080", ca: "tweetiot:bob/attic", name: "lamp"}, ""},
		{"--token " + all + " --ca lights:bob/attic --name x", pass{server: "http://localhost:8080", ca: "lights:bob/attic", name: "x"}, ""},
		{"https://b.example/tweetiot/device#token=" + lamp + "&ca=alice/home&name=lamp", pass{server: "https://b.example", ca: "tweetiot:alice/home", name: "lamp"}, ""},
		{"--name buzzer https://b.example/tweetiot/device#token=" + both + "&ca=alice%2Fhome&name=lamp", pass{server: "https://b.example", ca: "tweetiot:alice/home", name: "buzzer"}, ""},
		{"", pass{}, "needs a token"},
		{"--token x", pass{}, "not a token"},
		{"--token a.!.c", pass{}, "not a token"},
		{"--token a.e3.c", pass{}, "not a token"},
		{"--token " + lamp + " --name buzzer", pass{}, `for the device lamp, not for "buzzer"`},
		{"--token " + both, pass{}, "say --name"},
		{"--token " + all + " --name lamp", pass{}, "say --ca"},
		{"--token " + all + " --name lamp --ca alice/home", pass{}, "say --ca"},
		{"--token " + token(t, claims{"a", "b/c", []string{"Add"}}) + " --name lamp", pass{}, "for no device"},
		{"--token " + lamp + " --server localhost:8080", pass{}, "no address of a server"},
		{"--token " + lamp + " --server ftp://x", pass{}, "no address of a server"},
		{"--token " + lamp + " --server http://", pass{}, "no address of a server"},
		{"--token " + lamp + " --server http://%zz", pass{}, "no address of a server"},
		{"--token " + lamp + " --loud", pass{}, "-loud"},
		{"https://b.example/tweetiot/device", pass{}, "no link of a device"},
		{"https://b.example/#token=x&ca=alice/home", pass{}, "no link of a device"},
		{"https://b.example/a#%zz", pass{}, "no link of a device"},
		{"one two", pass{}, `"two" is one argument too many`},
	} {
		o, err := parse(strings.Fields(c.args))
		o.token = ""
		switch {
		case c.flaw != "":
			if err == nil || !strings.Contains(err.Error(), c.flaw) || exitCode(err) != 2 || strings.Contains(err.Error(), "eyJ") || !strings.HasSuffix(err.Error(), ".") {
				t.Errorf("%q: %v", c.args, err)
			}
		case err != nil || o.pass != c.want:
			t.Errorf("%q: %+v, %v", c.args, o.pass, err)
		}
	}
}

func TestHelpIsOnStdout(t *testing.T) {
	out, errs := newTape(), newTape()
	if code := run(t.Context(), []string{"--help"}, out, errs); code != 0 || errs.String() != "" || !strings.Contains(out.String(), "-sensor name") {
		t.Errorf("%d %s%s", code, out, errs)
	}
}

func FuzzArguments(f *testing.F) {
	lamp := token(f, claims{"tweetiot", "alice/home", []string{"lamp-bundles"}})
	f.Add("https://b.example/tweetiot/device#token="+lamp+"&ca=alice/home&name=lamp", lamp)
	f.Add("", "a.bnVsbA.c")
	f.Add("http://[::1]:80/x#token=a.e30.c&ca=%00", "a.W10.c")
	f.Fuzz(func(t *testing.T, link, token string) {
		args := []string{"--token", token}
		if link != "" && !strings.HasPrefix(link, "-") {
			args = append(args, link)
		}
		o, err := parse(args)
		if err == nil && (o.name == "" || o.token == "" || !strings.Contains(o.ca, ":") || !strings.HasPrefix(o.server, "http")) {
			t.Errorf("%+v", o)
		}
	})
}
