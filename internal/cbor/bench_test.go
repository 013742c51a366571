package cbor

import "testing"

// appendFrame is a request as the session protocol has it.
func appendFrame(dst []byte) []byte {
	dst = AppendArrayHeader(dst, 7)
	dst = AppendUint(dst, 3)
	dst = AppendUint(dst, 1)
	dst = AppendUint(dst, 123456)
	dst = AppendUint(dst, 123450)
	dst = AppendBool(dst, false)
	dst = AppendText(dst, "SetEntries")
	dst = AppendArrayHeader(dst, 1)
	dst = AppendMapHeader(dst, 1)
	return AppendFloat(AppendText(dst, "temperature"), 21.5)
}

func BenchmarkAppendFrame(b *testing.B) {
	b.ReportAllocs()
	var buf [128]byte
	for b.Loop() {
		appendFrame(buf[:0])
	}
}

func BenchmarkReadFrame(b *testing.B) {
	frame := appendFrame(nil)
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(frame)
		r.Array()
		r.Uint()
		r.Uint32()
		r.Uint()
		r.Uint()
		r.Bool()
		r.TextBytes()
		r.Raw()
		if r.Done() != nil {
			b.Fatal(r.Err())
		}
	}
}

func BenchmarkCheckFrame(b *testing.B) {
	frame := appendFrame(nil)
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(frame); err != nil {
			b.Fatal(err)
		}
	}
}
