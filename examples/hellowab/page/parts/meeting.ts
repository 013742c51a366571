// The meeting as its CA shows it: what it can be asked, and its maps.
import type { Handle, SharedMap, Value } from "@wabgo/client";

export interface Background {
  app: string;
  ca: string;
}

export interface Device {
  id: string;
  owner: string;
  name: string;
  profile?: string;
  member?: string;
}

export interface Person {
  principal: string;
  session: string;
  publishing: string[];
}

/** Knock is somebody at the door. */
export interface Knock {
  at: number | bigint; // when it was last heard, µs
  away?: boolean; // turned away
}

/** Moment is when somebody in the call acted, in their own video. */
export interface Moment {
  room: string;
  member: string;
  action: number;
  at: number | bigint;
}

export type AtDoor = "in" | "waiting" | "away" | "locked" | "out";

export interface Meeting {
  Open(): Promise<{ room: string; url: string }>;
  Close(): Promise<null>;
  Knock(): Promise<{ state: AtDoor }>;
  TurnAway(principal: string): Promise<null>;
  Door(open: boolean): Promise<null>;
  Admit(principal: string): Promise<null>;
  Remove(principal: string): Promise<null>;
  People(): Promise<Person[]>;
  SetBackground(app: string, ca: string): Promise<null>;
  Mode(mode: string): Promise<null>;
  Lock(locked: boolean): Promise<null>;
  Mute(principal: string, sources: string[]): Promise<null>;
  Unmute(principal: string): Promise<null>;
  Offer(device: string, name: string, profile: string, member: string): Promise<null>;
  Withdraw(device: string): Promise<null>;
}

/** Names are what follows from a meeting's CA and who is here. */
export interface Names {
  readonly me: string;
  readonly host: string; // whose meeting it is
  readonly ca: string; // alice/standup
  readonly hosting: boolean;
}

export function namesOf(me: string, asked: string): Names {
  const ca = asked.includes("/") ? asked : `${me}/${asked}`;
  const host = ca.slice(0, ca.indexOf("/"));
  return { me, host, ca, hosting: host === me };
}

/** Maps are the meeting's, as far as they are open to who is here. */
export interface Maps {
  about: SharedMap<Value>;
  people: SharedMap<Value>;
  devices: SharedMap<Device>;
  room: SharedMap<Value>;
  knocks?: SharedMap<Knock>; // the host's
  removed?: SharedMap<Value>;
}

export type Connected = Meeting & Handle;

/** openMaps opens what somebody who is in may see. It rejects with not_allowed for who is not. */
export async function openMaps(ca: Connected, names: Names): Promise<Maps> {
  const [about, people, devices, room] = await Promise.all([
    ca.map("meeting"), ca.map("people"), ca.map<Device>("devices"), ca.map("room"),
  ]);
  if (!names.hosting) return { about, people, devices, room };
  const [knocks, removed] = await Promise.all([ca.map<Knock>("knocks"), ca.map("removed")]);
  return { about, people, devices, room, knocks, removed };
}

export function closeMaps(maps: Maps): void {
  for (const map of Object.values(maps) as SharedMap[]) map.close();
}
