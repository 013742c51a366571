package personalcloud

import (
	"cmp"
	"strings"

	"github.com/wabgo/wab/server"
)

// whitePages is the assistant that people look each other up in, on servers that have one.
const whitePages = "whitepages:commons/pages"

// BeListed says whether the owner stands in this server's white pages: with the name on the card, and its first line about them.
func (c *Cloud) BeListed(tx *server.Tx, on bool) error {
	if on {
		c.list(tx)
	} else {
		tx.Send(whitePages, "Unlist")
	}
	return put(tx.Map("settings"), "listed", on)
}

// Listing is what stands in the white pages.
type Listing struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

func (c *Cloud) list(tx *server.Tx) {
	card := c.Profile(tx)
	tx.Send(whitePages, "List", Listing{cmp.Or(firstLine(card["name"], 100), tx.Self().Owner), firstLine(card["about"], 280)}).Then("OnListed")
}

// OnListed hears whether the white pages took the entry.
func (c *Cloud) OnListed(tx *server.Tx, r server.Response) error {
	if r.Err == nil {
		return nil
	}
	c.note(tx, Entry{Kind: "unlisted", Text: r.Err.Error(), Bad: true})
	return put(tx.Map("settings"), "listed", false)
}

// relist has public entries follow the card.
func (c *Cloud) relist(tx *server.Tx) error {
	var listed bool
	if tx.Map("settings").Get("listed", &listed); listed {
		c.list(tx)
	}
	if !tx.HasCard() {
		return nil
	}
	return c.publish(tx)
}

// firstLine is the beginning of what a field says.
func firstLine(v any, most int) string {
	line, _, _ := strings.Cut(textOf(v), "\n")
	return clip(strings.TrimSpace(line), most)
}
