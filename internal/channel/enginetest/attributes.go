package enginetest

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Attributes are an event's, in the order in which they are sent.
type Attributes []Attribute

// Attribute is a name and anything that JSON can say.
type Attribute struct {
	Name  string
	Value any
}

// Text is an attribute's text, empty if there is none.
func (a Attributes) Text(name string) string {
	text, _ := a.value(name).(string)
	return text
}

func (a Attributes) value(name string) any {
	if i := a.index(name); i >= 0 {
		return a[i].Value
	}
	return nil
}

func (a Attributes) index(name string) int {
	return slices.IndexFunc(a, func(x Attribute) bool { return x.Name == name })
}

// with sets one, where it stands or at the end.
func (a Attributes) with(name string, value any) Attributes {
	a = slices.Clone(a)
	if i := a.index(name); i >= 0 {
		a[i].Value = value
		return a
	}
	return append(a, Attribute{name, value})
}

// put sets all of others.
func (a Attributes) put(others Attributes) Attributes {
	for _, x := range others {
		a = a.with(x.Name, x.Value)
	}
	return a
}

func (a Attributes) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return a.Text(name) == "" })
}

func (a Attributes) mapped() map[string]any {
	m := make(map[string]any, len(a))
	for _, x := range a {
		m[x.Name] = x.Value
	}
	return m
}

// JSON is how they are sent.
func (a Attributes) JSON() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, x := range a {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(encoded(x.Name))
		b.WriteByte(':')
		b.Write(encoded(x.Value))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// encoded is JSON as engines write it: nothing is escaped for HTML.
func encoded(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // of a test that sends a channel, or the like
	}
	return bytes.TrimSpace(b.Bytes())
}

// parseJSON takes an object, in its order.
func parseJSON(body []byte) (a Attributes, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		a = a.with(name.(string), value)
	}
	_, err = d.Token() // the end, which a body that was cut off lacks
	return a, err
}
