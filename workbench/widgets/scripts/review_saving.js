// What a person said and the kernel has not acknowledged: it is kept, shown as not saved, and said again when asked.
// One thing at a time: whoever presses a key twice while the first waits has said one thing.

const ANSWER_WITHIN = 4_000; // ms: twenty times what a loaded kernel takes
const KEPT_ITEMS = 100;
const KEPT = Symbol.for("workbench.review.kept");

/**
 * Return what was written about items and is not saved, by what was seen of them. It belongs to the page, so that a cell
 * that is run again after its kernel died finds what the view before it held.
 */
function kept() {
  const items = (globalThis[KEPT] ??= new Map());
  for (const old of [...items.keys()].slice(0, -KEPT_ITEMS)) items.delete(old);
  return items;
}

class Saving {
  /** `send` sends to the kernel; `changed` is called when what waits, or that it is lost, changes. */
  constructor(send, changed) {
    this.send = send;
    this.changed = changed;
    this.name = Math.random().toString(36).slice(2);
    this.n = 0;
    this.waiting = null;
    this.why = "";
    this.quick = new Map();
  }

  /** What waits for its answer in vain, or was refused by the disk; null while all is well. */
  get lost() {
    return this.why ? this.waiting : null;
  }

  /** Say what changes the item or leaves it; nothing is said while something waits. */
  say(message) {
    if (this.waiting) return false;
    this.waiting = { ...message, ask: this.next() };
    this.post();
    return true;
  }

  /** Ask what may be asked at any time: a draft, a search, another trace. `heard` is called with the answer. */
  ask(message, heard = () => {}) {
    const ask = this.next();
    this.quick.set(ask, heard);
    this.deliver({ ...message, ask });
    return setTimeout(() => this.quick.delete(ask) && heard(null), ANSWER_WITHIN);
  }

  /** Say again what was not saved. */
  retry() {
    if (this.lost) this.post();
  }

  /** Give up what was not saved; what was written stays in its fields. */
  forget() {
    this.settle("");
    this.waiting = null;
    this.changed();
  }

  /** Take an answer; returns what it answers, or null where it is another view's. */
  hear(answer) {
    const heard = this.quick.get(answer.ask);
    if (heard) {
      this.quick.delete(answer.ask);
      heard(answer);
      return null;
    }
    if (!this.waiting || answer.ask !== this.waiting.ask) return null;
    const said = this.waiting;
    if (answer.kind === "failed") {
      this.settle(answer.words);
    } else {
      this.settle("");
      this.waiting = null;
    }
    this.changed();
    return said;
  }

  next() {
    this.n += 1;
    return `${this.name}-${this.n}`;
  }

  post() {
    this.settle("");
    this.timer = setTimeout(() => {
      this.settle("the kernel does not answer");
      this.changed();
    }, ANSWER_WITHIN);
    this.deliver(this.waiting);
    this.changed();
  }

  deliver(message) {
    try {
      this.send(message);
    } catch (error) {
      console.warn("workbench: not sent", error); // the clock tells the reviewer
    }
  }

  settle(why) {
    clearTimeout(this.timer);
    this.why = why;
  }

  end() {
    clearTimeout(this.timer);
    this.quick.clear();
  }
}
