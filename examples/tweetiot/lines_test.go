package tweetiot

import (
	"os"
	"regexp"
	"testing"
)

// TestTheBackendIsSmall counts the lines of code behind the pages, without comments and empty lines. The app of the same name that this one follows has 154, in JavaScript.
func TestTheBackendIsSmall(t *testing.T) {
	const most = 154
	line, sum := regexp.MustCompile(`(?m)^\s*[^\s/]`), 0
	for _, file := range []string{"tweetiot.go", "post.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum += len(line.FindAll(source, -1))
	}
	if sum > most {
		t.Errorf("the backend has %d lines of code, more than %d", sum, most)
	}
	t.Logf("%d lines of code", sum)
}
