package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// poster is an HTTP client that costs as little as it can: a connection that is kept, one request at a time, no goroutine.
type poster struct {
	conn   net.Conn
	r      *bufio.Reader
	token  string // whose requests they are; empty for nobody's
	out    []byte // scratch
	answer []byte // the last one, until the next
}

func dialPoster(addr string) (*poster, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &poster{conn: conn, r: bufio.NewReaderSize(conn, 4096)}, nil
}

func (p *poster) close() error { return p.conn.Close() }

// post sends a body of JSON, and waits for the answer, which must be good.
func (p *poster) post(path, body string) error {
	b := append(p.out[:0], "POST "...)
	b = append(append(b, path...), " HTTP/1.1\r\nHost: bench.test\r\n"...)
	if p.token != "" {
		b = append(append(append(b, "Authorization: Bearer "...), p.token...), "\r\n"...)
	}
	b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
	b = append(append(strconv.AppendInt(b, int64(len(body)), 10), "\r\n\r\n"...), body...)
	p.out = b
	if _, err := p.conn.Write(b); err != nil {
		return err
	}
	return p.read()
}

// read takes an answer, whose length must be told before it.
func (p *poster) read() error {
	status, err := p.line()
	if err != nil {
		return err
	}
	good := bytes.HasPrefix(status, []byte("HTTP/1.1 200"))
	length := -1
	for {
		line, err := p.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(n)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer of unknown length")
	}
	if cap(p.answer) < length {
		p.answer = make([]byte, length)
	}
	p.answer = p.answer[:length]
	if _, err := io.ReadFull(p.r, p.answer); err != nil {
		return err
	}
	if !good {
		return fmt.Errorf("the server answers %s", p.answer)
	}
	return nil
}

// line is valid until the next read.
func (p *poster) line() ([]byte, error) {
	line, err := p.r.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}
