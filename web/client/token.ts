/** Claims are what the client reads in a token. It trusts nothing of it: the server checks the token. */
export interface Claims {
  readonly owner: string;  // "" where the token can't be read
  readonly scope: string;  // equal for tokens that may do the same, whenever they expire
  readonly issued: number; // seconds since 1970, 0 where unknown
}

/** claims reads a JWT's payload. */
export function claims(token: string): Claims {
  const p = payload(token);
  if (!p || typeof p["sub"] !== "string") return { owner: "", scope: token, issued: 0 };
  const issued = typeof p["iat"] === "number" ? p["iat"] : 0;
  return { owner: p["sub"], scope: JSON.stringify([p["iss"], p["app"], p["ca"], p["methods"]]), issued };
}

function payload(token: string): Record<string, unknown> | undefined {
  try {
    const middle = token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(middle), (c) => c.charCodeAt(0));
    const v: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof v === "object" && v !== null ? (v as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
