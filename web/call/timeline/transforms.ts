/** The worker of a timeline, and which transform of it belongs to which end. */
import { type FromWorker, type Options, type ToWorker, transforms } from "./ends.ts";

export class Transforms {
  private worker: Worker | undefined;
  private last = 0;
  /** A receiver keeps its transform for good, also when another's stream comes out of it. */
  private readonly numbers = new WeakMap<RTCRtpReceiver, number>();

  constructor(private readonly make: (() => Worker) | undefined, private readonly heard: (m: FromWorker) => void) {}

  /** send puts a transform into a sender, and returns its number; undefined where the browser has none. */
  send(sender: RTCRtpSender): number | undefined {
    return this.put(sender, "send");
  }

  receive(receiver: RTCRtpReceiver): number | undefined {
    const n = this.numbers.get(receiver) ?? this.put(receiver, "receive");
    if (n !== undefined) this.numbers.set(receiver, n);
    return n;
  }

  readonly post = (m: ToWorker): void => this.worker?.postMessage(m);

  end(): void {
    this.worker?.terminate();
    this.worker = undefined;
  }

  private put(end: RTCRtpSender | RTCRtpReceiver, side: Options["side"]): number | undefined {
    if (!this.make || !transforms()) return undefined;
    this.worker ??= this.start(this.make);
    const options: Options = { s: ++this.last, side };
    end.transform = new RTCRtpScriptTransform(this.worker, options);
    return options.s;
  }

  private start(make: () => Worker): Worker {
    const worker = make();
    worker.onmessage = ({ data }) => this.heard(data as FromWorker);
    return worker;
  }
}
