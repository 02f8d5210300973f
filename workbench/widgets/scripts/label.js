// Answers to score: one at a time, what it is judged by above it, a key a score. Python keeps what was pressed.

const SILENT_MS = 5000; // without an answer, what was pressed is not known to be saved
const MOST_KEYS = 10; // scores that a digit each stands for; of more, the number is typed

/** Keys that have a name of their own. */
const NAMES = { " ": "space", ArrowLeft: "←", ArrowRight: "→" };
/** What a key does, in words. */
const DOES = { back: "the one before", forward: "the one after", skip: "the next without a score", help: "these keys" };

class LabelView {
  constructor(model, host) {
    this.model = model;
    this.build();
    host.append(this.root);
    this.ends = [
      this.hear("change:about", () => this.draw()),
      this.hear("change:item", () => this.draw()),
      this.hear("change:answer", () => this.tell()),
      listenToKeys(this.root, new Proxy({}, { get: (_, key) => this.doing(key) })),
    ];
    for (const name of ["focusin", "focusout"]) this.root.addEventListener(name, () => setTimeout(() => this.drawFocus()));
    this.draw();
    this.drawFocus();
    this.sized = new ResizeObserver(() => this.laidOut());
    this.sized.observe(this.root);
    this.root.dataset.ready = "1";
  }

  build() {
    this.root = make("section", "wb wb-labels");
    this.root.tabIndex = 0;
    this.root.setAttribute("aria-label", "Answers to score");
    this.head = make("header", "wb-head");
    this.body = make("div", "wb-labels-body");
    this.criterion = make("div", "wb-criterion");
    this.texts = make("div", "wb-texts");
    this.scores = make("div", "wb-tools");
    this.told = make("span", "wb-told");
    this.told.setAttribute("role", "status");
    this.keysOn = make("span", "wb-keys-on");
    this.help = make("p", "wb-quiet wb-help-line");
    this.body.append(this.criterion, this.texts);
    const foot = make("footer", "wb-foot");
    foot.append(this.scores, this.told, make("span", "wb-fill"), this.keysOn);
    this.root.append(this.head, this.body, foot, this.help);
  }

  hear(name, does) {
    this.model.on(name, does);
    return () => this.model.off(name, does);
  }

  get about() {
    return this.model.get("about");
  }

  get item() {
    return this.model.get("item");
  }

  get isDone() {
    return this.item.place === undefined;
  }

  /** Return what a key does now; nothing for a key that means nothing. */
  doing(key) {
    const once = (does) => (event) => void (event.repeat || does());
    const score = this.keyed.get(key);
    if (score !== undefined) return once(() => this.score(score));
    const [action] = Object.entries(this.about.keys).find(([, keys]) => keys.includes(key)) ?? [];
    const { place } = this.item;
    const at = this.isDone ? this.about.n_items : place;
    const does = {
      back: () => this.send({ kind: "go", place: at - 1 }),
      forward: () => this.send({ kind: "go", place: at + 1 }),
      skip: () => this.isDone || this.send({ kind: "skip", place }),
      help: () => (this.help.hidden = !this.help.hidden),
    }[action];
    return does && once(does);
  }

  get keyed() {
    const { low, high } = this.item;
    if (this.isDone || low < 0 || high >= MOST_KEYS) return new Map();
    return new Map(Array.from({ length: high - low + 1 }, (_, n) => [String(low + n), low + n]));
  }

  score(score) {
    if (this.waits) return;
    this.send({ kind: "score", place: this.item.place, score });
  }

  send(message) {
    this.waits = message.kind === "score";
    if (this.waits) {
      this.say("saving …", false);
      this.silent = setTimeout(() => this.say("NOT SAVED: the kernel does not answer", true), SILENT_MS);
    }
    this.model.send(message);
  }

  tell() {
    const { kind, words } = this.model.get("answer");
    clearTimeout(this.silent);
    this.waits = false;
    this.say(kind === "failed" ? `NOT SAVED: ${words}` : words, kind === "failed");
  }

  say(words, isBad) {
    this.told.textContent = words;
    this.told.classList.toggle("wb-is-bad", isBad);
  }

  // What is shown.

  draw() {
    const { annotator, n_items, n_scored, keys } = this.about;
    const name = make("strong", "", this.isDone ? "No answer waits for you" : `Answer ${this.item.place + 1} of ${n_items}`);
    const done = make("progress", "wb-progress");
    [done.max, done.value] = [Math.max(n_items, 1), n_scored];
    done.setAttribute("aria-label", "scored");
    this.head.replaceChildren(name, done, make("span", "wb-quiet", `${n_scored} scored by ${annotator}`));
    this.help.textContent = Object.entries(keys).map(([does, [key]]) => `${NAMES[key] ?? key} ${DOES[does]}`).join(" · ");
    this.scores.replaceChildren();
    if (this.isDone) {
      const left = "Every answer has your score. In a shell, workbench experiment run goes on once all are scored.";
      const words = n_items ? left : "Nobody is asked about answers here.";
      this.criterion.replaceChildren();
      this.texts.replaceChildren(make("p", "", words));
      return;
    }
    this.drawItem();
  }

  drawItem() {
    const { metric, criterion, texts, answer, own, low, high } = this.item;
    const question = high - low === 1 ? "is it so?" : `how far is it so, from ${low} to ${high}?`;
    this.criterion.replaceChildren(make("span", "wb-label", `${metric}: ${question}`), make("div", "wb-said", criterion));
    this.texts.replaceChildren(...[...texts, ["answer", answer]].map(([label, words]) => {
      const part = make("section", label === "answer" ? "wb-text-part wb-answer" : "wb-text-part");
      part.append(make("span", "wb-label", label), make("div", "wb-words", words));
      return part;
    }));
    this.texts.scrollTop = 0;
    const isSo = low === 0 && high === 1 ? { 0: "it is not so", 1: "it is so" } : {};
    for (const score of this.keyed.values()) {
      const made = button("", `Score it ${score}`, () => this.score(score));
      made.append(make("kbd", "", String(score)), isSo[score] ? ` ${isSo[score]}` : "");
      made.setAttribute("aria-pressed", String(own === score));
      this.scores.append(made);
    }
    if (!this.keyed.size) this.scores.append(this.typed());
  }

  /** A field for scores that no digit stands for; Enter keeps it. */
  typed() {
    const { low, high, own } = this.item;
    const field = make("input", "wb-number-field");
    [field.type, field.min, field.max, field.step] = ["number", low, high, 1];
    if (own !== null) field.value = own;
    field.setAttribute("aria-label", `Score, ${low} to ${high}`);
    field.placeholder = `${low} to ${high}, Enter`;
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && Number.isInteger(field.valueAsNumber)) this.score(field.valueAsNumber);
      if (event.key === "Escape") this.root.focus({ preventScroll: true });
    });
    return field;
  }

  /** Take the keys once the page shows it, where nothing else has them: what is hidden yet cannot have them. */
  laidOut() {
    if (this.isLaidOut || !this.root.clientHeight) return;
    this.isLaidOut = true;
    if (document.activeElement === document.body) this.root.focus({ preventScroll: true });
  }

  drawFocus() {
    const isOn = this.root.contains(document.activeElement);
    this.keysOn.textContent = isOn ? "⌨ keys on" : "⌨ keys off: Tab or click here";
    this.root.classList.toggle("wb-has-keys", isOn);
  }

  end() {
    clearTimeout(this.silent);
    this.sized.disconnect();
    this.ends.forEach((end) => end());
  }
}

export default {
  render({ model, el }) {
    const view = new LabelView(model, el);
    return () => view.end();
  },
};
