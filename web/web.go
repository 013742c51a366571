package web

import (
	"embed"
	"io/fs"
	"net/http"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Prefix is the path under which [Handler] serves.
const Prefix = "/wab/"

var embedded = sync.OnceValue(func() *site {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the embed directive above names it
	}
	return newSite(sub)
})

// Handler serves the assets under [Prefix], which it expects to find in the request's path. Where nothing was built it answers 503 with
// the command that does.
func Handler() http.Handler { return embedded() }

// Asset gives the path of an asset for a page of this server, and its Subresource Integrity value. The name is a stable one, such as
// "wab.js". Both are empty for a name that this build doesn't have.
func Asset(name string) (path, integrity string) { return embedded().asset(name) }

// BuildID names this set of assets: two builds with the same id serve the same bytes. It is "none" where nothing was built.
func BuildID() string { return embedded().build() }

// Read is the content of an asset, by its stable name.
func Read(name string) ([]byte, error) { return embedded().read(name) }
