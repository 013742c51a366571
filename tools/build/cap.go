package main

import (
	"encoding/binary"
	"errors"
)

// memorySection is the id of the part of a module that declares its memory (WebAssembly 3.0, §5.5.8).
const memorySection = 5

var errNoMemory = errors.New("the module declares no memory of its own that could be capped")

// capMemory writes into a module how much memory it may ever have, in pages of 64 KiB: Go's linker leaves that open, and a browser has no other way
// to say it.
func capMemory(code []byte, pages uint64) ([]byte, error) {
	for at := 8; at < len(code); { // behind magic number and version
		size, n := binary.Uvarint(code[at+1:])
		body := at + 1 + n
		end := body + int(size)
		if n <= 0 || end > len(code) || end < body {
			return nil, errNoMemory
		}
		if code[at] == memorySection {
			capped, err := capLimits(code[body:end], pages)
			if err != nil {
				return nil, err
			}
			out := append([]byte(nil), code[:at+1]...)
			out = binary.AppendUvarint(out, uint64(len(capped)))
			return append(append(out, capped...), code[end:]...), nil
		}
		at = end
	}
	return nil, errNoMemory
}

// capLimits takes one memory with a least size only, [1, 0, least], and adds the largest.
func capLimits(body []byte, pages uint64) ([]byte, error) {
	if len(body) < 3 || body[0] != 1 || body[1] != 0 {
		return nil, errNoMemory
	}
	least, n := binary.Uvarint(body[2:])
	if n != len(body)-2 || least > pages {
		return nil, errNoMemory
	}
	out := binary.AppendUvarint([]byte{1, 1}, least)
	return binary.AppendUvarint(out, pages), nil
}
