package timeline

import (
	"encoding/binary"
	"hash/fnv"
)

// MaxMarks is how many marks a trailer holds at most.
const MaxMarks = 32

const (
	version  = 1
	markSize = 8
	endSize  = 4 + 1 + 1 + 4 + 4 // counter, n, version, check, magic
)

var magic = [4]byte{'w', 'a', 'b', 0xA7}

// Mark is the instant of an action in a member's video.
type Mark struct {
	Action uint32
	Age    uint32 // RTP ticks from the action to the timestamp of the frame that bears the mark
}

// At is the action's instant as an RTP timestamp of the stream, by that of the frame that bears the mark.
func (m Mark) At(frame uint32) uint32 { return frame - m.Age }

// Trailer is what stands behind an encoded frame.
type Trailer struct {
	Counter uint32 // number of the newest action, 0 before the first
	Marks   []Mark // in the order of their actions
}

// Append puts a trailer behind a frame. Of more than MaxMarks marks only the newest are kept. It does not check their order.
func Append(frame []byte, t Trailer) []byte {
	marks := t.Marks[max(0, len(t.Marks)-MaxMarks):]
	start := len(frame)
	for _, m := range marks {
		frame = binary.BigEndian.AppendUint32(frame, m.Action)
		frame = binary.BigEndian.AppendUint32(frame, m.Age)
	}
	frame = binary.BigEndian.AppendUint32(frame, t.Counter)
	frame = append(frame, byte(len(marks)), version)
	frame = binary.BigEndian.AppendUint32(frame, check(frame[start:]))
	return append(frame, magic[:]...)
}

// Split takes the trailer off a frame. ok is false, and frame all of it, where there is no valid one. frame shares the memory of marked.
func Split(marked []byte) (frame []byte, t Trailer, ok bool) {
	size, ok := trailerSize(marked)
	if !ok {
		return marked, t, false
	}
	frame, body := marked[:len(marked)-size], marked[len(marked)-size:]
	end := body[size-endSize:]
	if check(body[:size-8]) != binary.BigEndian.Uint32(body[size-8:]) {
		return marked, t, false
	}
	t.Counter = binary.BigEndian.Uint32(end)
	if t.Marks, ok = parseMarks(body[:size-endSize], t.Counter); !ok {
		return marked, Trailer{}, false
	}
	return frame, t, true
}

// trailerSize is how long the trailer is that seems to be there.
func trailerSize(marked []byte) (size int, ok bool) {
	if len(marked) < endSize || [4]byte(marked[len(marked)-4:]) != magic {
		return 0, false
	}
	end := marked[len(marked)-endSize:]
	n := int(end[4])
	size = n*markSize + endSize
	return size, end[5] == version && n <= MaxMarks && size <= len(marked)
}

func parseMarks(b []byte, counter uint32) (marks []Mark, ok bool) {
	last := uint32(0)
	for ; len(b) > 0; b = b[markSize:] {
		m := Mark{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
		if m.Action <= last || m.Action > counter || m.Age >= 1<<31 {
			return nil, false
		}
		last = m.Action
		marks = append(marks, m)
	}
	return marks, true
}

func check(b []byte) uint32 {
	h := fnv.New32a()
	h.Write(b)
	return h.Sum32()
}
