/** This computer's cameras, microphones, speakers and screen. */
import { Fault, faultOf } from "./fault.ts";
import type { Source } from "./signal.ts";

/** Devices are what there is to choose from. Labels are empty until the browser was allowed to use one. */
export interface Devices {
  readonly cameras: MediaDeviceInfo[];
  readonly mics: MediaDeviceInfo[];
  /** Empty where the browser doesn't let a page choose. */
  readonly speakers: MediaDeviceInfo[];
}

/** What is remembered of the choice, by kind. */
const kept = (kind: string): string => `wab call ${kind}`;

export class Local {
  /** capture opens the camera or the microphone, the one that was chosen if it is there. */
  async capture(source: "camera" | "mic", deviceId = recall(source)): Promise<MediaStreamTrack> {
    const devices = mediaDevices(source);
    try {
      return await this.open(devices, source, deviceId);
    } catch (error) {
      const fault = faultOf(source, error);
      if (fault.kind !== "missing" || !deviceId) throw fault;
    }
    forget(source); // the one that was chosen has been unplugged
    return this.open(devices, source, "").catch((error: unknown) => { throw faultOf(source, error); });
  }

  /** both opens the camera and the microphone with one question to the person. It rejects when either can't be had: ask for each then. */
  async both(): Promise<{ camera: MediaStreamTrack; mic: MediaStreamTrack }> {
    const stream = await mediaDevices("camera").getUserMedia({ video: constraints("camera", recall("camera")), audio: constraints("mic", recall("mic")) });
    return { camera: stream.getVideoTracks()[0]!, mic: stream.getAudioTracks()[0]! };
  }

  /** screen asks what to show. Its sound comes along where the browser can. */
  async screen(): Promise<{ video: MediaStreamTrack; audio: MediaStreamTrack | undefined }> {
    const devices = mediaDevices("screen");
    if (!devices.getDisplayMedia) throw new Fault("screen", "unknown", "This browser can’t share a screen. A computer’s browser can.");
    try {
      const stream = await devices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: true });
      const video = stream.getVideoTracks()[0]!;
      video.contentHint = "detail";
      return { video, audio: stream.getAudioTracks()[0] };
    } catch (error) {
      throw faultOf("screen", error);
    }
  }

  async devices(): Promise<Devices> {
    const all = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
    const of = (kind: string): MediaDeviceInfo[] => all.filter((d) => d.kind === kind && (d.deviceId !== "" || kind !== "audiooutput"));
    const canChoose = typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
    return { cameras: of("videoinput"), mics: of("audioinput"), speakers: canChoose ? of("audiooutput") : [] };
  }

  /** watch hears when something is plugged in or out. What it returns ends that. */
  watch(changed: () => void): () => void {
    const devices = navigator.mediaDevices;
    devices?.addEventListener?.("devicechange", changed);
    return () => devices?.removeEventListener?.("devicechange", changed);
  }

  private async open(devices: MediaDevices, source: "camera" | "mic", deviceId: string): Promise<MediaStreamTrack> {
    const stream = await devices.getUserMedia({ [source === "camera" ? "video" : "audio"]: constraints(source, deviceId) });
    return stream.getTracks()[0]!;
  }
}

function constraints(source: "camera" | "mic", deviceId: string): MediaTrackConstraints {
  const which = deviceId ? { deviceId: { exact: deviceId } } : {};
  return source === "camera"
    ? { ...which, width: { ideal: 960 }, height: { ideal: 540 }, frameRate: { ideal: 30 } }
    : { ...which, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
}

function mediaDevices(source: Source): MediaDevices {
  const devices = typeof navigator === "undefined" ? undefined : navigator.mediaDevices;
  if (!devices?.getUserMedia) throw faultOf(source, { name: "InsecureError" });
  return devices;
}

/** recall and remember keep which device was chosen, on this computer only. */
export function recall(kind: string): string {
  try {
    return localStorage.getItem(kept(kind)) ?? "";
  } catch {
    return ""; // a frame without storage
  }
}

export function remember(kind: string, deviceId: string): void {
  try {
    localStorage.setItem(kept(kind), deviceId);
  } catch { /* it is chosen until the page is left */ }
}

function forget(kind: string): void {
  try {
    localStorage.removeItem(kept(kind));
  } catch { /* there was nothing */ }
}
