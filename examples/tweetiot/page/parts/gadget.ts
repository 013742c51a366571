// A lamp or a buzzer as one sees, hears and feels it. Its drawing follows data-on.

export class Gadget {
  private readonly pin: HTMLElement;
  private readonly where: HTMLElement;
  private on = false;

  constructor(readonly figure: HTMLElement, private readonly sound?: Sound) {
    this.pin = figure.querySelector("[data-pin]")!;
    this.where = figure.querySelector("[data-where]")!;
  }

  get isOn(): boolean {
    return this.on;
  }

  /** set turns it on or off; here tells whether this page is the device itself, and so makes the noise. */
  set(on: boolean, here: boolean): void {
    this.on = on;
    this.figure.dataset["on"] = on ? "yes" : "no";
    this.pin.textContent = on ? "on" : "off";
    if (here) this.sound?.set(on);
  }

  /** place says where the device is, or why it isn't. state is one of here, elsewhere, away. */
  place(state: "here" | "elsewhere" | "away", text: string): void {
    this.figure.dataset["place"] = state;
    if (this.where.textContent !== text) this.where.textContent = text;
  }
}

/** Sound is what a buzzer makes: a hum, and on phones a shake, once somebody has allowed it. */
export class Sound {
  private context: AudioContext | undefined;
  private hum: { stop(): void } | undefined;

  get allowed(): boolean {
    return this.context !== undefined;
  }

  /** allow needs a press of a button: browsers are silent until then. */
  allow(yes: boolean): void {
    if (!yes) {
      this.set(false);
      void this.context?.close();
    }
    this.context = yes ? new AudioContext() : undefined;
  }

  set(on: boolean): void {
    this.hum?.stop();
    this.hum = undefined;
    if (this.context) navigator.vibrate?.(on ? 10_000 : 0);
    if (!on || !this.context) return;
    const hum = new OscillatorNode(this.context, { type: "square", frequency: 180 });
    const loud = new GainNode(this.context, { gain: 0.05 });
    hum.connect(loud).connect(this.context.destination);
    hum.start();
    this.hum = hum;
  }
}

/** soundButton lets somebody allow it, or end it. */
export function soundButton(button: HTMLElement, sound: Sound): void {
  button.addEventListener("click", () => {
    sound.allow(!sound.allowed);
    button.setAttribute("aria-pressed", String(sound.allowed));
  });
}
