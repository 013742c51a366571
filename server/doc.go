// Package server is what an app author imports: App, CA and Tx, and a server to host them.
//
// A Cloud Assistant (CA) is a Go struct whose exported fields are kept for ever and whose methods are transactions: what a method changes, sends, notifies and
// plans takes effect, durably, when it returns without an error, and not at all otherwise. Each CA is owned by a person, handles one message at a time, and is in
// memory only while it has something to do. The trusted bus tells it truthfully who calls (Tx.Caller) and lets in only whom its policy allows (Tx.Allow).
//
//	type Counter struct{ N int }
//
//	func (c *Counter) Add(tx *server.Tx, n int) (int, error) { c.N += n; return c.N, nil }
//
//	func main() { server.Main(server.App{Name: "counter", New: func() server.CA { return new(Counter) }}) }
//
// A CA's state is its own. What others are to see as it changes, it keeps in maps (Tx.Map): one CA writes them, in its transactions, and any number of CAs (Tx.Read,
// Tx.Watch) and clients hold them ready. A map may bring methods of its own (Map.Def), which run wherever it is read. Maps are also the groups that rules speak of (Group).
//
// A CA answers for devices, too (Tx.Device): gadgets, browser tabs and services that come and go. It says what they should be like, keeps what they say of themselves, and
// gives them Timed Bundles (NewBundle), which they run at their instants; what became of those comes to OnOutcome. A device reports by a method that every CA has, DeviceReport: to its owner's CAs only,
// with a token that opens the device. Its values and the end of bundles commit with the report; each outcome is then told in a transaction of its own, so that an OnOutcome that fails is
// taken back alone and logged, and the device, which has its answer, repeats nothing.
//
// Others may use a device too, as its owner says (DeviceShare, DeviceRevoke): they have it do something by DeviceDo, which every CA has like DeviceReport, and which asks the rules for the right that
// a command takes. An action in a call has its moment in a video: a method that takes a Moment has devices do something with the frame that was captured then (Device.RunWithMedia), and so does DeviceDo.
//
// A CA calls others by HTTP (Tx.Fetch): after its commit, until there is an answer, which comes as a message.
//
// Others come by channels (Tx.Channel): each is a URL, to be told to one party, that lets through the events that the CA has said, and can be taken back at once. Methods named by Tx.On handle events; Tx.Raise
// raises the CA's own. Two CAs that hold a channel into each other have a subscription: Tx.Link asks for one by an address, on this server or another; Tx.Approve answers; Tx.RaiseOn raises events at the
// other. OnSubscription hears what becomes of them.
//
// Limits: an encoded state of 4 MiB, 10,000 messages on their way from a CA, 1,000 timers, 256 rules, 256 maps and as many watches, 64 devices with 64 bundles each, 32 of them by DeviceDo, 1,000 notifications a message,
// 1,000 channels and as many subscriptions, 1,024 requests waiting for a CA, 10 s for a method (App.Deadline). Those of a map stand at Map.
package server
