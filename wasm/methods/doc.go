// Command methods is methods.wasm, the interpreter of methods in SharedMaps: one module for the server (package internal/methods) and for
// pages (a worker that can be terminated), loaded only when a map carries methods.
//
// # A method
//
// The entry "\x00"+name of a map holds a Starlark source as CBOR text, at most 64 KiB. It defines a function of the entry's name, whose
// first parameter is the map; helpers and constants may stand beside it:
//
//	def label(m, key, suffix = ""):
//	    return m.get(key, "?") + suffix
//
// The map is a read-only view of one snapshot: m[key], m.get(key, default = None), key in m, len(m), m.keys(), m.values(), m.items(),
// for key in m, dict(m). Keys come in the bytewise order of their UTF-8. Methods are no entries: they are not seen. m.call(name, *args,
// **kwargs) calls another method of the same snapshot, at most 8 deep; a method may not call itself, nor through others.
//
// Values are null, booleans, integers from -2^63 to 2^64-1, floats, text, bytes, lists and dicts whose keys are text or integers; what is
// read from the map is frozen. A result may hold tuples and sets, which become arrays. Text must be UTF-8 in results: a slice of a
// string can cut a character in two. A result has at most 256 KiB, nested at most 32 deep.
//
// The dialect is Starlark with sets and the module math; no load, no while, no recursion. Nothing is kept from one call to the next: the
// top level of the source runs in each call. A method therefore depends on its source, its arguments and the snapshot alone; there is no
// clock, no randomness, no environment, no file. print goes to the caller's log: at most 64 lines of 1 KiB a call.
//
// # Exports
//
// A reactor of WASI preview 1: instantiate it, call _initialize once, then as many calls as you like, one at a time.
//
//	memory
//	_initialize()
//	buffer(n i32) → p i32     room for a request of n bytes, at most 2 MiB. It is valid until the next run.
//	run(n i32) → m i32        carries out the request of n bytes in that room; its answer has m bytes.
//	answer() → p i32          where the answer is. It is valid until the next run.
//
// Memory may grow in each export, and views of it are detached then: make them anew.
//
// # Requests and answers
//
// Both are deterministic CBOR (package internal/cbor), arrays; further elements are to be ignored.
//
//	[1, name text, source text]           check: compiles, and looks for the function. Its answer holds null.
//	[2, name text, args array, steps]     call: reads the source by get, calls the function with the map and args. steps: how many
//	                                      steps of the interpreter it may take, 0 for 1,000,000.
//
//	[0, result, steps]                    done. steps: how many it took (0 for a check).
//	[kind, [message, method, line, column], steps]
//
// The kinds of failures; line and column begin with 1, and are 0 where none is known. method: whose source they mean.
//
//	1 source    the source doesn't compile, lacks the function, or is too long
//	2 missing   the map has no such method
//	3 failed    the method failed, or was called with arguments that it doesn't take
//	4 steps     it took too many steps
//	5 result    its result can't be represented, or is too large
//	6 request   the request is malformed: a defect of the host
//
// The host adds two of its own. Memory is capped at 64 MiB by the module itself (tools/build declares it) and by the server's host; too much
// of it, or too deep nesting, make Go's runtime say its last words by fd_write, "out of memory" or "stack exceeds" among them, and trap
// (unreachable); in a browser, nesting may also end in a RangeError. Both are "failed". Too much time: the host ends the instance, which is
// "deadline". After any of this the instance is not to be used again. Memory never shrinks: an instance that has more than 32 MiB after a
// call is to be thrown away, so that no call has much less than another.
//
// An example: the map {"a": "x"} with the method label above. The request to call label("a", "!") is
//
//	84 02 65 6c61626566 …             [2, "label", ["a", "!"], 0]  =  8402656c6162656c 82616161 21 00 (hex 8402656c6162656c826161612100)
//
// During run the module calls get("\x00label"), which gives the source as CBOR text, then get("a"), which gives 61 78 ("x"). The answer is
// [0, "x!", steps]: 83 00 62 7821 and the steps, here below 24 and so one byte.
//
// # Imports
//
// From module "wab", the snapshot; its content may not change during a run:
//
//	get(key, keyLen, buf, bufLen i32) → i32    the value of the entry whose key is the UTF-8 at key: its length in bytes, or -1. If it is
//	                                           at most bufLen, it has been written to buf; else the module asks again with more room.
//	                                           Methods are asked for like this, too: only the module hides them.
//	keys(from, buf, bufLen i32) → i32          the keys of data entries (none that begins with a zero byte) in the bytewise order of their
//	                                           UTF-8, from number from (0 is the first) on: as many as fit whole, each as CBOR text, one
//	                                           behind the other. Gives the bytes written; 0 means that there are no more. The room is at
//	                                           least 4 KiB. In JavaScript, the order is that of code points, not that of its strings.
//	count() → i32                              how many data entries there are.
//	print(p, n i32)                            one line for the caller's log, without line feed at its end.
//
// From module "wasi_snapshot_preview1", what Go's runtime wants. web/client/wasi.ts is all of it. It answers 8 (EBADF) to everything but
//
//	args_sizes_get, environ_sizes_get(count, size)      writes 0 and 0; gives 0
//	args_get, environ_get                               gives 0
//	clock_time_get(id, precision i64, p)                writes as u64 a count of ns that begins with 10^9 and rises by 1,000 with each
//	                                                    reading; gives 0
//	random_get(p, n)                                    writes zeros; gives 0
//	sched_yield()                                       gives 0
//	poll_oneoff(in, out, n, events)                     turns the clock on by the timeout (u64 at in+24), writes n to events; gives 0
//	fd_write(fd, iovs, n, written)                      adds up the lengths (u32 at iovs+8·i+4) into written; gives 0. What is written are
//	                                                    the runtime's last words; keep the first 1 KiB.
//	proc_exit(code)                                     never returns: throw.
//
// # Costs
//
// 5,140,000 bytes, 1,012,000 with Brotli; half of it is Go's runtime with package fmt. In node 20 on two busy cores: compiling it 45 ms,
// starting an instance 135 ms, a call of a tiny method 0.2 ms, 1,000,000 steps 0.4 s and at first 1.4 s, while the engine still warms up. What it costs on
// the server stands in package internal/methods.
package main
