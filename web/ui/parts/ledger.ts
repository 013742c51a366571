// The table of who did what. Rows are kept by name, so that nothing jumps when numbers change.

export interface LedgerRow {
  who: string;
  changes: number;
  refused: number;
  /** The last time, in ms since 1970; 0 where it is unknown. */
  last: number;
}

/** showLedger brings a ledger's body up to date. Rows that changed light up for a moment. */
export function showLedger(body: HTMLElement, rows: LedgerRow[], now = Date.now()): void {
  if (rows.length === 0) return;
  const old = new Map([...body.querySelectorAll<HTMLTableRowElement>("tr[data-who]")].map((tr) => [tr.dataset["who"], tr]));
  const first = old.size === 0;
  const fresh = rows.map((row) => {
    const tr = old.get(row.who) ?? newRow(row.who);
    const changed = fill(tr, row, now);
    if (changed && !first) lightUp(tr);
    return tr;
  });
  const same = fresh.length === body.children.length && fresh.every((tr, i) => body.children[i] === tr);
  if (!same) body.replaceChildren(...fresh);
}

function newRow(who: string): HTMLTableRowElement {
  const tr = document.createElement("tr");
  tr.dataset["who"] = who;
  const head = Object.assign(document.createElement("th"), { scope: "row", textContent: who });
  const cells = ["number", "number denied", "when"].map((c) => Object.assign(document.createElement("td"), { className: c }));
  tr.append(head, ...cells);
  return tr;
}

/** fill tells whether a number changed. */
function fill(tr: HTMLTableRowElement, row: LedgerRow, now: number): boolean {
  const [changes, refused, when] = tr.querySelectorAll("td");
  if (!changes || !refused || !when) return false;
  const before = `${changes.textContent} ${refused.textContent}`;
  changes.textContent = String(row.changes);
  refused.textContent = String(row.refused);
  refused.dataset["count"] = String(row.refused);
  when.textContent = row.last ? ago(now - row.last) : "–";
  if (row.last) when.title = new Date(row.last).toLocaleString();
  return before !== `${row.changes} ${row.refused}`;
}

function lightUp(tr: HTMLElement): void {
  delete tr.dataset["fresh"];
  void tr.offsetWidth; // restarts the animation
  tr.dataset["fresh"] = "";
}

/** ago says roughly how long ago something was, for a column that is called so. */
export function ago(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 5) return "now";
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86_400)} d`;
}
