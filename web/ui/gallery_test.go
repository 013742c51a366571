package ui_test

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/wabgo/wab/web/ui"
)

// gallery shows every part at once.
func gallery() templ.Component {
	parts := []templ.Component{
		heading("Parts"),
		ui.State("connecting"), ui.State("live"), ui.State("resuming"), ui.State("offline"), ui.State("refused"),
		with(ui.Button("main", nil), "Do it"), with(ui.Button("", nil), "Or this"), with(ui.Button("quiet", nil), "Not now"),
		with(ui.Button("", templ.Attributes{"disabled": true}), "Not yet"),
		with(ui.Card("c1", "A card"), "What stands in a card."),
		ui.Field(ui.FieldProps{ID: "f1", Label: "A field", Value: "alice", Hint: "What it takes."}),
		ui.Ledger("Who did what", []ui.LedgerRow{{"alice", "12", "0", "now"}, {"bob", "3", "2", "5 min"}}),
		ui.CopyLink("l1", "Link to this page", "https://wab.example/counter/?ca=alice/home"),
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		all := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			for _, p := range parts {
				if err := p.Render(ctx, w); err != nil {
					return err
				}
				io.WriteString(w, " ")
			}
			return nil
		})
		return ui.Layout(ui.Page{Title: "Parts", App: "Gallery", Live: true}).Render(templ.WithChildren(ctx, all), w)
	})
}

func heading(text string) templ.Component { return templ.Raw("<h1>" + text + "</h1>") }

func with(c templ.Component, text string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Raw("<span>"+text+"</span>")), w)
	})
}
