package main

func main() {} // a reactor: only its exports are called
