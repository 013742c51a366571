package main

// lateEdits put a way between a client and the server that accepts it, on which bytes take up to WAB_LATE milliseconds, each way, at random, in their order. What a server has written and the way
// still holds is lost if its process ends; so are socket options and addresses of the client's end.
var lateEdits = []edit{
	{file: "net/tcpsock_posix.go", funcs: []string{"func (ln *TCPListener) accept() (*TCPConn, error) {\n"}, call: "return ln.acceptLate()"},
	{file: "net/tcpsock.go", tail: `
var mostLate = func() (ms int64) {
	text, _ := syscall.Getenv("WAB_LATE")
	for _, digit := range text {
		ms = 10*ms + int64(digit-'0')
	}
	return ms
}()

func (l *TCPListener) acceptLate() (*TCPConn, error) {
	fd, err := l.fd.accept()
	if err != nil {
		return nil, err
	}
	client := newTCPConn(fd, l.lc.KeepAlive, l.lc.KeepAliveConfig, testPreHookSetKeepAlive, testHookSetKeepAlive)
	if mostLate == 0 {
		return client, nil
	}
	between, err := ListenTCP("tcp4", &TCPAddr{IP: IPv4(127, 0, 0, 1)})
	if err != nil {
		client.Close()
		return nil, err
	}
	defer between.Close()
	out, err := DialTCP("tcp4", nil, between.Addr().(*TCPAddr))
	if err == nil {
		fd, err = between.fd.accept()
	}
	if err != nil {
		client.Close()
		return nil, err
	}
	ended := make(chan bool, 2)
	go carryLate(out, client, ended)
	go carryLate(client, out, ended)
	go func() {
		if !<-ended || !<-ended { // a reset is carried on
			client.SetLinger(0)
			out.SetLinger(0)
		}
		client.Close()
		out.Close()
	}()
	return newTCPConn(fd, l.lc.KeepAlive, l.lc.KeepAliveConfig, testPreHookSetKeepAlive, testHookSetKeepAlive), nil
}

// lateBytes are on their way until an instant; err is why nothing comes after them.
type lateBytes struct {
	b   []byte
	at  time.Time
	err error
}

// carryLate carries what comes from one end to the other, and tells at the end whether all of it has arrived.
func carryLate(to, from *TCPConn, ended chan<- bool) {
	way := make(chan lateBytes, 64)
	go func() {
		defer close(way)
		for {
			b := make([]byte, 64<<10)
			n, err := from.Read(b)
			way <- lateBytes{b[:n], time.Now().Add(time.Duration(int64(randInt())%(mostLate*1000)) * time.Microsecond), err}
			if err != nil {
				return
			}
		}
	}()
	whole := true
	for l := range way {
		if l.err == nil || l.err == io.EOF {
			time.Sleep(time.Until(l.at))
		}
		if _, err := to.Write(l.b); err != nil || l.err != nil && l.err != io.EOF {
			whole = false
			break
		}
		if l.err == io.EOF {
			to.CloseWrite()
		}
	}
	ended <- whole
	for range way {
	}
}
`},
}
