package main

import (
	"runtime/debug"
	"unsafe"
)

const (
	// maxRequest bounds what a host may ask room for.
	maxRequest = 2 << 20
	// softMemory makes the collector work harder below the host's cap, so that garbage alone doesn't reach it.
	softMemory = 48 << 20
	// maxStack ends a runaway recursion before it has eaten all memory.
	maxStack = 16 << 20
)

func init() {
	debug.SetMemoryLimit(softMemory)
	debug.SetMaxStack(maxStack)
	debug.SetTraceback("none")
}

var (
	room  []byte
	reply []byte
	prog  = newPrograms()
)

//go:wasmexport buffer
func buffer(n int32) unsafe.Pointer {
	if n < 0 || n > maxRequest {
		n = 0
	}
	if cap(room) < int(n) {
		room = make([]byte, n)
	}
	room = room[:max(n, 1)]
	return unsafe.Pointer(unsafe.SliceData(room))
}

//go:wasmexport run
func run(n int32) int32 {
	reply = answerTo(room[:min(int(n), len(room))], host{}, prog)
	return int32(len(reply))
}

//go:wasmexport answer
func answer() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(reply)) }

// host is the snapshot that the host holds for this run.
type host struct{}

// scratch takes what the host writes. It is global: an instance carries out one request at a time.
var scratch = make([]byte, 4<<10)

func (host) get(key string) ([]byte, bool) {
	for {
		n := hostGet(unsafe.StringData(key), int32(len(key)), unsafe.SliceData(scratch), int32(len(scratch)))
		if n < 0 {
			return nil, false
		}
		if int(n) <= len(scratch) {
			return scratch[:n], true
		}
		scratch = make([]byte, n)
	}
}

func (host) keys(from int) []byte {
	buf := make([]byte, 4<<10)
	n := hostKeys(int32(from), unsafe.SliceData(buf), int32(len(buf)))
	return buf[:n]
}

func (host) count() int { return int(hostCount()) }

func (host) print(line string) { hostPrint(unsafe.StringData(line), int32(len(line))) }

//go:wasmimport wab get
//go:noescape
func hostGet(key *byte, keyLen int32, buf *byte, bufLen int32) int32

//go:wasmimport wab keys
//go:noescape
func hostKeys(from int32, buf *byte, bufLen int32) int32

//go:wasmimport wab count
func hostCount() int32

//go:wasmimport wab print
//go:noescape
func hostPrint(p *byte, n int32)
