package wabproc

import (
	"net"
	"strconv"
	"testing"
)

func TestAPortIsNobodyElsesUntilTheTestEnds(t *testing.T) {
	_, port, err := net.SplitHostPort(FreePort(t))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	if held, err := hold(n); err == nil {
		held.Close()
		t.Errorf("port %d may be given away a second time", n)
	}
}
