package server

import (
	"fmt"
	"reflect"
	"time"
)

// plain tells why values of a type can't travel; nil if they can.
func plain(t reflect.Type) error { return plainIn(t, map[reflect.Type]bool{}) }

func plainIn(t reflect.Type, seen map[reflect.Type]bool) error {
	if t == reflect.TypeFor[time.Time]() || seen[t] {
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
	for f := range t.Fields() {
		if !f.IsExported() || f.Tag.Get("cbor") == "-" || f.Tag.Get("json") == "-" {
			continue
		}
		if err := plainIn(f.Type, seen); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
}
