package ui_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui"
	"github.com/wabgo/wab/web/ui/uitest"
)

// devicePage has nothing but a button that opens the dialog.
func devicePage(w http.ResponseWriter, r *http.Request) {
	content := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		io.WriteString(w, `<h1>House</h1> <button type="button" class="button" data-register>Register</button> <output></output>`)
		return ui.DeviceDialog().Render(ctx, w)
	})
	page := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if err := ui.Layout(ui.Page{Title: "House"}).Render(templ.WithChildren(ctx, content), w); err != nil {
			return err
		}
		_, err := io.WriteString(w, `<script type="module" src="/wab/ui-testdata/device.js"></script>`)
		return err
	})
	ui.Serve(w, r, http.StatusOK, page)
}

func TestADeviceIsRegisteredByLinkAndCode(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(devicePage), "")
	chromium := browser.Start(t)
	for _, look := range browser.Looks {
		t.Run(look.Name, func(t *testing.T) {
			tab := chromium.Tab(t, look)
			tab.Open(server.URL + "/house/")
			tab.Do(chromedp.Click("[data-register]"))
			tab.Until(`document.querySelector("dialog").open && document.activeElement.id === "device-name" && document.activeElement.value === "lamp"`)
			tab.Shoot("device-name")
			tab.Check()
			tab.Do(chromedp.KeyEvent(kb.Enter))
			tab.Until(`document.activeElement.textContent === "Connect lamp"`)
			tab.Until(`document.querySelector("#device-link").value === location.origin + "/house/device#token=eyJ." + "lamp".repeat(150) + ".sig&ca=alice/home&name=lamp"`)
			tab.Until(`document.querySelector("#device-token").value.startsWith("eyJ.lamp")`)
			tab.Until(`!document.querySelector("[data-near]").hidden`) // a phone doesn't find 127.0.0.1
			tab.Until(`document.querySelector(".qr svg").ariaLabel === "QR code of the link for lamp" && document.querySelector(".qr svg").getBoundingClientRect().width >= 280`)
			tab.Shoot("device-link")
			tab.Check()
			tab.Do(chromedp.KeyEvent(kb.Escape))
			tab.Until(`document.querySelector("output").textContent === "registered lamp" && document.activeElement.hasAttribute("data-register")`)
			tab.Until(`!document.querySelector(".qr svg") && !document.querySelector("#device-link").value && !document.querySelector("#device-token").value`)
		})
	}
}

func TestADeviceThatCantBeRegistered(t *testing.T) {
	server := uitest.Serve(t, http.HandlerFunc(devicePage), "")
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(server.URL + "/house/")
	tab.Do(chromedp.Click("[data-register]"))
	for name, words := range map[string]string{"la mp": "Only letters", "taken": "64 devices", "-x": "A dash"} {
		tab.Until(`document.activeElement.id === "device-name"`)
		tab.Do(chromedp.SetValue("#device-name", name), chromedp.KeyEvent(kb.Enter))
		tab.Until(`document.querySelector(".device .problem").textContent.includes("` + words + `") && document.activeElement.ariaInvalid === "true"`)
	}
	tab.Check()
	tab.Do(chromedp.Click(".device form [data-close]"))
	tab.Until(`document.querySelector("output").textContent === "registered nothing"`)
	tab.Do(chromedp.Click("[data-register]")) // and once more, from the beginning
	tab.Until(`document.querySelector("#device-name").value === "lamp" && document.querySelector(".device .problem").textContent === ""`)
}
