package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// SecureFile sets the headers of a page that is a file of an app's: those of Secure, and leave for the scripts and styles that stand in the file itself, by
// their hashes. It is for files alone: a page made from what people wrote must not give leave to what they wrote.
func SecureFile(h http.Header, page []byte) {
	Secure(h)
	h.Set("Content-Security-Policy", policy(hashes(page, "script"), hashes(page, "style")))
}

// hashes lists the sources of a content security policy that let in the inline elements of that name (CSP 3, 6.7.3.3).
func hashes(page []byte, element string) string {
	var b strings.Builder
	for len(page) > 0 {
		var content []byte
		content, page = nextInline(page, element)
		if len(bytes.TrimSpace(content)) == 0 {
			continue // it has a src, or nothing to run
		}
		sum := sha256.Sum256(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))) // as an HTML parser reads line ends
		b.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return b.String()
}

// nextInline finds the content of the next element of that name, and what follows it.
func nextInline(page []byte, element string) (content, rest []byte) {
	start := indexTag(page, "<"+element)
	if start < 0 {
		return nil, nil
	}
	page = page[start:]
	open := bytes.IndexByte(page, '>')
	if open < 0 {
		return nil, nil
	}
	page = page[open+1:]
	end := indexTag(page, "</"+element)
	if end < 0 {
		return nil, nil
	}
	return page[:end], page[end+1:]
}

// indexTag finds where a tag begins, in capitals or small letters.
func indexTag(page []byte, tag string) int {
	for at := 0; ; at++ {
		i := bytes.IndexByte(page[at:], '<')
		if i < 0 {
			return -1
		}
		at += i
		end := at + len(tag)
		if end < len(page) && strings.EqualFold(string(page[at:end]), tag) && bytes.IndexByte([]byte(" \t\r\n/>"), page[end]) >= 0 {
			return at
		}
	}
}
