package channel

import "github.com/wabgo/wab/internal/actor"

// Seal seals the result of a message in which an ECI was told: what answers a repetition is stored, and no ECI is, in the clear.
func (f *Channels) Seal(ca *actor.CA, result []byte) (fit []byte, sealed bool) {
	if p, ok := ca.Part(f).(*part); !ok || !p.told {
		return result, false
	}
	return f.keys.hide(string(result), receiptOf(ca)), true
}

// Unseal is what Seal has sealed.
func (f *Channels) Unseal(ca *actor.CA, sealed []byte) ([]byte, error) {
	result, err := f.keys.reveal(sealed, receiptOf(ca))
	return []byte(result), err
}

// receiptOf is what a sealed result belongs to.
func receiptOf(ca *actor.CA) string { return ca.Key() + " receipt" }
