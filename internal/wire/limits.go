package wire

// Version is the protocol version that this package speaks, Subprotocol its name in the WebSocket handshake.
const (
	Version     = 1
	Subprotocol = "wab.v1"
)

// Limits that both ends know. Sizes are in bytes, times in µs.
const (
	MaxFrame    = 1 << 20 // default; welcome tells
	MaxToken    = 8192
	MaxClient   = 64
	MaxCA       = 255
	MaxSession  = 63
	MinRun      = 16
	MaxRun      = 64
	MaxMethod   = 64
	MaxChannels = 256 // a connection
	MaxInflight = 256 // a channel; default, welcome tells
	DefaultKeep = 100
	MaxKeep     = 1000

	HelloWithin  = 10 * 1_000_000
	PingEvery    = 20 * 1_000_000
	DeadAfter    = 45 * 1_000_000
	ReceiptsFor  = 24 * 3600 * 1_000_000
	ResumeWithin = 23 * 3600 * 1_000_000 // an older stamp is session_expired
)

// maxText bounds messages, builds and codes, which have no limit of their own.
const maxText = 4096

// WebSocket close codes of the protocol.
const (
	CloseNormal     = 1000
	ClosePolicy     = 1008
	CloseTooBig     = 1009
	CloseRestart    = 1012
	CloseOverloaded = 1013
)

// Kinds of frames.
const (
	KindHello   = 1
	KindOpen    = 2
	KindRequest = 3
	KindSeen    = 4
	KindClose   = 5
	KindPing    = 6
	KindAuth    = 7

	KindWelcome = 32
	KindOpened  = 33
	KindReply   = 34
	KindError   = 35
	KindNote    = 36
	KindPong    = 37
	KindBye     = 38

	FirstFeature = 64 // kinds from here on belong to features
)
