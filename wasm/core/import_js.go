package main

import "unsafe"

// The imports are JavaScript functions of the worker. link is the number that start gave.

//go:wasmimport wab random
func jsRandom(p unsafe.Pointer, n int32)

// jsDial opens a socket; connected or disconnected follow later.
//
//go:wasmimport wab dial
func jsDial(link, conn int32)

//go:wasmimport wab hangUp
func jsHangUp(link, conn int32)

//go:wasmimport wab send
func jsSend(link, conn int32, p unsafe.Pointer, n int32)

// jsWake wants tick at an instant; 0 never.
//
//go:wasmimport wab wake
func jsWake(link int32, at float64)

// jsRenew wants a fresh token; setToken or noToken follows later.
//
//go:wasmimport wab renew
func jsRenew(link int32)

// jsState tells the connection's state. code is empty where there is no reason; next is 0 where no attempt is planned.
//
//go:wasmimport wab state
func jsState(link, status int32, next float64, code, message string)

//go:wasmimport wab opened
func jsOpened(link, ch, first, resumed int32)

//go:wasmimport wab closed
func jsClosed(link, ch int32, code, message string)

//go:wasmimport wab reply
func jsReply(link, ch int32, req float64, p unsafe.Pointer, n int32)

//go:wasmimport wab failure
func jsFailure(link, ch int32, req float64, code, message string, retryAfter float64)

//go:wasmimport wab note
func jsNote(link, ch int32, seq, dropped float64, p unsafe.Pointer, n int32)

// jsClock tells what time it is at the server at an instant of ours, µs; how much faster its clock is; and how wrong that can be, µs.
//
//go:wasmimport wab clock
func jsClock(link int32, local, server, drift, bound float64, settled int32)

//go:wasmimport wab mapState
func jsMapState(link, m, state int32, code, message string)

// jsMapChanged tells a batch. flags: 1 reset, 2 part, 4 more.
//
//go:wasmimport wab mapChanged
func jsMapChanged(link, m, flags int32, epoch, version float64, p unsafe.Pointer, n int32)

//go:wasmimport wab mapPresence
func jsMapPresence(link, m int32, who float64, reset int32, p unsafe.Pointer, n int32)

// jsTopicState tells that a subscription is not live.
//
//go:wasmimport wab topicState
func jsTopicState(link, topic, state int32, code, message string)

//go:wasmimport wab topicOpened
func jsTopicOpened(link, topic int32, epoch, offset, before float64, gap int32, missed float64)

//go:wasmimport wab topicMessages
func jsTopicMessages(link, topic int32, epoch, offset float64, p unsafe.Pointer, n int32)

// jsCallState tells that a call is not live.
//
//go:wasmimport wab callState
func jsCallState(link, call, state int32, code, message string)

//go:wasmimport wab callOpened
func jsCallOpened(link, call, resumed int32, member string, p unsafe.Pointer, n int32)

//go:wasmimport wab callSignal
func jsCallSignal(link, call int32, p unsafe.Pointer, n int32)
