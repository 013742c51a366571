package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wabproc"
)

// crowd counts up over HTTP, all at once, with a key for each wish, repeated until it is granted.
type crowd struct {
	s     *wabproc.Server
	token string
	acked chan struct{} // one for each wish that was granted

	mu      sync.Mutex
	wishes  map[string]int          // by CA: how many were granted
	sums    map[string]map[int]bool // by CA: what Add returned; no sum may come twice
	repeats atomic.Int64            // how often a wish was sent again
}

func newCrowd(s *wabproc.Server, token string) *crowd {
	return &crowd{s: s, token: token, acked: make(chan struct{}), wishes: map[string]int{}, sums: map[string]map[int]bool{}}
}

// member wishes until stop is closed, and then until its last wish is granted.
func (c *crowd) member(t *testing.T, id int, ca string, stop <-chan struct{}) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for n := 0; ; n++ {
		sum, ok := c.wish(t, client, ca, fmt.Sprintf("%d-%d", id, n))
		if !ok {
			return
		}
		c.note(t, ca, sum)
		select {
		case c.acked <- struct{}{}:
		case <-stop:
			return
		}
	}
}

// wish sends one request under its key, again and again, until it is answered.
func (c *crowd) wish(t *testing.T, client *http.Client, ca, key string) (sum int, ok bool) {
	late := time.Now().Add(patience)
	for time.Now().Before(late) {
		status, body, err := c.post(client, ca, key)
		switch {
		case err != nil, status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
			c.repeats.Add(1)
			pause()
			continue
		case status != http.StatusOK:
			t.Errorf("%s: %d %s", key, status, body)
			return 0, false
		}
		var answer struct{ Result int }
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Errorf("%s: %s: %v", key, body, err)
			return 0, false
		}
		return answer.Result, true
	}
	t.Errorf("%s was not answered within %v", key, patience)
	return 0, false
}

const patience = 60 * time.Second

// pause is how clients wait before they ask again; no test depends on how long it takes.
func pause() { <-time.After(time.Duration(1+rand.IntN(10)) * time.Millisecond) }

func (c *crowd) post(client *http.Client, ca, key string) (status int, body []byte, err error) {
	r, err := http.NewRequest("POST", c.s.URL+"/api/counter/"+ca+"/Add", strings.NewReader("[1]"))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Idempotency-Key", key)
	res, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// note keeps what was acknowledged.
func (c *crowd) note(t *testing.T, ca string, sum int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sums[ca] == nil {
		c.sums[ca] = map[int]bool{}
	}
	if c.sums[ca][sum] {
		t.Errorf("%s: two wishes were told the sum %d: one of them is lost", ca, sum)
	}
	c.sums[ca][sum] = true
	c.wishes[ca]++
}

// hear waits until n more wishes were granted.
func (c *crowd) hear(t *testing.T, n int) {
	t.Helper()
	late := time.After(patience)
	for range n {
		select {
		case <-c.acked:
		case <-late:
			t.Fatalf("the clients get no answers\n%s", c.s.Logs)
		}
	}
}

// check wants each CA to stand where its granted wishes put it.
func (c *crowd) check(t *testing.T) (total int) {
	for ca, wishes := range c.wishes {
		status, body := c.s.Post("/api/counter/"+ca+"/Get", c.token, "[]")
		if want := fmt.Sprintf(`{"result":%d}`, wishes); status != http.StatusOK || body != want {
			t.Errorf("%s answers %d %s after %d granted wishes", ca, status, body, wishes)
		}
		total += wishes
	}
	return total
}

// TestCA3_NoAcknowledgedIncrementIsLostOrDoubledByKills is the promise to those outside: 64 clients, a server that is killed again and again.
func TestCA3_NoAcknowledgedIncrementIsLostOrDoubledByKills(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 10
	}
	s := wabproc.Start(t, "--dev", "--log-level", "warn")
	c := newCrowd(s, s.Guest("alice"))
	stop := make(chan struct{})
	var all sync.WaitGroup
	for id := range 64 {
		all.Go(func() { c.member(t, id, fmt.Sprintf("alice/c%d", id%5), stop) })
	}
	for range rounds {
		c.hear(t, rand.IntN(1500)) // some rounds end before anybody was answered
		s.Kill()
		s.Start()
	}
	close(stop)
	all.Wait()
	t.Logf("%d increments by 64 clients through %d kills, %d of them sent again", c.check(t), rounds, c.repeats.Load())
}

// TestOPS2_SigtermDrainsAndExitsZero stops a server under load: it exits with 0, and nothing is lost or doubled when it is back.
func TestOPS2_SigtermDrainsAndExitsZero(t *testing.T) {
	s := wabproc.Start(t, "--dev")
	c := newCrowd(s, s.Guest("alice"))
	stop := make(chan struct{})
	var all sync.WaitGroup
	for id := range 32 {
		all.Go(func() { c.member(t, id, "alice/home", stop) })
	}
	for range 3 {
		c.hear(t, 200)
		s.Term()
		s.Start()
	}
	close(stop)
	all.Wait()
	c.check(t)
}

// TestOPS2_WhatWasUnderWayAtSigtermIsAnswered has a request whose body is still on its way when the server is told to stop. A machine that is so busy that the rest of it comes
// later than the server waits for it shows nothing.
func TestOPS2_WhatWasUnderWayAtSigtermIsAnswered(t *testing.T) {
	for range 20 {
		if stoppedUnderWay(t) {
			return
		}
	}
	t.Fatal("the machine is too busy to send a body in time")
}

// stoppedUnderWay tells whether the whole body was sent in time, and so had to be answered.
func stoppedUnderWay(t *testing.T) (inTime bool) {
	t.Helper()
	s := wabproc.Start(t, "--dev")
	conn := begin(t, s, "/api/counter/alice/home/Add", s.Guest("alice"), len("[7]"))
	io.WriteString(conn, "[")
	begun := time.Now()
	s.Signal(term)
	s.Logs.Wait(t, "draining")
	io.WriteString(conn, "7]")
	inTime = time.Since(begun) < session.DefaultDrainPatience/2 // the rest is for the server, to read it
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if state := s.Ended(); state.ExitCode() != 0 {
		t.Errorf("it ended with %v", state)
	}
	if err != nil {
		if inTime {
			t.Error(err)
		}
		return inTime
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); inTime && (res.StatusCode != http.StatusOK || strings.TrimSpace(string(text)) != `{"result":7}`) {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	return inTime
}

// begin begins a request, and returns when the server is at work on it and waits for its body.
func begin(t *testing.T, s *wabproc.Server, path, token string, length int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", path, token, length)
	const asked = "HTTP/1.1 100 Continue\r\n\r\n"
	answer := make([]byte, len(asked))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != asked {
		t.Fatalf("%q %v", answer, err)
	}
	return conn
}
