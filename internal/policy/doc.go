// Package policy decides who may call what, and says why.
//
// Two things stand between a caller and a method. The scope of the caller's token narrows what it opens, whoever the caller is
// (Scope.Permits). The rules of the receiving CA say which principals may call which methods (Decide).
//
// Without rules a CA serves its own owner, in the same app, and nobody else. Rules add to that: their order does not matter, a deny
// wins over any allow, and it wins over the owner too. A rule names methods and maps, which are asked for like methods, by their labels; and one
// Subject: a principal, anyone, principals who are known from before, or the members of a group. What only the running system knows, group
// membership and past interactions, is asked of Facts. Where an answer is unknown and would matter the decision is unavailable, never a guess.
//
// # Groups
//
// A group is a map whose keys are principals, and links to other groups, which thereby decide about their own members (Walk). How far links are
// followed is part of the rule. What a rule's own CA may not read has no members for an allow, and leaves a deny undecided: so nobody gains by
// closing a group.
//
// # Answers
//
// A decision remembers what led to it; Explain puts that into a sentence, later and only if somebody asks.
//
// Limits: 256 rules a CA, 64 methods and maps a rule, 64 bytes a method name, groups followed at most 8 deep, and 1,000 for one decision.
//
// The package is pure. Rules and Scopes are values that never change once made: a transaction that fails just keeps the old ones.
package policy
