// Bench loads the server and tells what it gives, what it costs, and how near that is to the limits of its parts.
//
//	go run ./tools/bench                       everything, as tables, in less than ten minutes
//	go run ./tools/bench -run commit,idle      some of it
//	go run ./tools/bench -run commit -json     one object a line: {"bench":"commit","metric":"ratio_to_store_64","value":0.7,"unit":"ratio"}
//	go run ./tools/bench -list
//	go run ./tools/bench -run request-ws -profile DIR    leaves CPU and heap profiles, for go tool pprof
//
// # How it measures
//
// A ratio's two sides run in turn, in the same run, in rounds of less than a second; a ratio is the median of the rounds' ratios, any
// other figure the median of the rounds. So what disturbs the machine disturbs both sides, and ratios may be compared across machines;
// rates may not. All loads are closed loops: n in flight are n clients that wait for their answers. Everything is on the loopback
// interface and in temporary folders. Whatever a load must be told from runs in a child process: this binary in another role, which ends
// with its standard input. CPU is user and system time of that process, as getrusage tells it.
//
// # commit
//
// 10,000 CAs of as many owners, asked through the bus in this process: policy, mailbox, codec, method, ledger, commit, reply; no receipt,
// for the requests bear no key. The limit is bare Pebble with the same options, behind a committer of the same kind, which writes the very
// keys and values that the server was seen to write for each CA (head, state, ledger row), prepared beforehand, in the order in which they come, and compares nothing.
//
// # one-ca
//
// The same, of one CA. joined_ratio = per_s_32 / min(32 × per_s_1, per_s_64 of 10,000 CAs), all three measured in turn.
//
// # request-ws
//
// 64 sockets of 64 owners, to whom 100 CAs belong, against a whole server in a child: session protocol, receipts. ratio_to_parts is the
// server's CPU a request, over the sum of two other children's: one that echoes messages of the same sizes over coder/websocket to the same
// 64 sockets, and one that commits the same keys and bytes (head, state, ledger row, receipt) to bare Pebble with 64 in flight, each as fast as
// it can. Its bound is 1.5. Apart, each part runs in step: 64 commits share every sync, and no processor sleeps.
//
// Three other readings are printed beside it and have no bound. ratio_to_parts_plain has commits that nobody merges: each is a batch and a Commit of its own, as
// Pebble joins them, with as many in flight. ratio_to_both is over one process that is nothing but the two parts, an echo that
// answers once a bare commit is durable. ratio_to_parts_paced has each part alone do as many a second as the server did in that round; it
// flatters us, for then each pays for being woken, more often than one process that does both.
//
// # request-read
//
// Reads through the same server. bytes_written are those that the server counts (wab_store_bytes_total) over 3.5 s of reads that begin right
// after a write of every CA. What reads add to the ledger is written every 10 s, one row for each caller, however many reads there were: that
// is outside the window, and told as ledger_bytes_per_ca.
//
// # idle
//
// bytes_per_active_ca is live heap and stacks after a collection, with 100,000 CAs that have counted once, against the same server before
// they came (20,000 others have come and gone); what the store remembers of heads and has not written to tables yet, which has a bound, is kept small. bytes_per_passive_ca is the
// same after they have left memory. bytes_per_websocket is resident memory of a whole server with 2,000 signed-in sockets, a session
// each, against none. open_1m_ca_s is from the start of the process until it listens, then a CA has to answer.
//
// # flood
//
// One owner's changes, of 64 CAs, as fast as they are answered: over 64 sockets with 32 requests in flight on each (requests), then as HTTP calls over 64 connections (calls). Another owner
// makes 200 changes a second, one after the other: quiet is before the flood, beside is somebody who does the same at a second server at the same time. What that one feels is the machine:
// the flood's client and the flooded server leave its processors to nobody. ratio_to_beside is p99 under the flood over p99 beside it, the median of the rounds.
//
// # map-fanout
//
// One CA changes a map of 1,000 entries, and all of 1,000, then 10,000, WebSockets have a replica of it; as many sockets listen to a bare
// loop that writes a frame of the same size, 128 bytes, to one after the other with net.Conn.Write. Those who listen are processes of
// their own, one for each side, with the same code. deliver_us is the server's CPU for one change at one replica (request, commit,
// encoding included), bare_us the loop's, at 5 changes a second to 1,000 and 2 to 10,000. p99_ms is from when the writer asks for a
// change until 99 of 100 have it; the median of the changes. At saturation 32 changes of different entries are in flight, and
// per_s_core is changes that reached a replica, over seconds of the server's CPU, until all have all. What comes while a replica's last
// frame is on its way travels as one delta, so a delivery is counted by versions, not by frames; joined_changes of them leave in one
// system call, and the bare loop that saturation_ratio compares with joins as many frames in each of its writes.
//
// # pubsub-ca
//
// One CA publishes to a forum that 1,000, then 10,000, CAs of as many owners follow, in this process; each one's handler changes its state. last_* is from when the
// publisher is asked until the change of the last follower is durable. cpu_us is this process's for each follower, the publisher's and the topic's share included; bare_us is that of
// bare Pebble, which writes the very keys and values that the followers were seen to write, behind one merging committer. The server's clock stands still meanwhile: no CA leaves memory.
//
// # pubsub-ws
//
// The same with a topic: one CA publishes texts to a forum, which all of 1,000, then 10,000, WebSockets follow. A message is a delivery at each: none is merged with another, however many travel
// in one frame. deliver_us includes both commits, that of the publishing CA and that of the topic.
//
// # map-readers
//
// CAs of as many owners, in this process, that read one map of 10,000 entries of another owner's. Each round changes an entry and, when that
// is answered, sends each reader one message; the time is from when the change is asked for until a reader's answer, which must show it.
// All are asked at once, so the 99th percentile is what the messages themselves take. bytes_per_reader is live heap and stacks of
// 9,000 readers after their first look, over before; the server's clock stands still meanwhile.
//
// # map-apply
//
// In node: 100,000 deltas, 100 a message, to a map of 10,000 entries such as a whiteboard's. core_ms is the core that browsers get, as WebAssembly:
// frames are checked and applied, values stay encoded, and batches are handed on, which is the worker's share. page_ms is the page's: what was handed
// on is decoded into its Map. The limits are what a page could do by itself, cbor-x and a Map, and Yjs with a Y.Map and a transaction a
// message; each side's content is compared in the end. ratio_to_js and ratio_to_yjs are the core's, the whole_ ones of core and page
// together, which in a browser run side by side. read_ratio_to_map is get of the page's map over that of a Map. cbor-x runs without its native helper,
// as in browsers.
//
// # bundle-skew
//
// One post, 2 s ahead of its instant, has many devices run a Timed Bundle of two commands; skew is how far from its due instant, by the true time, each command ran.
// Devices are simulated: a clock that is up to 12 h off and drifts by up to 50 ppm, ways of 5 to 100 ms there and back that differ by up to 10 ms, always, and 0 to
// 200 ms of jitter for each packet, each way by itself. Their code is real: clocksync, which has heard 100 pongs before the post, and bundle, which
// decodes and schedules. A ping's four instants follow from the delays, so those pings are made in virtual time. What comes out of a device's socket is handed to its code
// after a delay of that kind. When it runs a command is worked out from its clock; that the simulator gets to it later, in the same process as all the
// others, is told as simulator_lag_p99_ms and changes nothing.
//
// 10k: a forum's message goes to 10,000 CAs of as many owners, whose handlers call RunAt; bundles reach the devices through their maps, over a socket for each device with its
// own token, and each device reports its outcome. 100k: the message is the bundle, and 100,000 devices follow the forum themselves, each filtered by the policy of a CA
// of its own; 400 sockets with 250 subscriptions each stand for theirs, which spares the server connections but no decision, nor a frame for each. In both, all CAs but the
// poster's have left memory before the post.
//
// # events
//
// What comes by channels: POST /sky/event with an event id that was never given before and 48 bytes of JSON, over connections that are kept, one event in flight on each; the handler decodes it and changes its
// CA's state. 1 and 32 go to one CA, then 32 to each of 50. The server is a child; cpu_us is its CPU for one event with 32 in flight. The limit is another child with net/http
// and bare Pebble behind a merging committer, which reads the bodies, commits the very keys and bytes that an event was seen to write (head, state, receipt, its place in the ring of ids, ledger row), and answers as many bytes.
//
// # dance
//
// Whole subscriptions between two servers, each in a child, that reach each other on the loopback interface; the second one's cloud lets in whoever rings. From when the first owner asks, over a socket that is open,
// until the maps of both owners, followed over sockets too, have said that it is established; then it is ended, and the next one begins. bare is what that can't be had without: three HTTP round trips
// and four commits, all one after the other.
//
// # policy
//
// Whole decisions, as a server makes them out of a CA's turn (bus.Gate.Standing), of one CA whose rule lets in the members of a group of 100,000: for members
// (direct_us), for members of a group of the same size at the end of three links to other owners' groups (delegated_us), and for strangers, for whom all four groups
// are searched (stranger_us). Each decision includes that CA's rules, and those of every other owner whose group it looks into. 4,096 callers take turns, so
// most of what they touch is not in the processor's caches. The limit is a lookup of the same keys in a bare Go map of the same size (map_lookup_us).
//
// # timeline
//
// Three people in a call of a whole server in a child, in one page of a real Chromium, with everything that /wab/ serves. One's camera is a painted canvas, whose frames are captured as they are painted, 30 a second; a mark in
// it changes with each of her actions, which are made at any time between two frames. The other two watch. Each video is looked at by a reader of the bench's own, which finds the mark in the pixels: an error is from the callback
// (requestVideoFrameCallback) of the first picture that shows an action's mark until the action fired there, and knows nothing of what the timeline says. exact_share_* are those that fired within 8 ms of it, half a period
// of the display, before or after. naive_* is when the action's message arrived, first by WebSocket or data channel; utc_* a fixed time after the action by the server's clock, the median of a rehearsal on the clean network, or when the
// message came, if that was later.
//
// All three have the same network: a proxy before the server's UDP port and one before its HTTP port, so that a condition holds on each of the two ways that a frame or a message goes, and back. clean: nothing. delay: 120 ms. jitter: 120 ms and
// up to 80 more for each datagram, in order. loss: 2 % of the datagrams. buffer: nothing, and receivers that hold pictures back by 400 ms. unread_* are actions whose mark no picture showed, or of which nobody heard: they count nowhere.
// firefox is the same meeting in Firefox, on the clean network; the browser captures the canvas by itself there and doesn't tell when.
//
// # sfu
//
// One member of a call sends a video of 1.1 Mbit/s, 30 frames a second of 4 packets of 1,100 bytes, through the engine to 30, then 60, others: pion members in one other
// process, which report as browsers do (receiver reports, an estimate of the line a second). cpu_us_packet is the engine's CPU for each packet that reached one of them, with all else
// that it does meanwhile for 61 connections; core_share_stream that of a core for one subscriber's stream. The limit, copy_us_packet, is a loop that reads as large packets from one
// UDP socket and writes each to as many sockets as there are subscribers, one system call a copy, and does nothing else: no encryption, no connections. ratio_to_srtp_copy is
// over such a loop that encrypts each copy by itself as SRTP does (AES-128-GCM). Metrics without a number are the medians of both levels.
//
// # What dominates
//
// Two processors of a virtual machine, quiet.
//
// commit: with 64 in flight, waiting for the disk; with 1,024, processor time: the worker a third (method and codec, joining the commit, ledger), the way into the mailbox a fifth
// (policy, finding the CA), the store a fifth, half of it the log (its memtable keeps the newest value of each key only: Pebble's, which the bare loop fills, took a third), replies and collection a tenth each. One batch is
// with the disk at a time. Ten seconds after its first change,
// each CA looks for old receipts to remove (three reads): with 10,000 CAs that is a third of one second's processor time.
// The clock, read seven times a request before, and four times now, had taken 3 %. A seventh was allocation and collection:
// 1,480 bytes a request were 940 once calls kept no second copy of what their messages say, and commits were used again; 2 to 8 % less processor time, by the medians of four
// series in turn, whose middle halves spread over 20 %. Most of the rest has no one place: reading a CA, its face, ledger row, state, instance and head misses the caches once each.
//
// request-ws: a quarter the writes to sockets, which wake a client that sleeps; a fifth reading, parsing, policy and the way into the mailbox; a fifth the worker, with method, receipt and
// ledger; a seventh the log and its sync; a tenth the committer and what it calls when a batch is durable, of which the memtable takes a quarter; the rest goroutines woken and collection. Pebble's memtable
// had a quarter of it, before ours stood before it: its skip list was cold here and hot in the bare loop (the four keys of a commit, in batches of 28, take 1.5 µs by themselves, and 6 where other work has
// had the caches in between). The runtime's monitor thread, which wakes every 20 µs as long as it finds goroutines in system calls that take long, as syncs do,
// had a tenth; since brief syncs keep their processor it has a hundredth, fewer threads are woken, and a request takes 10 to 20 % less (four series in turn). 28 requests share a sync, while as many others are
// being answered. Workers that are woken one at a time, and let a burst arrive before they take its first turn, took 8 % off, and reading without the library 4.
// A committer that applied the next batch while the last one synced was tried, in turn with this one: 1 to 5 % more processor time a request, for
// its batches are smaller, and between 7 % fewer and 9 % more requests a second.
//
// map-fanout: four fifths and more are the system calls that write, with the other end's receipt in them. The rest is a few locks
// for each connection, and what the processor's caches miss going over 10,000 of them.
//
// pubsub-ws: as map-fanout. Going over the sockets in the order in which they came, as the bare loop does, instead of a Go map's, made a delivery to 10,000 a fifth cheaper, in
// the system's writes mostly (16.9 → 13.5 µs where the loop takes 12): what the kernel keeps of neighbours lies side by side. The request and the commits take 1 to 2 ms a message at this
// pace, however many listen: a tenth of ratio_to_bare_1000.
//
// map-readers: messages, 5 µs each; the look itself is a hundredth of that.
//
// map-apply: checking each byte of what comes takes most of the core's time, finding the entry a quarter.
//
// timeline: on a machine that has time, nothing is left. What is, comes from pages that are late: the picture changes between two callbacks of the same one, or the callback of a picture is left out.
//
// bundle-skew: the skew is what clocksync can know of delays; a way that is 10 ms longer than the other makes 5 of it, whatever one does. Both cases end well as long as the
// post reaches everybody within 1.7 s. 10k, a second: 150 µs of processor time a device, of which to load its CA takes 30, to find the poster new in its ledger
// 20, the handler 15, the change's way through the map to the socket 30, the commit 10, collection 25; reports take as much again, afterwards. 100k, half a second: 5 µs
// a device, 3.5 of them to read a CA's rules from the store and to decide, on one processor.
//
// events: of 85 µs, with 32 in flight, net/http and its system calls take 35, Pebble and its syncs 20, path, attributes and answer 10, method, ledger, receipt and commit 12, collection 8. Before the ring of
// ids was kept in memory, to find an id new and to make room for it was up to four reads of the store, in 1,000 of whose keys each value hides many before it: 120 µs. With one in flight everything waits
// for the disk, and processors are woken for each step.
//
// dance: waiting for the disk, and for whoever is woken next: the three milliseconds have one of processor time on each side.
//
// sfu: of 14 µs the kernel's part of sending takes 6, as in the bare loop, which makes one call a packet where we make one for all copies; pion's SRTP, ICE and its mux 4, encryption 0.7 of
// them. The rest is what comes back, reports and connectivity checks: each passes five goroutines of pion's, and wakes a processor that slept.
// Before packets were sent together, it was 39 µs; with transport-wide feedback from subscribers 19, and with a second's clock in each connection 16.
//
// idle: of an active CA's 1,350 bytes the activation itself is 375, the guard 330, its ledger row 250, the encoded state and instance 60.
// What stays of a passive one, 90 bytes, is the room of the table's maps, which do not shrink.
//
// Tried: the log's writes and syncs through io_uring, so that no goroutine sits in a blocking system call and the runtime's monitor thread, which wakes every 20 µs to look for
// such, may sleep: a tenth less of request-ws, as long as reads and writes of sockets are bare system calls, too; but 15 % fewer commits of one CA with one in flight, and as much less
// of commit with 1,024. Memtables of 4 MB with twice the tables in level 0: a tenth less of request-ws, but bare Pebble gains a quarter. Writing the log over zeros instead of appending: a third
// of a sync's time, 2 % of a request's processor time. A goroutine for each connection that has something to write, instead of turns at one writer: a twentieth more of
// request-ws; and 1.45 and 1.55 of map-fanout's bare loop instead of 1.15 and 1.25, with 0.63 instead of 0.9 at saturation. A committer that lets all others run before it takes what waits: a twentieth less, but bare Pebble gains more by it.
// Memtables of 4 MB: a twentieth less, for more files. Ledger rows in a list instead of a map, and the policy's decision borrowed for the length of a message: 2,960 → 1,350 bytes
// a CA. An activation that tells its class, so that no message looks up its app: no difference that the noise does not hide. Commits with room for four keys, calls and messages made together, names checked without being put together, whole
// numbers without reflection, pooled buffers: 24 → 14 allocations a request. Compiled with profiles of these loads (PGO): no difference in request-ws, in turn. Heads staged before side keys, and four times the heap between
// collections: no difference that the noise does not hide.
//
// Tried since syncs are brief: turns taken by the goroutine that reads, as soon as it has nothing left to read, and replies written by whoever ends the commit: no less, rather more. A committer
// that lets all others run before each batch: no difference. Four times the heap between collections: 4 and 9 % less in two series, but eight times 2. Memory for memtables in huge pages: 3 % less, in one series.
//
// One goroutine that waits for all sockets by an epoll of its own, and reads them, instead of one for each: about a tenth less of request-ws (medians of eight series in turn: from nothing to 20 % less); and 3.2 kB
// an idle WebSocket instead of 8.9. With one connection alone, one request or 32 in flight: no difference that the noise does not hide.
package main
