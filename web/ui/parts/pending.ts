// Controls whose choice is on its way.

/** Pending knows which controls wait for an answer. What somebody has chosen there stays until it is known what became of it, however late: whoever shows how things are passes over those that wait. */
export class Pending<Control> {
  readonly #asked = new Map<Control, Promise<unknown>>();

  has(control: Control): boolean {
    return this.#asked.has(control);
  }

  /** wait settles as the answer does. The control waits no more then, unless something else was chosen there meanwhile. */
  async wait<Answer>(control: Control, answer: Promise<Answer>): Promise<Answer> {
    this.#asked.set(control, answer);
    try {
      return await answer;
    } finally {
      if (this.#asked.get(control) === answer) this.#asked.delete(control);
    }
  }
}
