package web

import (
	"strconv"
	"strings"
)

// preferred lists the codings that the client accepts and we have twins for, the best first (RFC 9110 §12.5.3). Equal weights go to Brotli.
// A client that ranks identity above them gets nothing here, and so the file as it is.
func preferred(accept []string) []string {
	q := weights(strings.Join(accept, ","))
	br, gz, plain := q.of("br"), q.of("gzip"), q.of("identity")
	var out []string
	if br > 0 && br >= gz {
		out = append(out, "br")
	}
	if gz > 0 {
		out = append(out, "gzip")
	}
	if br > 0 && br < gz {
		out = append(out, "br")
	}
	if q.names("identity") && plain > max(br, gz) {
		return nil
	}
	return out
}

type weighted map[string]float64

// of is a coding's weight: its own, or the wildcard's, or 0.
func (w weighted) of(coding string) float64 {
	if q, ok := w[coding]; ok {
		return q
	}
	return w["*"]
}

func (w weighted) names(coding string) bool {
	_, ok := w[coding]
	return ok
}

// weights reads "br;q=0.9, gzip". A weight that can't be read counts as 0: rather plain bytes than bytes that nobody wanted.
func weights(header string) weighted {
	w := weighted{}
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding == "x-gzip" {
			coding = "gzip"
		}
		if coding != "" {
			w[coding] = weight(params)
		}
	}
	return w
}

func weight(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		key, value, ok := strings.Cut(p, "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || q < 0 || q > 1 {
			return 0
		}
		return q
	}
	return 1
}
