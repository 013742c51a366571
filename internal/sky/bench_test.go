package sky

import "testing"

var (
	benchPath  = "/sky/event/kS8yQm3pZ0aVn4rT1xWbC7dEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGh/5f3c9a/profile/changed"
	benchBody  = []byte(`{"name":"Alice","phone":"+1 555 0100","email":"alice@example.com","version":17}`)
	benchForm  = []byte(`name=Alice&phone=%2B1+555+0100&email=alice%40example.com&version=17`)
	benchQuery = `name=Alice&phone=%2B1+555+0100`
)

// BenchmarkEvent is what the package costs for a small event from path to value.
func BenchmarkEvent(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, bad := ParsePath(benchPath)
		_, flaw := ReadAttributes("", "application/json", benchBody)
		if bad != nil || flaw != nil {
			b.Fatal(bad, flaw)
		}
	}
}

func BenchmarkParsePath(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, flaw := ParsePath(benchPath); flaw != nil {
			b.Fatal(flaw)
		}
	}
}

func BenchmarkReadAttributes(b *testing.B) {
	for name, c := range map[string]struct {
		query, media string
		body         []byte
	}{
		"json":  {"", "application/json; charset=utf-8", benchBody},
		"form":  {"", "application/x-www-form-urlencoded", benchForm},
		"query": {benchQuery, "", nil},
		"both":  {benchQuery, "application/json", benchBody},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, flaw := ReadAttributes(c.query, c.media, c.body); flaw != nil {
					b.Fatal(flaw)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	a, _ := ReadAttributes("", "application/json", benchBody)
	b.ReportAllocs()
	for b.Loop() {
		if len(a.Encode()) == 0 {
			b.Fatal()
		}
	}
}

func BenchmarkParseAttributes(b *testing.B) {
	a, _ := ReadAttributes("", "application/json", benchBody)
	encoded := a.Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseAttributes(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAttributesOf(b *testing.B) {
	a, _ := ReadAttributes("", "application/json", benchBody)
	encoded := a.Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, flaw := AttributesOf(encoded); flaw != nil {
			b.Fatal(flaw)
		}
	}
}

func BenchmarkAttributesJSON(b *testing.B) {
	a, _ := ReadAttributes("", "application/json", benchBody)
	b.ReportAllocs()
	for b.Loop() {
		if len(a.JSON()) == 0 {
			b.Fatal()
		}
	}
}
