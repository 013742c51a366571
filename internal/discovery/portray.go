package discovery

import (
	"net/url"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sky"
)

// portray says of an owner, or of one CA, what their cards say: a doorbell and a page for each CA, and the rest of the first one's card.
func (d *Discovery) portray(r resource, all []shown) *document {
	at, base, _ := d.here()
	doc := &document{Subject: "acct:" + userOf(r.who) + "@" + at.authority}
	for i := range all {
		doc.Links = append(doc.Links, links(&all[i], base)...)
		if i == 0 {
			doc.Links = append(doc.Links, more(&all[i])...)
		}
		for _, a := range all[i].card.Aliases {
			doc.alias("acct:" + a)
		}
		doc.alias(pageURL(base, all[i].ca))
	}
	return doc
}

func (d *document) alias(a string) {
	for _, known := range d.Aliases {
		if known == a {
			return
		}
	}
	d.Aliases = append(d.Aliases, a)
}

// userOf is a name as the user of an acct URI, which has no slashes and colons (RFC 7565).
func userOf(n name.Name) string {
	n.Host = ""
	return url.QueryEscape(n.String()) // labels have nothing else that it would change
}

func pageURL(base string, ca name.Name) string {
	return base + "/" + ca.App + "/?ca=" + ca.Owner + "/" + ca.Local
}

func whose(ca name.Name) map[string]any {
	return map[string]any{propApp: ca.App, propCA: ca.Owner + "/" + ca.Local}
}

// links are those of every CA.
func links(s *shown, base string) []link {
	titles := map[string]string{"und": s.card.Name}
	about := whose(s.ca)
	if s.card.About != "" {
		about[propAbout] = s.card.About
	}
	return []link{
		{Rel: RelDoorbell, Href: sky.ChannelURL(base, s.eci), Titles: titles, Properties: about},
		{Rel: relProfile, Type: "text/html", Href: pageURL(base, s.ca), Titles: titles, Properties: whose(s.ca)},
	}
}

// more are what only the first card adds: all of them could be more than peers read.
func more(s *shown) (out []link) {
	if s.card.Picture != "" {
		out = append(out, link{Rel: relAvatar, Href: s.card.Picture, Properties: whose(s.ca)})
	}
	for _, l := range s.card.Links {
		made := link{Rel: l.Rel, Href: l.Href, Properties: whose(s.ca)}
		if l.Title != "" {
			made.Titles = map[string]string{"und": l.Title}
		}
		out = append(out, made)
	}
	return out
}
