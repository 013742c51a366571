/**
 * The worker of a timeline: the encoded transforms of its senders and receivers, which put trailers behind frames and take them off. Whatever happens, a frame goes on: without its trailer, or whole.
 */
import type { FromWorker, Options, ToWorker } from "./ends.ts";
import { instant, Stamp } from "./stamp.ts";
import { append, split } from "./trailer.ts";

interface EncodedFrame {
  data: ArrayBuffer;
  getMetadata(): { rtpTimestamp?: number; mimeType?: string };
}

interface Transformer {
  readonly options: Options;
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
}

interface Scope {
  onrtctransform: (e: { transformer: Transformer }) => void;
  onmessage: (e: { data: ToWorker }) => void;
  postMessage(m: FromWorker): void;
}

const scope = self as unknown as Scope;

/** A receiver's page hears of trailers that tell nothing new this often, in ms: that they go on. */
const beat = 500;

const stamps = new Map<number, Stamp>();
const now = (): number => performance.timeOrigin + performance.now();

function stampOf(s: number): Stamp {
  let stamp = stamps.get(s);
  if (!stamp) stamps.set(s, (stamp = new Stamp()));
  return stamp;
}

scope.onmessage = ({ data: m }) => {
  if (m.t === "mark") stampOf(m.s).mark(m.action, m.rtp);
  else stamps.delete(m.s);
};

scope.onrtctransform = ({ transformer: { options, readable, writable } }) => {
  const each = options.side === "send" ? sent(options.s) : received(options.s);
  const transform = (frame: EncodedFrame, out: TransformStreamDefaultController<EncodedFrame>): void => {
    try {
      each(frame);
    } catch (e) {
      console.debug("timeline:", e);
    }
    out.enqueue(frame);
  };
  readable.pipeThrough(new TransformStream({ transform })).pipeTo(writable).catch(() => {}); // the connection was closed
};

/** sent marks the frames of codecs whose decoders are proven. */
function sent(s: number): (frame: EncodedFrame) => void {
  const stamp = stampOf(s);
  return (frame) => {
    const { rtpTimestamp: rtp, mimeType } = frame.getMetadata();
    if (rtp === undefined) return;
    scope.postMessage({ t: "sent", s, rtp, now: now() });
    if (mimeType?.toLowerCase() === "video/vp8") frame.data = append(new Uint8Array(frame.data), stamp.next(rtp)).buffer;
  };
}

function received(s: number): (frame: EncodedFrame) => void {
  let told = -Infinity, newest = 0;
  return (frame) => {
    const bytes = new Uint8Array(frame.data), trailer = split(bytes);
    if (!trailer) return;
    const { rtpTimestamp: rtp } = frame.getMetadata(), at = now();
    frame.data = frame.data.slice(0, trailer.end);
    if (rtp === undefined || (trailer.counter === newest && at - told < beat)) return;
    const marks = trailer.marks.map((m): [number, number] => [m.action, instant(rtp, m.age)]);
    scope.postMessage({ t: "received", s, rtp, now: at, counter: trailer.counter, marks });
    newest = trailer.counter;
    told = at;
  };
}
