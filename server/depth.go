package server

import (
	"fmt"
	"reflect"
	"sync"

	deterministic "github.com/wabgo/wab/internal/cbor"
)

// maxTravelHops is more than any value takes that travels, for pointers count here and do not there.
const maxTravelHops = 4 * deterministic.MaxDepth

// bounded refuses a value that contains itself, which no encoder would survive, or that nests beyond a number of pointers, containers and interfaces.
func bounded(v any, hops int) error {
	if v == nil || !endless(reflect.TypeOf(v)) {
		return nil
	}
	return boundedIn(reflect.ValueOf(v), hops)
}

func boundedIn(v reflect.Value, hops int) error {
	if hops < 0 {
		return fmt.Errorf("a %s nests too deep, or contains itself", v.Type())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return boundedIn(v.Elem(), hops-1)
		}
	case reflect.Slice, reflect.Array:
		return boundedItems(v, hops-1)
	case reflect.Map:
		for all := v.MapRange(); all.Next(); {
			if err := boundedIn(all.Value(), hops-1); err != nil {
				return err
			}
		}
	case reflect.Struct:
		return boundedFields(v, hops-1)
	}
	return nil
}

func boundedItems(v reflect.Value, hops int) error {
	if !endless(v.Type().Elem()) {
		return nil
	}
	for i := range v.Len() {
		if err := boundedIn(v.Index(i), hops); err != nil {
			return err
		}
	}
	return nil
}

func boundedFields(v reflect.Value, hops int) error {
	for i := range v.NumField() {
		if f := v.Type().Field(i); !travels(f) || !endless(f.Type) {
			continue
		}
		if err := boundedIn(v.Field(i), hops); err != nil {
			return err
		}
	}
	return nil
}

var endlessTypes sync.Map // reflect.Type → bool

// endless tells whether values of a type may nest without end: it refers to itself, or holds anything.
func endless(t reflect.Type) bool {
	if known, ok := endlessTypes.Load(t); ok {
		return known.(bool)
	}
	is := endlessIn(t, map[reflect.Type]bool{})
	endlessTypes.Store(t, is)
	return is
}

// endlessIn walks a type; above holds those that it is a part of.
func endlessIn(t reflect.Type, above map[reflect.Type]bool) bool {
	if above[t] || t.Kind() == reflect.Interface {
		return true
	}
	above[t] = true
	defer delete(above, t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return endlessIn(t.Elem(), above)
	case reflect.Struct:
		for f := range t.Fields() {
			if travels(f) && endlessIn(f.Type, above) {
				return true
			}
		}
	}
	return false
}
