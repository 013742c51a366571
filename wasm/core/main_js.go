package main

// main keeps the module alive: the exports may be called once it runs.
func main() { select {} }
