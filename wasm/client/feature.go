package client

import "github.com/wabgo/wab/internal/link"

// A feature is a machine beside the link: it has frames of its own on the same connection. It is guarded by Client.mu.
type feature interface {
	linked(online bool) // tells whether the server takes its frames
	received(frame []byte) (err error)
	tick()
	wake() int64
	drain() // does what it asks for
	end()   // tells everybody that the Client is closed
}

// linked tells the features whether the server takes their frames.
func (c *Client) linked(status link.Status) {
	online := status == link.Resuming || status == link.Live
	if online == c.online {
		return
	}
	c.online = online
	for _, f := range c.features {
		f.linked(online)
	}
}

// received hands a frame to the features: each knows its kinds.
func (c *Client) received(frame []byte) {
	for _, f := range c.features {
		if f.received(frame) != nil {
			c.flawed = true
		}
	}
}

// receive hands in a frame, and hangs up on a server that makes no sense.
func (c *Client) receive(conn uint64, frame []byte) {
	c.link.Received(c.now(), conn, frame)
	c.drain()
	if c.flawed {
		c.flawed = false
		c.link.Disconnected(c.now(), conn)
	}
}

func (c *Client) drainFeatures() {
	for _, f := range c.features {
		f.drain()
	}
}
