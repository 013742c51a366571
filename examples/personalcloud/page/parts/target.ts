// Whom somebody means: an address, a link, an invitation, or a name to look up.

/** Target is what was written, as the assistant takes it. */
export interface Target {
  kind: "address" | "link" | "name";
  to: string;
  /** The secret of an invitation. */
  invitation?: string;
}

/** readTarget understands what somebody wrote or pasted; undefined for nothing. */
export function readTarget(text: string): Target | undefined {
  const to = text.trim();
  if (to === "") return undefined;
  const meeting = readMeeting(to.includes("#") ? to.slice(to.indexOf("#")) : "");
  if (meeting) return meeting;
  if (/^https?:\/\//i.test(to)) return { kind: "link", to };
  const address = to.replace(/^(acct|mailto):/i, "");
  if (/^[^\s@]+@[^\s@/]+$/.test(address)) return { kind: "address", to: address.toLowerCase() };
  if (/^[\w.-]+\.[a-z]{2,}(:\d+)?(\/\S*)?$/i.test(to)) return { kind: "link", to };
  return { kind: "name", to };
}

/** meetingLink is a page's link by which others connect with an address, at once with the secret of an invitation. What stands behind the # stays in the browser. */
export function meetingLink(page: string, address: string, invitation = ""): string {
  const fields = new URLSearchParams({ meet: address });
  if (invitation) fields.set("invitation", invitation);
  return `${page}#${fields.toString().replaceAll("%40", "@").replaceAll("%3A", ":")}`;
}

/** readMeeting reads what follows the # of such a link. */
export function readMeeting(hash: string): Target | undefined {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const [to, invitation] = [fields.get("meet"), fields.get("invitation")];
  if (!to || !/^[^\s@]+@[^\s@/]+$/.test(to)) return undefined;
  return { kind: "address", to, ...(invitation && { invitation }) };
}
