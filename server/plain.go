package server

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

var typeTime = reflect.TypeFor[time.Time]()

// plain tells why values of a type can't travel; nil if they can.
func plain(t reflect.Type) error { return plainIn(t, map[reflect.Type]bool{}) }

func plainIn(t reflect.Type, seen map[reflect.Type]bool) error {
	if t == typeTime || seen[t] {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Uintptr:
		return fmt.Errorf("%s can't be sent over a network", t)
	case reflect.Interface:
		if t.NumMethod() > 0 {
			return fmt.Errorf("%s is an interface; name a concrete type", t)
		}
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return plainIn(t.Elem(), seen)
	case reflect.Map:
		return plainMap(t, seen)
	case reflect.Struct:
		return plainStruct(t, seen)
	}
	return nil
}

func plainMap(t reflect.Type, seen map[reflect.Type]bool) error {
	switch t.Key().Kind() {
	case reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return plainIn(t.Elem(), seen)
	}
	return fmt.Errorf("%s: keys of maps must be strings or integers", t)
}

func plainStruct(t reflect.Type, seen map[reflect.Type]bool) error {
	names := map[string]string{}
	for f := range t.Fields() {
		if !travels(f) {
			continue
		}
		if f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Pointer {
			return fmt.Errorf("field %s: an embedded pointer to an unexported struct can't be read back; embed the struct itself", f.Name)
		}
		if other := names[named(f)]; other != "" && !f.Anonymous {
			return fmt.Errorf("field %s: it has the same name as %s, %q, and neither would be kept", f.Name, other, named(f))
		}
		names[named(f)] = f.Name
		if err := plainIn(f.Type, seen); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
}

// travels tells whether a field is encoded: it is exported or a struct whose own fields count as this one's, and not tagged "-".
func travels(f reflect.StructField) bool {
	if tag(f) == "-" {
		return false
	}
	return f.IsExported() || f.Anonymous && structOf(f.Type)
}

// embedded tells whether a field's own fields count as its struct's.
func embedded(f reflect.StructField) bool {
	return f.Anonymous && f.Type.Kind() == reflect.Struct && tag(f) == "" && f.Type != typeTime
}

func structOf(t reflect.Type) bool {
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}

// tag is what a field's cbor or json tag calls it, empty for nothing.
func tag(f reflect.StructField) string {
	text, ok := f.Tag.Lookup("cbor")
	if !ok {
		text = f.Tag.Get("json")
	}
	name, _, more := strings.Cut(text, ",")
	if name == "-" && more {
		return "-,"
	}
	return name
}

func named(f reflect.StructField) string {
	if name := tag(f); name != "" {
		return name
	}
	return f.Name
}
