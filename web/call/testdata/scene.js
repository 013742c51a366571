// A call without a server, for looking at the layer: drawn people on a page. window.scene(options) puts a <wab-call> over the page and gives its call, which
// the test can change.
(() => {
  const drawing = []; // timers of what is drawn
  /** person draws somebody who breathes, before a room, in width by height. */
  function person(skin, shirt, hair, wall, width = 640, height = 360) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const c = canvas.getContext("2d");
    let n = 0;
    const draw = () => {
      const x = width / 2 + Math.sin(n++ / 20) * 6, y = height * 0.46, r = height * 0.2;
      const light = c.createLinearGradient(0, 0, width, height);
      light.addColorStop(0, wall[0]);
      light.addColorStop(1, wall[1]);
      c.fillStyle = light;
      c.fillRect(0, 0, width, height);
      c.fillStyle = "rgb(255 255 255 / .12)";
      c.fillRect(width * 0.08, height * 0.1, width * 0.2, height * 0.34);
      c.fillRect(width * 0.74, height * 0.16, width * 0.16, height * 0.5);
      const ellipse = (color, ex, ey, rx, ry) => {
        c.fillStyle = color;
        c.beginPath();
        c.ellipse(ex, ey, rx, ry, 0, 0, 7);
        c.fill();
      };
      ellipse(hair, x, y - r * 0.18, r * 0.98, r * 1.22);
      ellipse(shirt, x, height * 1.06, r * 2, r * 1.55);
      ellipse(skin, x, y + r * 1.1, r * 0.36, r * 0.6);
      ellipse(skin, x, y, r * 0.78, r);
      ellipse(hair, x, y - r * 0.8, r * 0.8, r * 0.42);
      ellipse("#2a2320", x - r * 0.28, y - r * 0.02, r * 0.075, r * 0.09);
      ellipse("#2a2320", x + r * 0.28, y - r * 0.02, r * 0.075, r * 0.09);
      c.strokeStyle = "#8a3b34";
      c.lineWidth = r * 0.07;
      c.beginPath();
      c.arc(x, y + r * 0.3, r * 0.28, 0.25, Math.PI - 0.25);
      c.stroke();
    };
    draw();
    drawing.push(setInterval(draw, 100));
    return canvas.captureStream(10).getVideoTracks()[0];
  }

  /** slides draws a screen that is shared. */
  function slides() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
    const c = canvas.getContext("2d");
    const draw = () => {
      c.fillStyle = "#fbfbf9";
      c.fillRect(0, 0, 1280, 720);
      c.fillStyle = "#16181b";
      c.font = "700 72px system-ui, sans-serif";
      c.fillText("Third quarter", 90, 170);
      ["#5272f0", "#19a98a", "#f2a93b", "#5272f0", "#19a98a"].forEach((color, i) => {
        c.fillStyle = color;
        c.fillRect(110 + i * 220, 640 - [180, 260, 210, 330, 400][i], 130, [180, 260, 210, 330, 400][i]);
      });
    };
    draw();
    drawing.push(setInterval(draw, 500));
    return canvas.captureStream(2).getVideoTracks()[0];
  }

  const looks = {
    alice: ["#c58c6c", "#3350c8", "#2f211c", ["#8d99b5", "#4a5674"]],
    bob: ["#e8b796", "#176b3a", "#6d4427", ["#c9b8a0", "#8a6f55"]],
    carol: ["#8d5a3c", "#b3541e", "#141010", ["#9fb3a5", "#4d6b5c"]],
    dave: ["#f0c6a8", "#5a2d82", "#b98a3e", ["#b9a5c4", "#6d5a80"]],
  };

  class SceneCall {
    state = "connecting";
    me = "me";
    mode = "gallery";
    may = new Set(["publish", "share", "act"]);
    people = [];
    streams = new Map();
    own = new Map();
    listeners = {};
    timeline = { on: () => () => {} };

    on(event, f) {
      (this.listeners[event] ??= new Set()).add(f);
      if (event === "state") f(this.state, this.reason);
      return () => this.listeners[event].delete(f);
    }
    tell(event, ...args) { for (const f of this.listeners[event] ?? []) f(...args); }
    track(source) { return this.own.get(source); }
    isOn(source) { return this.own.has(source); }
    get sending() { return [...this.own].map(([source, track]) => ({ source, track })); }
    onDevices() { return () => {}; }
    devices() {
      const list = (kind, ...labels) => labels.map((label, i) => ({ kind, deviceId: `${kind}${i}`, label }));
      return Promise.resolve({ cameras: list("videoinput", "Integrated camera", "Desk view"), mics: list("audioinput", "Headset", "Integrated microphone"), speakers: list("audiooutput", "Headset", "Room") });
    }
    start() { return Promise.resolve(); }
    report(fault) { this.tell("fault", fault); }
    close() { this.turn("ended"); }
    turn(state, reason) {
      [this.state, this.reason] = [state, reason];
      this.tell("state", state, reason);
    }
    async switch(source, on) {
      if (on) this.own.set(source, this.own.get(source) ?? (source === "screen" ? slides() : source === "mic" ? { kind: "audio", stop() {}, getSettings: () => ({}) } : person(...looks.alice)));
      else this.own.delete(source);
      this.tell("local");
    }
    camera(on) { return this.switch("camera", on); }
    mic(on) { return this.switch("mic", on); }
    screen(on) { return this.switch("screen", on); }
    join(name, sources) {
      const member = `m-${name}`;
      this.people = [...this.people, { member, principal: `hellowab:${name}`, name: name[0].toUpperCase() + name.slice(1), since: this.people.length, sources: sources.map((source) => ({ source, off: false, muted: false })) }];
      for (const source of sources.filter((s) => s === "camera" || s === "screen")) {
        const stream = { member, source, track: source === "screen" ? slides() : person(...looks[name]), receiver: {} };
        this.streams.set(`${member}/${source}`, stream);
        this.tell("stream", stream, true);
      }
      this.tell("people", this.people);
      this.tell("joined", this.people.at(-1));
    }
    leave(name) {
      const gone = this.people.find((p) => p.member === `m-${name}`);
      this.people = this.people.filter((p) => p !== gone);
      this.tell("people", this.people);
      this.tell("left", gone);
    }
  }

  window.scene = async () => {
    for (const timer of drawing.splice(0)) clearInterval(timer); // of the scene before
    const el = document.createElement("wab-call");
    el.setAttribute("manual", "");
    document.body.append(el);
    await import("/wab/call.js");
    const call = new SceneCall();
    call.people = [{ member: "me", principal: "hellowab:alice", name: "Alice", since: 0, sources: [] }];
    el.use(call);
    window.call = call;
    window.layer = el.shadowRoot;
    return el;
  };
})();
