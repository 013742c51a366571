package main

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// claims are what a token says of itself. Nobody has verified them here: they save typing, and the server has the last word.
type claims struct {
	App     string   `json:"app"`
	CA      string   `json:"ca"` // owner/local
	Methods []string `json:"methods"`
}

var errNoToken = usageError{"That is not a token: perhaps it was not copied whole."}

// readClaims reads the middle part of a token (RFC 7519).
func readClaims(token string) (c claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, errNoToken
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	if err != nil {
		return claims{}, errNoToken
	}
	return c, nil
}

// devices are those that the token is for: their bundles are among what it opens.
func (c claims) devices() (names []string) {
	for _, m := range c.Methods {
		if name, ok := strings.CutSuffix(m, "-bundles"); ok {
			names = append(names, name)
		}
	}
	return names
}

func (c claims) permits(device string) bool { return slices.Contains(c.devices(), device) }
