/** RTP timestamps of video: 90 a millisecond, modulo 2^32, compared as serial numbers (RFC 1982). */
export const ticksPerMs = 90;

/** since is how many ticks a timestamp lies after another; negative: before. */
export const since = (rtp: number, other: number): number => (rtp - other) | 0;

/** later is a timestamp so many ticks on. */
export const later = (rtp: number, ticks: number): number => (rtp + Math.round(ticks)) >>> 0;
