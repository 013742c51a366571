package policy

// Answer is what is known about a membership.
type Answer uint8

// The answers. Not knowing is the zero one, so that nothing forgotten reads as a no to a deny or a yes to an allow.
const (
	Unknown Answer = iota // a group that matters has not arrived, is cut off, or there are too many of them
	No
	Yes
	Closed // not in what may be read; the owner of some group that matters does not let it be read
)

// Doubt tells why a membership is Unknown, or Closed.
type Doubt uint8

// The doubts. The zero one is that of whoever knows nothing about groups.
const (
	NoDoubt Doubt = iota
	Away          // the group has not arrived, or is cut off
	Shut          // its owner does not let it be read
	TooMany       // the group links to more groups than are followed
	Unread        // not a group's: what the CA remembers of the caller cannot be read
)

// Membership answers whether a principal is in a group.
type Membership struct {
	Answer Answer
	Doubt  Doubt  // on Unknown and Closed: why
	About  string // the group that the doubt is about, by its full name
	Chain  Chain  // on Yes: the groups that led there, from the one that the rule names
}

func answer(yes bool) Membership {
	if yes {
		return Membership{Answer: Yes}
	}
	return Membership{Answer: No}
}

// Chain holds the full names of the groups through which somebody is a member. It is a value, so that a decision needs no memory.
type Chain struct {
	names [MaxDepth]string
	n     int
}

// ChainOf makes a chain of at most MaxDepth names.
func ChainOf(names ...string) (c Chain) {
	c.n = copy(c.names[:], names)
	return c
}

// Len is how many groups there are; 0 where no group was needed.
func (c *Chain) Len() int { return c.n }

// Names lists them, from the one that the rule names to the one that has the member; nil for none.
func (c *Chain) Names() []string { return append([]string(nil), c.names[:c.n]...) }
