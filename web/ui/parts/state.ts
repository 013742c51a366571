// The badge that says how the page stands with the server, and the notice that explains it.
import type { Status } from "@wabgo/client";

const words: Record<Status["state"], string> = {
  connecting: "Connecting",
  live: "Live",
  resuming: "Resuming",
  offline: "Offline",
  refused: "Refused",
};

/** showState puts a status on the page's badge. It speaks only when the word changes, so that a live region isn't noisy. */
export function showState(badge: HTMLElement, status: Status): void {
  if (badge.dataset["state"] === status.state && badge.textContent === words[status.state]) return;
  badge.dataset["state"] = status.state;
  badge.textContent = words[status.state];
  badge.title = status.reason?.message ?? "";
}
