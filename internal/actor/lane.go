package actor

import (
	"cmp"
	"slices"

	"github.com/wabgo/wab/internal/name"
)

const (
	firstRetry = 50_000 // µs; doubles up to
	lastRetry  = 30_000_000
)

// lane is the way to one receiver: the durable posts that are not known to have arrived there. Behind one that is turned back, the others wait.
type lane struct {
	posts   []*post // by number
	tried   int     // all before this place are sent
	until   int64   // µs UTC, closed until then
	backoff int64   // µs
}

type lanes map[name.Name]*lane

// add puts a post at the end of its receiver's lane.
func (ls *lanes) add(p *post) *lane {
	if *ls == nil {
		*ls = lanes{}
	}
	l := (*ls)[p.to]
	if l == nil {
		l = &lane{}
		(*ls)[p.to] = l
	}
	l.posts = append(l.posts, p)
	return l
}

// remove takes a post out of its lane, and the lane away with its last post.
func (ls lanes) remove(p *post) {
	l := ls[p.to]
	if l == nil {
		return
	}
	if i, ok := place(l.posts, p.number); ok {
		l.posts = slices.Delete(l.posts, i, i+1)
		if i < l.tried {
			l.tried--
		}
	}
	if len(l.posts) == 0 {
		delete(ls, p.to)
	}
}

// take marks what may go now as sent, and tells each post which one goes before it. What is too old stays, and what is behind it, until the outbox is tended:
// it may have been taken once, and its receipt be gone.
func (l *lane) take(now int64, out []*post) []*post {
	if l.until > now {
		return out
	}
	for ; l.tried < len(l.posts); l.tried++ {
		p := l.posts[l.tried]
		if p.stage != unsent {
			continue
		}
		if p.tooOld(now) {
			break
		}
		p.stage, p.before = sent, 0
		if l.tried > 0 {
			p.before = l.posts[l.tried-1].number
		}
		out = append(out, p)
	}
	return out
}

// turnBack keeps a post for another try. The lane closes for a while, longer each time in a row.
func (l *lane) turnBack(p *post, now, atLeast int64) {
	p.stage = unsent
	if i, ok := place(l.posts, p.number); ok {
		l.tried = min(l.tried, i)
	}
	if l.until <= now { // else it came back together with the one that closed the lane
		l.backoff = min(max(2*l.backoff, firstRetry, atLeast), lastRetry)
		l.until = now + l.backoff
	}
}

// open is called when the receiver has taken a post.
func (l *lane) open() { l.until, l.backoff = 0, 0 }

// place finds a post by its number.
func place(posts []*post, number uint64) (int, bool) {
	return slices.BinarySearchFunc(posts, number, func(p *post, n uint64) int { return cmp.Compare(p.number, n) })
}
