package sfu

import (
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor"
)

// lazy keeps an interceptor of the way in asleep until something comes in: many members of a large room only watch, and each
// interceptor has a clock of its own.
type lazy struct{ interceptor.Factory }

// NewInterceptor makes one for a connection.
func (l lazy) NewInterceptor(id string) (interceptor.Interceptor, error) {
	inner, err := l.Factory.NewInterceptor(id)
	return &asleep{inner: inner}, err
}

// asleep is an interceptor that hands on the writer for RTCP, which is what starts the inner one, with the first stream.
type asleep struct {
	interceptor.NoOp
	inner interceptor.Interceptor

	awake  atomic.Bool
	mu     sync.Mutex
	writer interceptor.RTCPWriter // until the inner one has it
}

// BindRTCPWriter keeps the writer. What the inner one would have wrapped around it, it does not need: none of ours looks at RTCP on its
// way out.
func (a *asleep) BindRTCPWriter(w interceptor.RTCPWriter) interceptor.RTCPWriter {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writer = w
	return w
}

// BindRTCPReader has the inner one look at what comes in once it is awake.
func (a *asleep) BindRTCPReader(r interceptor.RTCPReader) interceptor.RTCPReader {
	inner := a.inner.BindRTCPReader(r)
	return interceptor.RTCPReaderFunc(func(b []byte, with interceptor.Attributes) (int, interceptor.Attributes, error) {
		if a.awake.Load() {
			return inner.Read(b, with)
		}
		return r.Read(b, with)
	})
}

func (a *asleep) BindRemoteStream(i *interceptor.StreamInfo, r interceptor.RTPReader) interceptor.RTPReader {
	a.mu.Lock()
	if a.writer != nil {
		a.inner.BindRTCPWriter(a.writer)
		a.writer = nil
		a.awake.Store(true)
	}
	a.mu.Unlock()
	return a.inner.BindRemoteStream(i, r)
}

func (a *asleep) UnbindRemoteStream(i *interceptor.StreamInfo) { a.inner.UnbindRemoteStream(i) }

func (a *asleep) Close() error { return a.inner.Close() }
