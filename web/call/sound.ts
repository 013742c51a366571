/** What the others say: an audio element for each voice, on the speaker that was chosen. */
import { recall, remember } from "./local.ts";

export class Sound {
  private readonly voices = new Map<string, HTMLAudioElement>();
  private speaker = recall("speaker");

  /** @param blocked hears that the browser wants a gesture before it plays anything */
  constructor(private readonly blocked: () => void) {}

  /** add plays a voice. */
  add(key: string, track: MediaStreamTrack): void {
    this.remove(key);
    const audio = new Audio();
    audio.srcObject = new MediaStream([track]);
    this.voices.set(key, audio);
    void this.route(audio).then(() => this.play(audio));
  }

  remove(key: string): void {
    const audio = this.voices.get(key);
    if (audio) audio.srcObject = null;
    this.voices.delete(key);
  }

  /** resume plays what the browser has kept back. Call it in a gesture. */
  resume(): void {
    for (const audio of this.voices.values()) void this.play(audio);
  }

  /** choose takes another speaker. */
  async choose(deviceId: string): Promise<void> {
    this.speaker = deviceId;
    remember("speaker", deviceId);
    await Promise.all([...this.voices.values()].map((audio) => this.route(audio)));
  }

  close(): void {
    for (const key of [...this.voices.keys()]) this.remove(key);
  }

  private async route(audio: HTMLAudioElement): Promise<void> {
    if ("setSinkId" in audio && this.speaker) await audio.setSinkId(this.speaker).catch(() => {}); // it has been unplugged: the usual one
  }

  private play(audio: HTMLAudioElement): Promise<void> {
    return audio.play().catch((e: unknown) => {
      if ((e as { name?: string }).name === "NotAllowedError" && audio.srcObject) this.blocked();
    });
  }
}
