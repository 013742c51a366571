// Answers that come late, for clients without a server: in the page, hold() has what is asked from then on wait, until hold(false); held are those that do, and release() lets them go. It is over when
// the page has heard the answers; release(true) has there be none.

interface Held {
  (answered: boolean): void;
}

const held: Held[] = [];
let holding = false;

Object.assign(globalThis, {
  held,
  hold: (on = true) => void (holding = on),
  release: (fail = false) => {
    holding = false;
    for (const go of held.splice(0)) go(!fail);
    return new Promise((done) => setTimeout(done));
  },
});

type Method = (...args: never[]) => Promise<unknown>;

/** late has the methods of a CA wait while the test holds them; none is the error where there is no answer. */
export function late<T extends object>(ca: T, none: () => Error): T {
  for (const [name, method] of Object.entries(ca) as [string, Method][]) {
    if (!/^([A-Z]|call$)/.test(name)) continue;
    const held = async (...args: never[]): Promise<unknown> => {
      if (!(await turn())) throw none();
      return method(...args);
    };
    Object.assign(ca, { [name]: held });
  }
  return ca;
}

async function turn(): Promise<boolean> {
  return holding ? new Promise<boolean>((go) => held.push(go)) : true;
}
