// Package methods runs the methods of SharedMaps on the server: Starlark, read from the map itself, against one snapshot of it.
//
// # What holds
//
// A method depends on its source, its arguments and the snapshot, and on nothing else: it sees no clock, no randomness, no environment,
// no file and no other map, and nothing that an earlier call left behind. The same call gives the same result here and in a page, for both run
// the same module, wasm/methods, whose comment tells the language and the protocol.
//
// A method is hostile until proved otherwise. The interpreter alone bounds its steps, but not the memory and time of one step; so it
// runs as WebAssembly, in an instance of its own:
//
//	steps    1,000,000 of the interpreter, the same everywhere (Options.Steps)
//	time     2 s, or the caller's deadline if that is nearer (Options.Time)
//	memory   64 MiB an instance
//	result   256 KiB; arguments 1 MiB; a source 64 KiB; 64 lines of print, 1 KiB each
//
// An instance that ran out of time or memory, or failed otherwise, is thrown away; so is one that has grown beyond 32 MiB, for memory never
// shrinks. The next call makes another.
//
// # Concurrency
//
// A Host serves any number of goroutines. At most Options.Instances calls run at once; others wait for their turn, until their context ends. Within a
// call the Source is read on the caller's goroutine, and must not change meanwhile: hand in an immutable snapshot. No lock is held while
// a method runs. A Host has one mutex, for its idle instances; under it nothing else is locked.
//
// The module is compiled at the first use, in a goroutine that Close waits for. The loops of a method pass through Go, so that the garbage
// collector and other goroutines are never held up by it.
//
// # Costs
//
// Measured with wazero 1.12 and Go 1.26 on two busy cores (go test -bench . in this folder):
//
//	first use      2 to 4 s to compile the module, in the background; 0.1 s where Options.CacheDir holds it
//	new instance   5 to 14 ms
//	warm call      85 to 155 µs for a tiny method
//	a step         0.7 to 1.6 µs, so that the limit of steps strikes before that of time
//
// Without the check in each loop that keeps the deadline, a warm call took 17 µs and a step a fifth; but then one multiplication of huge
// numbers could neither be stopped nor let the server's garbage collector run meanwhile.
package methods
