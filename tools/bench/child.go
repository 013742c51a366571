package main

import (
	"context"
	"errors"
)

var profiles string

func runChild(ctx context.Context, as string, args []string) error { return errors.New("none yet") }
