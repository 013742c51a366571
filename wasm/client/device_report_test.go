package client

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDEV2_WhatIsToBeReportedIsKeptUntilItHasArrived(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := newOutbox()
		said, arrived := map[string]string{}, map[string]string{}
		outcomes, told := 0, 0
		for i := range rapid.IntRange(0, 100).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				key, value := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"), fmt.Sprint(i)
				o.number++
				o.values[key] = reported{[]byte(value), o.number}
				said[key] = value
			case 1:
				o.add(outcome{ID: fmt.Sprint(outcomes)})
				outcomes++
			default:
				p := o.parcel()
				if p == nil {
					continue
				}
				if rapid.Bool().Draw(t, "while it is under way") {
					o.number++
					o.values["a"] = reported{[]byte("later"), o.number}
					said["a"] = "later"
					o.add(outcome{ID: fmt.Sprint(outcomes)})
					outcomes++
				}
				if rapid.Bool().Draw(t, "is lost") {
					continue
				}
				for key, value := range p.values {
					arrived[key] = string(value)
				}
				for _, out := range p.outcomes {
					if out.ID != fmt.Sprint(told) {
						t.Fatalf("outcome %s after %d", out.ID, told)
					}
					told++
				}
				o.settle(p)
			}
		}
		for p := o.parcel(); p != nil; p = o.parcel() {
			for key, value := range p.values {
				arrived[key] = string(value)
			}
			told += len(p.outcomes)
			o.settle(p)
		}
		if told != outcomes || fmt.Sprint(arrived) != fmt.Sprint(said) {
			t.Fatalf("%d of %d outcomes, %v of %v", told, outcomes, arrived, said)
		}
	})
}

func TestReportsAreBounded(t *testing.T) {
	o := newOutbox()
	for i := range maxOutcomes + 5 {
		o.add(outcome{ID: fmt.Sprint(i), Error: strings.Repeat("x", maxText)})
	}
	if len(o.outcomes) != maxOutcomes || o.outcomes[0].ID != "5" || o.lost != 5 {
		t.Error(len(o.outcomes), o.outcomes[0].ID, o.lost)
	}
	for i := range 10 {
		o.values[fmt.Sprint(i)] = reported{value: make([]byte, maxValue)}
	}
	parcels := 0
	for p := o.parcel(); p != nil; p = o.parcel() {
		size := 0
		for _, v := range p.values {
			size += len(v)
		}
		for _, out := range p.outcomes {
			size += len(out.Error)
		}
		if size > reportBytes {
			t.Errorf("%d bytes in one report", size)
		}
		o.settle(p)
		parcels++
	}
	if parcels < 7 {
		t.Error(parcels)
	}
}

func TestTextsAreClipped(t *testing.T) {
	if s := clip(strings.Repeat("é", maxText)); len(s) > maxText || !strings.HasPrefix(s, "éé") || strings.ContainsRune(s, '�') {
		t.Errorf("%d bytes", len(s))
	}
}
