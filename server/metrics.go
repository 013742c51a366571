package server

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics serves what operators watch, in Prometheus' text format.
func (s *Server) metrics() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), gauges{s})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// gauges reads the server's own figures once a scrape: counting them visits every connection.
type gauges struct{ srv *Server }

var (
	activeCAs   = figure("wab_active_cas", "Cloud Assistants in memory.")
	connections = figure("wab_connections", "WebSocket connections.")
	sessions    = figure("wab_sessions", "Sessions, those whose client is away included.")
	queued      = figure("wab_queued_bytes", "Bytes waiting to be written to clients.")
	notes       = figure("wab_note_bytes", "Bytes of notifications kept for sessions.")
	sharedMaps  = figure("wab_maps", "SharedMaps in memory.")
	mapEntries  = figure("wab_map_entries", "Entries of SharedMaps in memory.")
	mapBytes    = figure("wab_map_bytes", "Bytes of their keys and values.")
	mapReaders  = figure("wab_map_subscriptions", "Subscriptions of clients to SharedMaps.")
	topics      = figure("wab_topics", "Topics in memory.")
	messages    = figure("wab_topic_messages", "Messages of topics in memory.")
	topicBytes  = figure("wab_topic_bytes", "Bytes of these messages.")
	followers   = figure("wab_topic_followers", "Cloud Assistants that follow topics in memory.")
	lagging     = figure("wab_topic_followers_behind", "Of them, those that have not handled all messages.")
	listeners   = figure("wab_topic_subscriptions", "Subscriptions of clients to topics.")
	rooms       = figure("wab_rooms", "Rooms with members.")
	members     = figure("wab_room_members", "Members of rooms, those whose connection is lost included.")
	streams     = figure("wab_call_streams", "Tracks on their way to members.")
	packetsIn   = figure("wab_call_packets_received_total", "RTP packets that came in.")
	packetsOut  = figure("wab_call_packets_sent_total", "RTP packets that went out, repairs included.")
	repairs     = figure("wab_call_repairs_total", "RTP packets that were sent again.")
	relays      = figure("wab_relays", "Relays of members whose network lets nothing else through.")
	relayed     = figure("wab_relay_bytes_total", "Bytes that relays have carried, both ways.")
	notRelayed  = figure("wab_relay_blocked_total", "Datagrams and permissions that relays have refused: what they don't reach.")
	events      = figure("wab_channel_events_total", "Events and queries that came by channels and were answered.")
	eventsNot   = figure("wab_channel_events_refused_total", "Those that were answered with an error, but for channels that nobody has.")
	slow        = figure("wab_slow_methods_total", "Methods that ran for more than a second.")
	writes      = figure("wab_store_writes_total", "Commits of Cloud Assistants.")
	written     = figure("wab_store_bytes_total", "Bytes of keys and values committed.")
)

func figure(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }

func (g gauges) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(g, out) }

func (g gauges) Collect(out chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64) {
		out <- prometheus.MustNewConstMetric(d, kind, v)
	}
	st := g.srv.sessions.Stats()
	send(activeCAs, prometheus.GaugeValue, float64(g.srv.runtime.Active()))
	send(connections, prometheus.GaugeValue, float64(st.Conns))
	send(sessions, prometheus.GaugeValue, float64(st.Sessions))
	send(queued, prometheus.GaugeValue, float64(st.Queued))
	send(notes, prometheus.GaugeValue, float64(st.Notes))
	held := g.srv.maps.Stats()
	send(sharedMaps, prometheus.GaugeValue, float64(held.Maps))
	send(mapEntries, prometheus.GaugeValue, float64(held.Entries))
	send(mapBytes, prometheus.GaugeValue, float64(held.Bytes))
	send(mapReaders, prometheus.GaugeValue, float64(held.Subscriptions))
	heard := g.srv.topics.Stats()
	send(topics, prometheus.GaugeValue, float64(heard.Topics))
	send(messages, prometheus.GaugeValue, float64(heard.Messages))
	send(topicBytes, prometheus.GaugeValue, float64(heard.Bytes))
	send(followers, prometheus.GaugeValue, float64(heard.Followers))
	send(lagging, prometheus.GaugeValue, float64(heard.Behind))
	send(listeners, prometheus.GaugeValue, float64(heard.Listeners))
	g.calls(send)
	came := g.srv.channels.Stats()
	send(events, prometheus.CounterValue, float64(came.Taken))
	send(eventsNot, prometheus.CounterValue, float64(came.Refused))
	send(slow, prometheus.CounterValue, float64(g.srv.runtime.Slow()))
	send(writes, prometheus.CounterValue, float64(g.srv.store.writes.Load()))
	send(written, prometheus.CounterValue, float64(g.srv.store.bytes.Load()))
}

func (g gauges) calls(send func(*prometheus.Desc, prometheus.ValueType, float64)) {
	held := g.srv.calls.Stats()
	send(rooms, prometheus.GaugeValue, float64(held.Rooms))
	send(members, prometheus.GaugeValue, float64(held.Members))
	if g.srv.media == nil {
		return
	}
	carried := g.srv.media.Stats()
	send(streams, prometheus.GaugeValue, float64(carried.Forwards))
	send(packetsIn, prometheus.CounterValue, float64(carried.PacketsIn))
	send(packetsOut, prometheus.CounterValue, float64(carried.PacketsOut))
	send(repairs, prometheus.CounterValue, float64(carried.Repairs))
	through := g.srv.relay.Stats()
	send(relays, prometheus.GaugeValue, float64(through.Relays))
	send(relayed, prometheus.CounterValue, float64(through.BytesToPeers+through.BytesToUsers))
	send(notRelayed, prometheus.CounterValue, float64(through.Blocked))
}
