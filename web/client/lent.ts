/**
 * A page in a sandboxed frame (sandbox="allow-scripts") has an opaque origin: nobody is signed in there, it has no worker and no storage, and its forms
 * are never submitted. The page around it lends it a way to the server (serveFrame), so that the same page works in a frame and in a tab.
 */
import { nameOf } from "./frame.ts";
import { parentPort } from "./serve.ts";

let port: Promise<MessagePort> | undefined;

/** lentPort is the port that the page around lends, asked for once. */
export function lentPort(): Promise<MessagePort> {
  port ??= parentPort();
  port.catch(() => (port = undefined));
  return port;
}

/**
 * hearForms has scripts hear "submit" all the same. A sandbox stops a submission before its event, which the pages need and which sends nothing. Enter in a
 * field clicks the form's submit button, so that clicks are all there is to follow.
 */
function hearForms(): void {
  addEventListener("click", (e) => {
    const button = (e.target as Element | null)?.closest?.<HTMLButtonElement>("button, input[type=submit]");
    if (e.defaultPrevented || !button?.form || button.type !== "submit") return;
    e.preventDefault();
    submit(button.form, button);
  });
  HTMLFormElement.prototype.requestSubmit = function (by?: HTMLElement | null) {
    submit(this, by ?? null);
  };
}

function submit(form: HTMLFormElement, submitter: HTMLElement | null): void {
  const unchecked = form.noValidate || (submitter as HTMLButtonElement | null)?.formNoValidate;
  if (!unchecked && !form.reportValidity()) return;
  form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter }));
}

if (nameOf() !== undefined) hearForms();
