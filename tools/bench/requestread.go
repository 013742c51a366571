package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	readWindow = 3500 * time.Millisecond
	ledgerTime = 10 * time.Second // after which what was counted is written
)

// benchRequestRead measures a method that changes nothing, and what the server writes meanwhile.
func benchRequestRead(ctx context.Context, r *report) error {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	h, err := host(ctx, dir)
	if err != nil {
		return err
	}
	if err := measureReads(ctx, r, h); err != nil {
		return errors.Join(err, h.close())
	}
	return h.close()
}

func measureReads(ctx context.Context, r *report, h *hosted) error {
	made := time.Now()
	if err := h.load("Add", addOne).each(ctx, 10*crowdSockets); err != nil {
		return err
	}
	before, err := h.written()
	if err != nil {
		return err
	}
	r.say("every CA was written; now nothing but reads")
	reads, err := h.slot(ctx, h.child, h.load("Get", none), readWindow)
	if err != nil {
		return err
	}
	times := h.times()
	after, err := h.written()
	if err != nil {
		return err
	}
	r.add("bytes_written", after-before, "B")
	r.add("per_s", reads.PerSecond, "1/s")
	r.add("cpu_us", reads.cpuMicros(), "µs")
	r.add("p50_ms", milliseconds(quantile(times, 0.5)), "ms")
	r.add("p99_ms", milliseconds(quantile(times, 0.99)), "ms")
	r.add("reads", float64(reads.Operations), "1")
	return h.measureFlush(ctx, r, made, after)
}

// measureFlush goes on reading until the ledgers have been written, and tells what that took.
func (h *hosted) measureFlush(ctx context.Context, r *report, made time.Time, before float64) error {
	const margin = 1500 * time.Millisecond
	r.say("reads go on until the ledgers are flushed")
	if _, err := h.slot(ctx, h.child, h.load("Get", none), time.Until(made.Add(ledgerTime+margin))); err != nil {
		return err
	}
	after, err := h.written()
	if err != nil {
		return err
	}
	r.add("ledger_bytes_per_ca", (after-before)/crowdCAs, "B")
	r.note("bytes_written covers %v of reads that begin right after a write of every CA. Reads are counted in the ledger, which is", readWindow)
	r.note("written once in 10 s, however many there were: ledger_bytes_per_ca, outside that window, is what one such flush wrote.")
	return nil
}

// written is how many bytes of keys and values the server has committed.
func (h *hosted) written() (float64, error) {
	answer, err := http.Get("http://" + h.addr + "/metrics")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	for in := bufio.NewScanner(answer.Body); in.Scan(); {
		if value, ok := strings.CutPrefix(in.Text(), "wab_store_bytes_total "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("%s/metrics has no wab_store_bytes_total", h.addr)
}

func itoa(n int) string { return strconv.Itoa(n) }
