package ui

import "github.com/a-h/templ"

// Page is what the frame of a page needs to know.
type Page struct {
	Title       string   // for the tab and the window's history; the launcher's is "Apps"
	Description string   // one sentence for search engines and link previews
	App         string   // the app's title in the bar; empty on pages of the server itself
	Live        bool     // the bar shows how the page stands with the server (parts/state.ts drives it)
	Styles      []string // assets beside main.css, by stable name: "counter-page.css"
	Scripts     []string // modules that run when the page is there, by stable name: "counter-page.js"

	// Tools stand in the bar, before the badge; nil for none.
	Tools templ.Component
}

// AppCard is an app as the launcher shows it.
type AppCard struct {
	Name  string // as in its path
	Title string // empty: Name
	Line  string // what it is for, in one line
	Href  string // empty: /{Name}/
	// Picture is an inline SVG, 16:9, coloured with the style sheet's properties; nil draws one from the name.
	Picture templ.Component
}

func (c AppCard) title() string {
	if c.Title == "" {
		return c.Name
	}
	return c.Title
}

func (c AppCard) href() string {
	if c.Href == "" {
		return "/" + c.Name + "/"
	}
	return c.Href
}

func (c AppCard) picture() templ.Component {
	if c.Picture == nil {
		return namePicture(c.Name)
	}
	return c.Picture
}
