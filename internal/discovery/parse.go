package discovery

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"mime"
	"strings"
)

// Limits of a peer's document.
const (
	maxDocument = 256 << 10 // bytes
	maxLinks    = 256
	maxDepth    = 16
)

var (
	errForm  = errors.New("it is neither JSON (application/jrd+json) nor XML (application/xrd+xml)")
	errSize  = errors.New("it is larger than 256 KiB, or has more than 256 links")
	errDeep  = errors.New("it nests deeper than 16 levels, or declares a document type")
	errWrong = errors.New("it is damaged")
)

// parseDocument reads a JRD or an XRD. What stands in a file without an ending is often served as plain text or bytes: then its first character tells.
func parseDocument(contentType string, body []byte) (document, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if contentType != "" && err != nil {
		return document{}, errForm
	}
	if len(body) > maxDocument {
		return document{}, errSize
	}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	doc, err := parseAs(kind, body)
	if err == nil && len(doc.Links) > maxLinks {
		err = errSize
	}
	if err != nil {
		return document{}, err
	}
	return doc, nil
}

func parseAs(kind string, body []byte) (document, error) {
	switch kind {
	case typeJRD, "application/json":
		return parseJSON(body)
	case typeXRD, "application/xml", "text/xml":
		return parseXML(body)
	case "", "text/plain", "application/octet-stream":
		if bytes.HasPrefix(body, []byte("{")) {
			return parseJSON(body)
		}
		if bytes.HasPrefix(body, []byte("<")) {
			return parseXML(body)
		}
	}
	return document{}, errForm
}

func parseJSON(body []byte) (doc document, err error) {
	if depthJSON(body) > maxDepth {
		return document{}, errDeep
	}
	if json.Unmarshal(body, &doc) != nil {
		return document{}, errWrong
	}
	return doc, nil
}

// depthJSON is how deep a text nests, if it is JSON.
func depthJSON(body []byte) (deepest int) {
	depth, quoted, escaped := 0, false, false
	for _, b := range body {
		switch {
		case escaped:
			escaped = false
		case quoted && b == '\\':
			escaped = true
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			depth++
			deepest = max(deepest, depth)
		case b == '}' || b == ']':
			depth--
		}
	}
	return deepest
}

func parseXML(body []byte) (document, error) {
	guard := &shallow{Decoder: xml.NewDecoder(bytes.NewReader(body))}
	var x xrd
	err := xml.NewTokenDecoder(guard).Decode(&x)
	switch {
	case errors.Is(err, errDeep):
		return document{}, errDeep
	case err != nil:
		return document{}, errWrong
	}
	return x.document(), nil
}

// shallow hands on the tokens of a document that declares no type, so that it can't define entities, and that doesn't nest too deep.
type shallow struct {
	*xml.Decoder
	depth int
}

func (s *shallow) Token() (xml.Token, error) {
	token, err := s.Decoder.Token()
	switch token.(type) {
	case xml.Directive:
		return nil, errDeep
	case xml.StartElement:
		s.depth++
	case xml.EndElement:
		s.depth--
	}
	if s.depth > maxDepth {
		return nil, errDeep
	}
	return token, err
}

func (x *xrd) document() document {
	doc := document{Subject: strings.TrimSpace(x.Subject), Aliases: x.Aliases, Properties: propertyMap(x.Properties)}
	for _, l := range x.Links {
		made := link{Rel: l.Rel, Type: l.Type, Href: l.Href, Template: l.Template, Properties: propertyMap(l.Properties)}
		for _, t := range l.Titles {
			if made.Titles == nil {
				made.Titles = map[string]string{}
			}
			if t.Language == "" {
				t.Language = "und"
			}
			made.Titles[t.Language] = t.Value
		}
		doc.Links = append(doc.Links, made)
	}
	return doc
}

func propertyMap(all []xrdProperty) map[string]any {
	var out map[string]any
	for _, p := range all {
		if out == nil {
			out = map[string]any{}
		}
		out[p.Type] = strings.TrimSpace(p.Value)
	}
	return out
}
