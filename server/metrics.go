package server

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics serves what operators watch, in Prometheus' text format. All figures are read when they are asked for.
func (s *Server) metrics() http.Handler {
	r := prometheus.NewRegistry()
	gauge := func(name, help string, read func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
	}
	counter := func(name, help string, read func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
	}
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge("wab_active_cas", "Cloud Assistants in memory.", func() float64 { return float64(s.runtime.Active()) })
	gauge("wab_connections", "WebSocket connections.", func() float64 { return float64(s.sessions.Stats().Conns) })
	gauge("wab_sessions", "Sessions, those whose client is away included.", func() float64 { return float64(s.sessions.Stats().Sessions) })
	gauge("wab_queued_bytes", "Bytes waiting to be written to clients.", func() float64 { return float64(s.sessions.Stats().Queued) })
	counter("wab_slow_methods_total", "Methods that ran for more than a second.", func() float64 { return float64(s.runtime.Slow()) })
	counter("wab_store_writes_total", "Commits of Cloud Assistants.", func() float64 { return float64(s.store.writes.Load()) })
	counter("wab_store_bytes_total", "Bytes of keys and values committed.", func() float64 { return float64(s.store.bytes.Load()) })
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}
