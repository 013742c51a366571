package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// pclntab is the linker's table of functions (runtime/symtab.go, pcHeader and _func; internal/abi.CurrentPCLnTabMagic).
type pclntab struct {
	bytes       []byte
	tables, fns int // where tables by instruction begin, and what describes functions
	count       int
}

// pclntabHead is its magic number, two zeros, the least size of an instruction, and that of a pointer.
var pclntabHead = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

// The fields of a function's description that count here, by offset; after the last come, for each of the data by instruction, the offset of its table.
const (
	fieldStack     = 16
	fieldFile      = 20
	fieldLine      = 24
	fieldCount     = 28
	fieldStartLine = 36
	sizeOfFunction = 44
)

// dropLines removes the tables that tell file and line.
func dropLines(memory []byte) error {
	t, err := findPclntab(memory)
	if err != nil {
		return err
	}
	needed, lines := map[uint32]bool{0: true}, map[uint32]bool{}
	for i := range t.count {
		f := t.function(i)
		if len(f) < sizeOfFunction || int(u32(f, fieldCount))*4 > len(f)-sizeOfFunction {
			return fmt.Errorf("the description of function %d is not as expected of this Go version", i)
		}
		needed[u32(f, fieldStack)] = true
		for k := range int(u32(f, fieldCount)) {
			needed[u32(f, sizeOfFunction+4*k)] = true
		}
		lines[u32(f, fieldFile)], lines[u32(f, fieldLine)] = true, true
		clear(f[fieldFile : fieldLine+4])
		clear(f[fieldStartLine : fieldStartLine+4])
	}
	for at := range lines {
		if !needed[at] {
			t.clearTable(at)
		}
	}
	return nil
}

func findPclntab(memory []byte) (t pclntab, err error) {
	at := bytes.Index(memory, pclntabHead)
	if at < 0 || bytes.Contains(memory[at+1:], pclntabHead) || len(memory)-at < 72 {
		return t, errors.New("the table of functions is not as expected of this Go version")
	}
	t.bytes = memory[at:]
	field := func(i int) int { return int(binary.LittleEndian.Uint64(t.bytes[8+8*i:])) }
	t.count, t.tables, t.fns = field(0), field(6), field(7)
	if t.tables <= 0 || t.fns <= t.tables || t.count <= 0 || t.fns+8*t.count > len(t.bytes) {
		return t, errors.New("the head of the table of functions is not as expected of this Go version")
	}
	return t, nil
}

// function is the description of one, and all that is behind it; nothing where it can't be.
func (t pclntab) function(i int) []byte {
	return t.bytes[min(t.fns+int(u32(t.bytes, t.fns+8*i+4)), len(t.bytes)):]
}

// clearTable zeroes a table: pairs of variable-length numbers, until a first one of a pair is zero that is not the very first.
func (t pclntab) clearTable(at uint32) {
	r := reader{t.bytes[t.tables+int(at) : t.fns]}
	whole := r.rest
	for first := true; (r.uvarint() != 0 || first) && len(r.rest) > 0; first = false {
		r.uvarint()
	}
	clear(whole[:len(whole)-len(r.rest)])
}

func u32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
