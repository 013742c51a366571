package methods

import (
	"context"
	"sync"
)

// pool keeps warm instances, and bounds how many there are.
type pool struct {
	turns chan struct{} // one token for each instance that may run
	mu    sync.Mutex
	idle  []*instance // the one used last is taken first: it is the warmest
}

func (p *pool) init(size int) { p.turns = make(chan struct{}, size) }

// take waits for a turn and gives an instance, a new one if none is idle.
func (p *pool) take(ctx context.Context, create func(context.Context) (*instance, error)) (*instance, error) {
	select {
	case p.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, late()
	}
	if in := p.pop(); in != nil {
		return in, nil
	}
	in, err := create(ctx)
	if err != nil {
		<-p.turns
		return nil, err
	}
	return in, nil
}

func (p *pool) pop() *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	last := len(p.idle) - 1
	in := p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return in
}

// give takes an instance back, or throws it away.
func (p *pool) give(in *instance) {
	if in.healthy() {
		p.mu.Lock()
		p.idle = append(p.idle, in)
		p.mu.Unlock()
	} else {
		in.close()
	}
	<-p.turns
}
