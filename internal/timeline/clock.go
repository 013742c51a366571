package timeline

// VideoRate is how many RTP ticks of video pass in a second (RFC 3551).
const VideoRate = 90_000

const (
	keptReports = 16          // about a minute of them
	keepFor     = 120_000_000 // µs
	trustFor    = 60_000_000  // µs from the last report, beyond which nothing is mapped

	// A report that is further off than these begins anew: another stream, or a clock that was set.
	jumpMedia = 1_000_000  // µs of the stream, against the publisher's clock
	jumpTime  = 10_000_000 // µs of the publisher's clock, against the server's

	ntpTo1970 = 2_208_988_800 // seconds
)

// report is what one sender report has told.
type report struct {
	arrival int64 // server's clock
	apart   int64 // server's clock minus the publisher's, plus the way of the report
}

// Clock maps the server's time to RTP timestamps of one stream. The zero value is ready, for video.
type Clock struct {
	Rate int64 // RTP ticks a second; 0 for VideoRate

	sender  int64 // the publisher's clock in the last report, µs since 1970
	rtp     uint32
	reports []report
}

// Add takes a sender report: the NTP timestamp (RFC 5905) and the RTP timestamp that it names, and when it arrived, less what is known of its way. One that names no time, is older than the last, or has no place in the same
// stream's time any more, is not added to what is known: the first two are ignored, the last begins anew.
func (c *Clock) Add(ntp uint64, rtp uint32, arrival int64) {
	if ntp == 0 {
		return
	}
	sender := FromNTP(ntp)
	if len(c.reports) > 0 {
		if sender == c.sender && rtp == c.rtp {
			return
		}
		if c.jumps(sender, rtp, arrival) {
			c.reports = c.reports[:0]
		} else if sender < c.sender {
			return
		}
	}
	c.sender, c.rtp = sender, rtp
	c.keep(report{arrival, arrival - sender})
}

// jumps tells whether a report contradicts the last one: another stream, or a clock that was set.
func (c *Clock) jumps(sender int64, rtp uint32, arrival int64) bool {
	off := int64(int32(rtp-c.at(sender))) * 1_000_000 / c.rate()
	drift := (arrival - sender) - c.reports[len(c.reports)-1].apart
	return off > jumpMedia || off < -jumpMedia || drift > jumpTime || drift < -jumpTime
}

func (c *Clock) keep(r report) {
	from := 0
	for from < len(c.reports) && (r.arrival-c.reports[from].arrival > keepFor || len(c.reports)-from >= keptReports) {
		from++
	}
	c.reports = append(c.reports[:copy(c.reports, c.reports[from:])], r)
}

// Map is the RTP timestamp of a frame that was captured at an instant by the server's clock. ok is false before the first report, and for instants too far from the last one.
func (c *Clock) Map(at int64) (rtp uint32, ok bool) {
	if len(c.reports) == 0 {
		return 0, false
	}
	since := at - c.reports[len(c.reports)-1].arrival
	if since > trustFor || since < -trustFor {
		return 0, false
	}
	apart := c.reports[0].apart
	for _, r := range c.reports {
		apart = min(apart, r.apart)
	}
	return c.at(at - apart), true
}

// at is the RTP timestamp of an instant by the publisher's clock.
func (c *Clock) at(sender int64) uint32 {
	passed := sender - c.sender
	return c.rtp + uint32(passed/1_000_000*c.rate()+passed%1_000_000*c.rate()/1_000_000)
}

func (c *Clock) rate() int64 {
	if c.Rate == 0 {
		return VideoRate
	}
	return c.Rate
}

// FromNTP is an NTP timestamp (RFC 5905: seconds since 1900, and 2^32 parts of one) in µs since 1970.
func FromNTP(ntp uint64) int64 {
	seconds, fraction := int64(ntp>>32), ntp&(1<<32-1)
	return (seconds-ntpTo1970)*1_000_000 + int64(fraction*1_000_000>>32)
}
