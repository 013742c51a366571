package client

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/wire"
)

// maxReply bounds a frame from the server, in bytes.
const maxReply = 16 << 20

// sessionURL is the address of the session endpoint.
func sessionURL(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
	default:
		return "", errors.New("client: the address of a server begins with http:// or https://")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/api/session"
	}
	return u.String(), nil
}

// A socket is one WebSocket: what is to be written to it, and a way to end it.
type socket struct {
	conn   uint64
	ctx    context.Context // ends when the socket is to be hung up
	cancel context.CancelFunc

	mu    sync.Mutex
	queue [][]byte
	more  chan struct{} // has one element while there is something to write
}

func newSocket(conn uint64) *socket {
	s := &socket{conn: conn, more: make(chan struct{}, 1)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func (s *socket) hangUp() { s.cancel() }

// push queues a frame. The queue is bounded by the link's window.
func (s *socket) push(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, frame)
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *socket) take() (queue [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	queue, s.queue = s.queue, nil
	return queue
}

// serve is a socket's goroutine: it dials, reads, and tells the link when it is over.
func (c *Client) serve(ctx context.Context, s *socket) {
	defer s.cancel()
	defer context.AfterFunc(ctx, s.cancel)()
	ws, _, err := websocket.Dial(s.ctx, c.url, &websocket.DialOptions{HTTPClient: c.opt.HTTP, Subprotocols: []string{wire.Subprotocol}})
	if err == nil {
		ws.SetReadLimit(maxReply)
		c.do(func() { c.link.Connected(c.now(), s.conn) })
		c.exchange(ws, s)
	}
	c.do(func() { c.link.Disconnected(c.now(), s.conn) })
}

// exchange reads and writes until either fails or the socket is hung up.
func (c *Client) exchange(ws *websocket.Conn, s *socket) {
	var writer sync.WaitGroup
	writer.Go(func() { s.write(ws) })
	for {
		_, frame, err := ws.Read(s.ctx)
		if err != nil {
			break
		}
		c.do(func() { c.receive(s.conn, frame) })
	}
	s.cancel()
	writer.Wait()
	ws.CloseNow()
}

// write is a socket's second goroutine. What was queued before the socket was hung up is still written: a close frame of a session.
func (s *socket) write(ws *websocket.Conn) {
	defer ws.CloseNow()
	for {
		select {
		case <-s.more:
		case <-s.ctx.Done():
			return
		}
		for _, frame := range s.take() {
			if ws.Write(s.ctx, websocket.MessageBinary, frame) != nil {
				s.cancel()
				return
			}
		}
	}
}
