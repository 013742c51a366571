/** What we send: one line of the connection for each source, kept over renegotiations and rejoins. */
import type { Source } from "./signal.ts";

interface Output {
  track: MediaStreamTrack | undefined; // undefined: switched off for now, the line stays
  transceiver: RTCRtpTransceiver | undefined; // undefined: there is no connection yet
}

/** Bits a second at most: the server asks for less where receivers can't follow. */
const ceilings: { [S in Source]?: number } = { camera: 1_200_000, screen: 2_500_000, mic: 40_000, "screen-audio": 96_000 };

export class Outputs {
  private readonly all = new Map<Source, Output>();
  private pc: RTCPeerConnection | undefined;

  /** @param sending hears of each new sender, in the task in which it is made */
  constructor(private readonly sending: (sender: RTCRtpSender, source: Source) => void) {}

  /** begin puts all that we send on a new connection. */
  begin(pc: RTCPeerConnection): void {
    this.end();
    this.pc = pc;
    for (const [source, output] of this.all) {
      if (output.track) this.attach(source, output);
      else this.all.delete(source);
    }
  }

  /** end lets go of the connection. What is sent goes on the next one. */
  end(): void {
    this.pc = undefined;
    for (const output of this.all.values()) output.transceiver = undefined;
  }

  /** send begins with a source, or goes on with another track of it. */
  async send(source: Source, track: MediaStreamTrack): Promise<void> {
    const output = this.all.get(source) ?? { track, transceiver: undefined };
    output.track = track;
    this.all.set(source, output);
    if (!output.transceiver) return this.attach(source, output);
    await output.transceiver.sender.replaceTrack(track);
  }

  /** pause sends nothing, and keeps the line. */
  async pause(source: Source): Promise<void> {
    const output = this.all.get(source);
    if (!output) return;
    output.track = undefined;
    await output.transceiver?.sender.replaceTrack(null);
  }

  /** paused are the sources that have a line and send nothing. */
  get paused(): Source[] { return [...this.all].filter(([, o]) => !o.track).map(([source]) => source); }

  /** withdraw gives up what the other side has never agreed to, and tells what that was. */
  withdraw(): Source[] {
    const never = [...this.all].filter(([, o]) => o.transceiver?.mid === null);
    for (const [source, { transceiver }] of never) {
      this.all.delete(source);
      transceiver?.stop();
    }
    return never.map(([source]) => source);
  }

  /** mids names the source of each line, as the other side must know it. */
  mids(): { [mid: string]: Source } {
    const out: { [mid: string]: Source } = {};
    for (const [source, { transceiver: t }] of this.all) if (t?.mid) out[t.mid] = source;
    return out;
  }

  private attach(source: Source, output: Output): void {
    if (!this.pc) return;
    const kind = source === "camera" || source === "screen" ? "video" : "audio";
    const ceiling = ceilings[source];
    const t = this.pc.addTransceiver(output.track ?? kind, { direction: "sendonly", ...(ceiling && { sendEncodings: [{ maxBitrate: ceiling }] }) });
    this.sending(t.sender, source);
    output.transceiver = t;
    prefer(t, kind);
  }
}

/** prefer asks for VP8 and Opus, which are what the server passes on. Browsers that can't be told offer everything, and the server chooses. */
function prefer(t: RTCRtpTransceiver, kind: "video" | "audio"): void {
  if (typeof RTCRtpReceiver === "undefined" || !t.setCodecPreferences) return;
  const ours = (RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? []).filter((c) => /\/(vp8|opus|rtx)$/i.test(c.mimeType));
  if (ours.length > 0) {
    try {
      t.setCodecPreferences(ours);
    } catch { /* the server chooses */ }
  }
}
