package outgoing

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// queue keeps calls in line until there is a place for them. Places go round between owners, then between an owner's hosts.
type queue struct {
	total, perHost, perOwner int

	mu     sync.Mutex
	active int
	hosts  map[string]int // calls under way to each
	owners map[string]*owner
	ring   []*owner // those with waiting calls; the next one to be served first
	closed bool

	running sync.WaitGroup // added to with mu held, never once closed
}

// owner is somebody with calls under way or waiting.
type owner struct {
	name   string
	active int
	lanes  []*lane // the next one to be served first
}

// lane is an owner's waiting calls to one host.
type lane struct {
	host string
	jobs []*job
}

// job is a call in line or under way.
type job struct {
	owner, host string
	run         func()
}

// host is what calls are counted by: host and port.
func (c *Call) host() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")) + ":" + port
}

func newQueue(o Options) *queue {
	return &queue{
		total: cmp.Or(o.Total, defaultTotal), perHost: cmp.Or(o.PerHost, defaultPerHost), perOwner: cmp.Or(o.PerOwner, defaultPerOwner),
		hosts: map[string]int{}, owners: map[string]*owner{},
	}
}

// add puts a call in line, and returns those that may begin now.
func (q *queue) add(j *job) []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil
	}
	o := q.owners[j.owner]
	if o == nil {
		o = &owner{name: j.owner}
		q.owners[j.owner] = o
	}
	if len(o.lanes) == 0 {
		q.ring = append(q.ring, o)
	}
	o.lane(j.host).add(j)
	return q.next()
}

func (o *owner) lane(host string) *lane {
	for _, l := range o.lanes {
		if l.host == host {
			return l
		}
	}
	l := &lane{host: host}
	o.lanes = append(o.lanes, l)
	return l
}

func (l *lane) add(j *job) { l.jobs = append(l.jobs, j) }

// finished gives a call's place away.
func (q *queue) finished(j *job) []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.active--
	if q.hosts[j.host]--; q.hosts[j.host] == 0 {
		delete(q.hosts, j.host)
	}
	o := q.owners[j.owner]
	o.active--
	q.drop(o)
	return q.next()
}

// drop forgets an owner without any call.
func (q *queue) drop(o *owner) {
	if o.active == 0 && len(o.lanes) == 0 {
		delete(q.owners, o.name)
	}
}

// next takes as many calls as there are places for; each is to be run, and to tell running of its end. Call with mu held.
func (q *queue) next() (out []*job) {
	for q.active < q.total && !q.closed {
		j := q.take()
		if j == nil {
			break
		}
		q.active++
		q.hosts[j.host]++
		q.running.Add(1)
		out = append(out, j)
	}
	return out
}

// take serves the first owner in the ring who may have one more place, and sends him to its end.
func (q *queue) take() *job {
	for i, o := range q.ring {
		if o.active >= q.perOwner {
			continue
		}
		j := o.take(q)
		if j == nil {
			continue
		}
		o.active++
		q.ring = slices.Delete(q.ring, i, i+1)
		if len(o.lanes) > 0 {
			q.ring = append(q.ring, o)
		}
		return j
	}
	return nil
}

func (o *owner) take(q *queue) *job {
	for i, l := range o.lanes {
		if q.hosts[l.host] >= q.perHost {
			continue
		}
		j := l.jobs[0]
		l.jobs[0], l.jobs = nil, l.jobs[1:]
		o.lanes = slices.Delete(o.lanes, i, i+1)
		if len(l.jobs) > 0 {
			o.lanes = append(o.lanes, l)
		}
		return j
	}
	return nil
}

// remove takes a call out of the line. One that is under way is not touched.
func (q *queue) remove(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	o := q.owners[j.owner]
	if o == nil {
		return
	}
	for i, l := range o.lanes {
		if at := slices.Index(l.jobs, j); at >= 0 {
			if l.jobs = slices.Delete(l.jobs, at, at+1); len(l.jobs) == 0 {
				o.lanes = slices.Delete(o.lanes, i, i+1)
			}
			break
		}
	}
	if len(o.lanes) == 0 {
		if i := slices.Index(q.ring, o); i >= 0 {
			q.ring = slices.Delete(q.ring, i, i+1)
		}
	}
	q.drop(o)
}

func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.active == 0 && len(q.ring) == 0
}

// close lets nobody begin any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.ring = nil
}
