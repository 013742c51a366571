// What a sentinel is about to do, in words.

/** What the CA says of itself. Numbers may come as bigint. */
export interface View {
  rule: { post: string; high: number | bigint; low: number | bigint; rest: number | bigint };
  known: number | bigint;
  mean: number | bigint;
  calm: boolean;
  rests: string;
  members: { who: string; level: number | bigint; known: boolean; why: string }[];
  posts: { from: string; text: string; at: string }[];
}

export type Mood = "off" | "waiting" | "watching" | "resting" | "loud";

/** moodOf tells what the sentinel does at an instant, in ms since 1970. */
export function moodOf(v: View, now: number): { mood: Mood; text: string } {
  const left = Math.ceil((Date.parse(v.rests) - now) / 1000);
  if (!v.rule.post) return { mood: "off", text: "No rule yet." };
  if (Number(v.known) < 2) return { mood: "waiting", text: "It needs the levels of two people at least." };
  if (!v.calm) return { mood: "loud", text: `It has posted, and waits for ${v.rule.low} or less.` };
  if (left > 0) return { mood: "resting", text: `It rests for ${left} s.` };
  return { mood: "watching", text: `It watches: at ${v.rule.high} it posts.` };
}
