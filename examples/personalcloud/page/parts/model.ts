// What the owner's assistant keeps in its maps, and what it can be asked for.

/** Pattern is what may be raised: a domain and a type, each exact or *. */
export interface Pattern {
  domain: string;
  type: string;
}

/** Card is how somebody shows themselves: any fields, of which the page knows some. */
export type Card = Record<string, string>;

/** Link is a relationship, in whatever state. */
export interface Link {
  state: "pending" | "confirming" | "established" | "ended";
  outbound: boolean;
  name: string;
  rx_role: string;
  tx_role: string;
  /** owner@host, or what else names the other side. */
  address: string;
  verified: boolean;
  since: string;
  /** How it ended: refused, withdrawn, expired, over, gone, failed. */
  end: string;
  reason: string;
  /** What the other side may raise here. */
  allow: Pattern[];
}

/** Contact is what the other side of a link has sent of itself. */
export interface Contact {
  card: Card;
  at: string;
  /** What it did not take, by domain:type, and why. */
  refuses?: Record<string, string>;
}

/** Request waits for the owner's answer. */
export interface Request {
  name: string;
  rx_role: string;
  tx_role: string;
  /** Who asks: an address, or what else names them. */
  from: string;
  verified: boolean;
  host: string;
  why: string;
  at: string;
  expires: string;
  /** What is known of who asks. */
  history: string;
}

export interface Message {
  link: string;
  mine: boolean;
  text: string;
  at: string;
  /** Why it did not arrive. */
  problem: string;
}

/** Entry is what has happened. */
export interface Entry {
  at: string;
  kind: string;
  link: string;
  who: string;
  domain: string;
  type: string;
  text: string;
  bad: boolean;
}

/** Use is a channel, and what came through it. */
export interface Use {
  name: string;
  kind: "doorbell" | "link" | "own";
  /** The link that it belongs to. */
  subscription: string;
  allow: Pattern[];
  since: string;
  last: string;
  expires: string;
  accepted: number | bigint;
  denied: number | bigint;
}

/** Found is somebody in the white pages. */
export interface Found {
  owner: string;
  name: string;
  address: string;
  about: string;
}

export interface Terms {
  name: string;
  why?: string;
  allow: Pattern[];
  invitation?: string;
}

export interface Cloud {
  SetProfile(card: Card): Promise<unknown>;
  Connect(target: string, terms: Terms): Promise<string>;
  Approve(id: string, terms: { allow: Pattern[] }): Promise<unknown>;
  Decline(id: string, reason: string): Promise<unknown>;
  Allow(id: string, terms: { allow: Pattern[] }): Promise<unknown>;
  Message(id: string, text: string): Promise<unknown>;
  End(id: string): Promise<unknown>;
  Forget(id: string): Promise<unknown>;
  Invite(terms: { allow: Pattern[]; hours: number }): Promise<string>;
  Channels(): Promise<Use[]>;
  MakeChannel(name: string, terms: { allow: Pattern[]; rate: number; hours: number }): Promise<string>;
  ChannelLink(name: string): Promise<string>;
  RemoveChannel(name: string): Promise<unknown>;
  BeFound(on: boolean): Promise<unknown>;
  BeListed(on: boolean): Promise<unknown>;
  History(): Promise<{ who: string; changes: number | bigint; refused: number | bigint; last: number | bigint }[]>;
}
