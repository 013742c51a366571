package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// TypeScript declares what an app's CAs look like to a page, for connect<T>(): an interface with the methods that can be requested, named as the app's type, and interfaces of the structs in them. Values are as
// the browser's client has them: integers of more than 32 bits are number | bigint; what is nil in Go is null, slices and maps included; bytes are a Uint8Array, instants RFC 3339 texts, and null when zero; a map with
// whole numbers as keys is a Map, or an empty object; what encodes itself is unknown. Go keeps no parameters' names. An app that can't be hosted is an error.
func TypeScript(app App) (string, error) {
	c, err := newClass(nil, &app)
	if err != nil {
		return "", err
	}
	methods := cmp.Or(identifier(reflect.TypeOf(app.New()).Elem().Name()), "CA")
	s := &script{
		names: map[reflect.Type]string{}, open: map[reflect.Type]bool{},
		taken: map[string]bool{methods: true, "Map": true, "Promise": true, "Uint8Array": true},
	}
	var out strings.Builder
	fmt.Fprintf(&out, "// What the app %s can be asked, made from its Go types: make it anew when they change.\n\nexport interface %s {\n", app.Name, methods)
	for _, name := range slices.Sorted(maps.Keys(c.methods)) {
		if c.requests(name) {
			out.WriteString("  " + s.method(c.methods[name]) + "\n")
		}
	}
	out.WriteString("}\n")
	for len(s.waiting) > 0 {
		t := s.waiting[0]
		s.waiting = s.waiting[1:]
		fmt.Fprintf(&out, "\nexport interface %s {\n", s.names[t])
		for _, p := range s.properties(t) {
			out.WriteString("  " + p + ";\n")
		}
		out.WriteString("}\n")
	}
	return out.String(), nil
}

// script is a TypeScript module in the making.
type script struct {
	names   map[reflect.Type]string
	taken   map[string]bool
	waiting []reflect.Type        // structs with a name that are still to be declared
	open    map[reflect.Type]bool // types other than structs that are being told, each of which may contain itself
}

func (s *script) method(m *method) string {
	args := make([]string, len(m.args))
	for i, t := range m.args {
		args[i] = fmt.Sprintf("arg%d: %s", i+1, s.argument(t))
	}
	result := "null"
	if m.hasResult {
		result = s.value(m.call.Type().Out(0))
	}
	return fmt.Sprintf("%s(%s): Promise<%s>;", m.name, strings.Join(args, ", "), result)
}

// argument is what a method takes: null only where Go has nil.
func (s *script) argument(t reflect.Type) string {
	if t == typeTime {
		return "string"
	}
	return s.value(t)
}

// value is a type as it is encoded, and taken within others.
func (s *script) value(t reflect.Type) string {
	text := s.present(t)
	if text == "unknown" || !nullable(t) && t != typeTime || strings.HasSuffix(text, " | null") {
		return text
	}
	return text + " | null"
}

// present is a type where the value is not nil.
func (s *script) present(t reflect.Type) string {
	if text := special(t); text != "" {
		return text
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64:
		return "number | bigint"
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Struct:
		return s.structure(t)
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		if s.open[t] {
			return "unknown" // it contains itself, and has no name here
		}
		s.open[t] = true
		defer delete(s.open, t)
		return s.made(t)
	}
	return "unknown"
}

// made is a type that is made of another.
func (s *script) made(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Pointer:
		return s.value(t.Elem())
	case t.Kind() != reflect.Map:
		return list(s.value(t.Elem()))
	case t.Key().Kind() == reflect.String:
		return "{ [key: string]: " + s.value(t.Elem()) + " }"
	}
	return "Map<" + s.present(t.Key()) + ", " + s.value(t.Elem()) + "> | { [key: string]: never }"
}

func list(element string) string {
	if strings.Contains(element, " | ") {
		element = "(" + element + ")"
	}
	return element + "[]"
}

func (s *script) structure(t reflect.Type) string {
	fields, form := fieldsOf(t)
	switch {
	case form == asTuple:
		all := make([]string, len(fields))
		for i, f := range fields {
			all[i] = s.value(f.typ)
		}
		return "[" + strings.Join(all, ", ") + "]"
	case form == asMap:
		return "unknown" // keys that are numbers are no properties
	case t.Name() != "":
		return s.name(t)
	case len(fields) == 0:
		return "{}"
	}
	return "{ " + strings.Join(s.properties(t), "; ") + " }"
}

// name gives a struct a name of its own, and has it declared.
func (s *script) name(t reflect.Type) string {
	if name, known := s.names[t]; known {
		return name
	}
	name := identifier(t.Name())
	for n := 2; s.taken[name]; n++ {
		name = fmt.Sprint(identifier(t.Name()), n)
	}
	s.names[t], s.taken[name] = name, true
	s.waiting = append(s.waiting, t)
	return name
}

// paths are those of packages, in the names of generic types' arguments.
var paths = regexp.MustCompile(`[^\[\],]*[./]`)

// identifier makes a name of Go's, Page[example.org/shop.Item] for instance, one of TypeScript's, in upper case: PageItem.
func identifier(name string) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(paths.ReplaceAllString(name, ""), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }) {
		first := []rune(word)
		first[0] = unicode.ToUpper(first[0])
		out.WriteString(string(first))
	}
	return out.String()
}

func (s *script) properties(t reflect.Type) []string {
	fields, _ := fieldsOf(t)
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = property(f.name)
		switch {
		case !f.optional:
			all[i] += ": " + s.value(f.typ)
		case f.never:
			all[i] += "?: " + s.present(f.typ)
		default:
			all[i] += "?: " + s.value(f.typ)
		}
	}
	return all
}

var plainProperty = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

func property(name string) string {
	if plainProperty.MatchString(name) {
		return name
	}
	quoted, err := json.Marshal(name)
	if err != nil {
		panic(err) // a text
	}
	return string(quoted)
}
