// Package archtest holds the house together: its tests read the source of every package and refuse what breaks the plan.
//
// Imports go down only, along the layers in layers_test.go; a package that has no place there is refused until it gets one. The pure
// packages import a handful of standard ones, start no goroutine, and mind that each import of the browser core is downloaded by
// everybody. Every package says in its doc.go, and nowhere else, what it is; none is a drawer for what fits nowhere.
//
// Tests may import what they like: only what is built into a program is judged.
package archtest
