package main

import (
	"encoding/binary"
	"errors"
)

// The sections of a module that count here (WebAssembly 3.0, §5.5).
const (
	dataSection      = 11
	dataCountSection = 12
)

// A gap of up to so many zero bytes is cheaper than the head of another segment, once compressed.
const cheapGap = 64

// largestImage bounds what initialised memory is unfolded to.
const largestImage = 256 << 20

var errData = errors.New("the data section is not as Go's linker writes it")

// thin takes out of a module what nobody needs who runs it. Go's linker writes data in thousands of tiny segments, and with them, for the
// traces of crashes, the file and line of every instruction. Both together are a sixth of the compressed module. Traces name functions still.
func thin(code []byte) ([]byte, error) {
	start, end, err := findData(code)
	if err != nil {
		return nil, err
	}
	_, n := binary.Uvarint(code[start+1:])
	memory, err := unfold(code[start+1+n : end])
	if err != nil {
		return nil, err
	}
	if err := dropLines(memory); err != nil {
		return nil, err
	}
	body := fold(memory)
	out := append(code[:start:start], dataSection)
	out = binary.AppendUvarint(out, uint64(len(body)))
	return append(append(out, body...), code[end:]...), nil
}

// findData finds the data section, its head included.
func findData(code []byte) (start, end int, err error) {
	for at := 8; at < len(code); { // behind magic number and version
		size, n := binary.Uvarint(code[at+1:])
		next := at + 1 + n + int(size)
		switch {
		case n <= 0 || next > len(code) || next <= at || code[at] == dataCountSection:
			return 0, 0, errData
		case code[at] == dataSection:
			return at, next, nil
		}
		at = next
	}
	return 0, 0, errData
}

// unfold makes memory as it is before the module starts.
func unfold(body []byte) (memory []byte, err error) {
	r := reader{body}
	for range r.uvarint() {
		if r.byte() != 0 || r.byte() != 0x41 { // active, in memory 0, at the i32.const that follows
			return nil, errData
		}
		at := r.varint()
		if r.byte() != 0x0b { // end of the expression
			return nil, errData
		}
		data := r.bytes(r.uvarint())
		if at < 0 || at+int64(len(data)) > largestImage {
			return nil, errData
		}
		if grow := int(at) + len(data) - len(memory); grow > 0 {
			memory = append(memory, make([]byte, grow)...)
		}
		copy(memory[at:], data)
	}
	if len(r.rest) != 0 {
		return nil, errData
	}
	return memory, nil
}

// fold writes what of memory is not zero as segments.
func fold(memory []byte) (body []byte) {
	var segments uint64
	for at := 0; ; segments++ {
		for at < len(memory) && memory[at] == 0 {
			at++
		}
		if at == len(memory) {
			return append(binary.AppendUvarint(nil, segments), body...)
		}
		end := endOfSegment(memory, at)
		body = appendVarint(append(body, 0, 0x41), int64(at))
		body = binary.AppendUvarint(append(body, 0x0b), uint64(end-at))
		body = append(body, memory[at:end]...)
		at = end
	}
}

// endOfSegment is where so many zero bytes begin that another segment pays.
func endOfSegment(memory []byte, at int) (end int) {
	for end = at; at < len(memory) && at-end <= cheapGap; at++ {
		if memory[at] != 0 {
			end = at + 1
		}
	}
	return end
}

// appendVarint writes a signed LEB128 number, which is not what encoding/binary takes for one.
func appendVarint(b []byte, n int64) []byte {
	for ; n < -64 || n > 63; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n)&0x7f)
}

// A reader takes a module's parts. Behind the end there are zeros: what is missing is noticed by what they mean.
type reader struct{ rest []byte }

func (r *reader) byte() byte {
	b := r.bytes(1)
	if len(b) == 0 {
		return 0xff
	}
	return b[0]
}

func (r *reader) bytes(n uint64) []byte {
	n = min(n, uint64(len(r.rest)))
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.bytes(uint64(max(n, 0)))
	return v
}

func (r *reader) varint() (v int64) {
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b < 0x80 {
			if b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
	return -1
}
