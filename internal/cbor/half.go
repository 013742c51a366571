package cbor

import (
	"math"
	"math/bits"
)

// Half floats (IEEE 754 binary16): 1 bit of sign, 5 of exponent (bias 15), 10 of mantissa.

// toHalf narrows the bits of a single that is no NaN, and tells whether nothing was lost.
func toHalf(single uint32) (half uint16, exact bool) {
	sign := uint16(single >> 16 & 0x8000)
	exp := int(single>>23&0xff) - 127
	mant := single & (1<<23 - 1)
	switch {
	case exp == 128: // infinity
		return sign | 0x7c00, true
	case exp == -127: // zero, or a subnormal single, which no half reaches
		return sign, mant == 0
	case exp > 15 || exp < -24:
		return 0, false
	case exp >= -14:
		return sign | uint16(exp+15)<<10 | uint16(mant>>13), mant&(1<<13-1) == 0
	}
	mant |= 1 << 23 // a subnormal half shows the leading one
	shift := uint(-1 - exp)
	return sign | uint16(mant>>shift), mant&(1<<shift-1) == 0
}

// fromHalf widens a half.
func fromHalf(half uint16) float64 {
	sign := uint64(half&0x8000) << 48
	exp := uint64(half >> 10 & 0x1f)
	mant := uint64(half & 0x3ff)
	switch {
	case exp == 31:
		return math.Float64frombits(sign | 0x7ff<<52 | mant<<42)
	case exp > 0:
		return math.Float64frombits(sign | (exp+1023-15)<<52 | mant<<42)
	case mant == 0:
		return math.Float64frombits(sign)
	}
	shift := uint64(bits.LeadingZeros16(uint16(mant))) - 5 // brings the leading one to bit 10
	return math.Float64frombits(sign | (1023-14-shift)<<52 | (mant<<shift&0x3ff)<<42)
}
