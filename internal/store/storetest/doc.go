// Package storetest is the conformance suite of store.Store: every backend passes Run, so that whatever runs on one runs on all.
//
// A subtest that shows a rule bears its id. The last one, Model, drives a store at random next to a model in memory, reopening included;
// what it finds is worth a named test.
package storetest
