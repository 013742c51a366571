package discovery

// What our documents say, by URIs of our own. RFC 8288 and RFC 6415 leave relations and properties that no registry has to whoever can name them by a URI.
const (
	space = "https://github.com/wabgo/wab#"

	// RelDoorbell leads to a doorbell: {server}/sky/event/{eci}.
	RelDoorbell = space + "doorbell"

	propApp   = space + "app"   // of a doorbell: the app of the CA whose it is
	propCA    = space + "ca"    // owner/local
	propAbout = space + "about" // what its card says
	propVouch = space + "vouch" // of a host: the public keys of Vouch, base64url, separated by spaces

	relLRDD    = "lrdd" // RFC 6415: where to ask about a resource
	relSelf    = "self"
	relProfile = "http://webfinger.net/rel/profile-page"
	relAvatar  = "http://webfinger.net/rel/avatar"
)

const (
	typeJRD = "application/jrd+json"
	typeXRD = "application/xrd+xml"
)

// document is a JRD (RFC 7033) or an XRD (RFC 6415), as far as it matters here.
type document struct {
	Subject    string         `json:"subject,omitempty"`
	Aliases    []string       `json:"aliases,omitempty"`
	Properties map[string]any `json:"properties,omitempty"` // texts; peers may say null, or anything
	Links      []link         `json:"links,omitempty"`
}

type link struct {
	Rel        string            `json:"rel"`
	Type       string            `json:"type,omitempty"`
	Href       string            `json:"href,omitempty"`
	Template   string            `json:"template,omitempty"`
	Titles     map[string]string `json:"titles,omitempty"`
	Properties map[string]any    `json:"properties,omitempty"`
}

// text is a property, empty if there is none.
func text(properties map[string]any, key string) string {
	s, _ := properties[key].(string)
	return s
}

// title is a link's title in no language in particular, or in any.
func (l *link) title() string {
	for _, language := range []string{"und", "default", "en"} {
		if t := l.Titles[language]; t != "" {
			return t
		}
	}
	return ""
}

// all are the links of a relation.
func (d *document) all(rel string) (out []link) {
	for _, l := range d.Links {
		if l.Rel == rel {
			out = append(out, l)
		}
	}
	return out
}
