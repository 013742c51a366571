package discovery

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// about is what the host says of itself (RFC 6415): where to ask about anybody here, and the key by which it vouches.
func (d *Discovery) about() *document {
	doc := &document{Properties: map[string]any{propVouch: d.publicKeys()}}
	if at, _, ok := d.here(); ok { // well-known paths begin at the root, whatever path the public URL has
		doc.Links = []link{{Rel: relLRDD, Type: typeJRD, Template: at.String() + pathWebFinger + "?resource={uri}"}}
	}
	return doc
}

func (d *Discovery) hostMetaJSON(w http.ResponseWriter, _ *http.Request) {
	write(w, typeJRD, toJSON(d.about()))
}

// hostMeta answers in XML, or in JSON if that is asked for (RFC 6415, 3).
func (d *Discovery) hostMeta(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	if wantsJSON(r.Header.Get("Accept")) {
		d.hostMetaJSON(w, r)
		return
	}
	write(w, typeXRD+"; charset=utf-8", toXML(d.about()))
}

// wantsJSON tells whether JSON is named and XML is not.
func wantsJSON(accept string) bool {
	json := strings.Contains(accept, "application/json") || strings.Contains(accept, typeJRD)
	return json && !strings.Contains(accept, "xml")
}

// xrd is a document in XML.
type xrd struct {
	XMLName    xml.Name      `xml:"http://docs.oasis-open.org/ns/xri/xrd-1.0 XRD"`
	Subject    string        `xml:"Subject,omitempty"`
	Aliases    []string      `xml:"Alias"`
	Properties []xrdProperty `xml:"Property"`
	Links      []xrdLink     `xml:"Link"`
}

type xrdProperty struct {
	Type  string `xml:"type,attr"`
	Value string `xml:",chardata"`
}

type xrdLink struct {
	Rel        string        `xml:"rel,attr"`
	Type       string        `xml:"type,attr,omitempty"`
	Href       string        `xml:"href,attr,omitempty"`
	Template   string        `xml:"template,attr,omitempty"`
	Titles     []xrdTitle    `xml:"Title"`
	Properties []xrdProperty `xml:"Property"`
}

type xrdTitle struct {
	Language string `xml:"http://www.w3.org/XML/1998/namespace lang,attr,omitempty"`
	Value    string `xml:",chardata"`
}

func toXML(doc *document) []byte {
	x := xrd{Properties: properties(doc.Properties)}
	for _, l := range doc.Links {
		x.Links = append(x.Links, xrdLink{Rel: l.Rel, Type: l.Type, Href: l.Href, Template: l.Template, Properties: properties(l.Properties)})
	}
	body, err := xml.Marshal(x)
	if err != nil {
		panic(err) // texts
	}
	return append([]byte(xml.Header), body...)
}

func properties(all map[string]any) (out []xrdProperty) {
	for key := range all {
		out = append(out, xrdProperty{key, text(all, key)})
	}
	slices.SortFunc(out, func(a, b xrdProperty) int { return strings.Compare(a.Type, b.Type) })
	return out
}
