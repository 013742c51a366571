// Command core is wab.wasm, the browser's background layer. It runs in a worker, one instance for all tabs of an owner, and drives package
// link: JavaScript owns the sockets, the timers and the ports to pages, and this module decides.
//
// # Calls
//
// JavaScript calls the exports; each is a synchronous leaf that makes one input of a Link, drains its events through the imports, and returns
// (openChannel and request leave the draining to flush, so that their numbers are known first).
// No export blocks, starts a goroutine or calls back: a goroutine woken inside an export would not run before the browser's next event.
// Imports must not call exports.
//
// Every input brings the instant now, in µs since 1970 as a float64 (exact for 285 years), from performance.timeOrigin + performance.now():
// Go's own clock in a browser has steps of 1 ms, and package time would weigh 40 kB.
//
// # Memory
//
// Bytes come in through one scratch buffer: scratch(n) gives its address, JavaScript writes, and the next export takes the lengths of
// what was written, in order. Bytes go out as address and length that are valid during the import only: who keeps them copies them.
// Memory may grow in every export and in scratch, which detaches all views of it: make them anew.
//
// # Size
//
// The budget is 480,000 bytes with Brotli; a test on the built file keeps it. The Go runtime alone is 418,000 of them. What things weigh, in
// kB of Brotli, Go 1.26:
//
//	cbor, wire, link and this package 31
//	strings 7, slices 4, a map of another key type 3, strconv ½
//	syscall/js 23, time 40, context with time 73, fmt 110, encoding/json 206, net 150 and more: not to be imported
//
// Without inlining in our own packages it is 4 kB smaller and no slower, which tools/build makes use of. Without any inlining (-gcflags=all=-l) it
// would be 32 kB smaller, and a frame would take 15 to 25 % more time.
//
// # Speed
//
// In node on one busy core: a note of 28 bytes, received and told, 2 µs; a request made, sent, answered and told 3.4 µs; compiling the
// module 15 ms, starting it 25 ms.
package main
