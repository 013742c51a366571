package ui

import "github.com/wabgo/wab/web"

// link is where a style sheet or script of ours is, and what it must hash to.
type link struct{ Path, Integrity string }

// assetLink falls back to the stable name where nothing is built: that path then says how to build it.
func assetLink(name string) link {
	path, integrity := web.Asset(name)
	if path == "" {
		return link{Path: web.Prefix + name}
	}
	return link{Path: path, Integrity: integrity}
}
