package timeline

// Rate is how many RTP ticks of video pass in a second (RFC 3551).
const Rate = 90_000

const (
	keptReports = 16         // of the last minute, at the usual one in four seconds
	keepFor     = 60_000_000 // µs
	trustFor    = 30_000_000 // µs from the last report, beyond which nothing is mapped

	// A report that is further off than these begins anew: another stream, or a clock that was set.
	jumpTicks = Rate
	jumpTime  = 10_000_000 // µs

	ntpTo1970 = 2_208_988_800 // seconds
)

// report is what one sender report has told.
type report struct {
	arrival int64 // server's clock
	apart   int64 // server's clock minus the publisher's, plus the way of the report
}

// Clock maps the server's time to RTP timestamps of one stream. The zero value is ready.
type Clock struct {
	sender  int64 // the publisher's clock in the last report, µs since 1970
	rtp     uint32
	reports []report
}

// Add takes a sender report: the NTP timestamp (RFC 5905) and the RTP timestamp that it names, and when it arrived. One that names no time, is older than the last, or has no place in the same
// stream's time any more, is not added to what is known: the first two are ignored, the last begins anew.
func (c *Clock) Add(ntp uint64, rtp uint32, arrival int64) {
	if ntp == 0 {
		return
	}
	sender := fromNTP(ntp)
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
	off := int32(rtp - c.at(sender))
	last := c.reports[len(c.reports)-1]
	drift := (arrival - sender) - last.apart
	return off > jumpTicks || off < -jumpTicks || drift > jumpTime || drift < -jumpTime
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
	return c.rtp + uint32((sender-c.sender)*(Rate/1000)/1000)
}

// fromNTP is an NTP timestamp in µs since 1970.
func fromNTP(ntp uint64) int64 {
	seconds, fraction := int64(ntp>>32), ntp&(1<<32-1)
	return (seconds-ntpTo1970)*1_000_000 + int64(fraction*1_000_000>>32)
}
