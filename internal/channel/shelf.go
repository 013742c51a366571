package channel

import (
	"slices"
	"strings"
)

// keyed is what stands on a shelf, under a name.
type keyed interface {
	comparable
	key() string
}

// shelf holds things in the order of their names. It is never changed in place.
type shelf[T keyed] []T

func (s shelf[T]) index(key string) (int, bool) {
	return slices.BinarySearchFunc(s, key, func(t T, key string) int { return strings.Compare(t.key(), key) })
}

// get is the thing of that name, zero if there is none.
func (s shelf[T]) get(key string) (t T) {
	if i, found := s.index(key); found {
		return s[i]
	}
	return t
}

// with has a thing take its place, and that of another one of its name.
func (s shelf[T]) with(t T) shelf[T] {
	i, found := s.index(t.key())
	s = slices.Clone(s)
	if found {
		s[i] = t
		return s
	}
	return slices.Insert(s, i, t)
}

// and is with, for what is read in order: nobody else has the shelf yet.
func (s shelf[T]) and(t T) shelf[T] {
	if n := len(s); n > 0 && s[n-1].key() >= t.key() {
		return s.with(t)
	}
	return append(s, t)
}

func (s shelf[T]) without(key string) shelf[T] {
	i, found := s.index(key)
	if !found {
		return s
	}
	return slices.Delete(slices.Clone(s), i, i+1)
}
