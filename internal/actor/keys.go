package actor

// Side keys begin with a letter that names their feature. Hot ones, read each time the CA is loaded, bear hotMark before it; receipts, which outlive the CA and
// expire, receiptMark.
const (
	hotMark     = 'h'
	receiptMark = 'r'

	letterMeta   = 'A' // version, incarnation, …
	letterState  = 'B' // the app's state
	letterOutbox = 'C' // messages on their way, by sequence number
	letterTimer  = 'D' // durable timers, by number
	letterInbox  = 'I' // receipts of other CAs' messages, by sender
	letterBurial = 'X' // messages given up, by sequence number
	letterGrave  = 'Z' // the CA is destroyed, and when what is left of it goes
)

var (
	hotKeys  = []byte{hotMark}
	metaKey  = []byte{hotMark, letterMeta}
	stateKey = []byte{hotMark, letterState}
	graveKey = []byte{hotMark, letterGrave}

	receiptKeys = []byte{receiptMark}
)

// HotKey is a key that is read when its CA is loaded.
func HotKey(letter byte, rest ...byte) []byte { return append([]byte{hotMark, letter}, rest...) }

// ReceiptKey is a key for Commit.PutReceipt.
func ReceiptKey(letter byte, rest ...byte) []byte {
	return append(AppendReceiptKey(nil, letter), rest...)
}

// AppendReceiptKey appends the beginning of such a key.
func AppendReceiptKey(b []byte, letter byte) []byte { return append(b, receiptMark, letter) }

// ColdKey is a key that is read on demand.
func ColdKey(letter byte, rest ...byte) []byte { return append([]byte{letter}, rest...) }

// big is a number in a form that keeps its order.
func big(n uint64) []byte {
	return []byte{byte(n >> 56), byte(n >> 48), byte(n >> 40), byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

// keyNumber is the number at the end of a hot key.
func keyNumber(key []byte) (n uint64) {
	for _, b := range key[2:] {
		n = n<<8 | uint64(b)
	}
	return n
}
