// The review: one item at a time, labelled with a key, and shown as saved when the kernel says that it is on the disk.
// Python holds the item and decides what comes next; this draws it, and says what a person did.

class ReviewView {
  constructor(model, host) {
    this.model = model;
    this.item = {};
    this.read();
    this.heard = "";
    this.saving = new Saving((message) => model.send(message), () => this.drawSaving());
    this.writing = new Writing(this);
    buildReview(this);
    this.does = doingsOf(this);
    host.append(this.root);
    this.ends = this.listen();
    this.showProgress();
    this.showItem();
    this.fit();
    this.resized = new ResizeObserver(() => this.laidOut());
    this.resized.observe(this.root);
    this.greet();
    if (document.activeElement === document.body) this.root.focus({ preventScroll: true });
    this.drawFocus();
    this.root.dataset.ready = "1";
  }

  read() {
    for (const name of ["about", "keymap", "opened"]) this[name] = this.model.get(name);
  }

  get labels() {
    return this.about.labels[this.item.kind] ?? [];
  }

  listen() {
    const hear = (name, does) => {
      this.model.on(name, does);
      return () => this.model.off(name, does);
    };
    const on = (name, does) => {
      this.root.addEventListener(name, does);
      return () => this.root.removeEventListener(name, does);
    };
    const warn = (event) => this.saving.lost && event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return [
      hear("change:item", () => this.showItem()),
      hear("change:progress", () => this.showProgress()),
      hear("change:opened", () => (this.read(), this.showTrace())),
      hear("change:about", () => this.read()),
      hear("change:keymap", () => (this.read(), this.mapKeys(), fillFoot(this), this.writing.tell())),
      hear("change:height", () => this.fit()),
      hear("change:answer", () => this.hear(this.model.get("answer"))),
      hear("comm_live_update", () => this.greet()),
      on("focusin", () => this.drawFocus()),
      on("focusout", () => setTimeout(() => this.drawFocus())),
      on("click", (event) => this.keepKeys(event)),
      watchTheme(() => this.drawPlace()),
      () => window.removeEventListener("beforeunload", warn),
      () => this.endKeys?.(),
      () => this.saving.end(),
      () => this.resized.disconnect(),
    ];
  }

  // Keys.

  mapKeys() {
    this.endKeys?.();
    const answers = { Enter: () => this.enter(), Escape: () => this.escape() };
    const stepping = ["next_step", "previous_step"];
    for (const [action, keys] of Object.entries(this.keymap)) {
      const at = this.labels.findIndex(({ label }) => label === action);
      const does = at >= 0 ? () => this.label(at) : this.does[action];
      if (!does) continue;
      for (const key of keys) answers[key] = (event) => void ((!event.repeat || stepping.includes(action)) && does());
    }
    this.endKeys = listenToKeys(this.root, answers);
  }

  enter() {
    if (this.saving.lost) this.saving.retry();
    else if (this.unsaved) this.label(this.unsaved.label, this.unsaved);
    else this.does.unfold();
  }

  escape() {
    if (!this.help.hidden) this.closeHelp();
    else if (this.saving.lost || this.unsaved) this.forget();
    else if (this.opened.of) this.open("", -1);
    else return false;
    return true;
  }

  /** Whoever clicks goes on with keys: a button that keeps the focus would be pressed again by the space bar. */
  keepKeys(event) {
    if (event.detail === 0 || event.target.closest("input, textarea, .wb-picker, .wb-review-over")) return;
    if (!String(window.getSelection())) this.root.focus({ preventScroll: true });
  }

  drawFocus() {
    const isOn = this.root.contains(document.activeElement);
    this.root.classList.toggle("wb-has-keys", isOn);
    this.keysOn.textContent = isOn ? "⌨ keys on" : "⌨ click here to use keys";
  }

  // What is said.

  /** Label the item as the label of that number; what the label needs besides is asked for first. */
  label(at, kept = null) {
    const label = this.labels[at];
    if (!label) return;
    if (this.saving.waiting && !this.saving.lost) return this.tell("The verdict before is still being saved: this key was not taken.");
    if (this.saving.waiting) return;
    if (this.opened.of === "neighbours") return this.tell("You are reading a neighbour: Esc goes back to the item.");
    const message = { kind: "judge", seen: this.item.seen, label: at, ...this.writing.words };
    const say = (more) => this.sayVerdict({ ...message, ...more });
    if (kept) say({ statement: kept.statement, same_as: kept.same_as });
    else completed(this, label.label, say);
  }

  sayVerdict(message) {
    this.unsaved = null;
    if (this.saving.say(message)) this.writing.keep(message);
  }

  /** Save what was written of an item that has its label already. */
  saveWords() {
    const at = this.labels.findIndex(({ label }) => label === this.item.own?.label);
    if (at < 0) return this.tell("The note goes with your verdict.");
    const { statement, same_as } = this.item.own;
    const others = this.item.kind === "trace" ? this.about.issues : this.item.causes ?? [];
    const other = others.findIndex(({ id }) => id === same_as);
    this.sayVerdict({ kind: "judge", seen: this.item.seen, label: at, statement, same_as: other < 0 ? null : other, is_staying: true, ...this.writing.words });
  }

  saveWordsOfOwn() {
    if (this.item.own) this.saveWords();
  }

  /** Let a cause be written anew: its text, or its parts one a line. */
  write({ title, text, least, isOne }, say) {
    const field = make("textarea", "wb-field");
    field.value = text;
    field.rows = 4;
    field.setAttribute("aria-label", title);
    const save = () => {
      const parts = (isOne ? [field.value] : field.value.split("\n")).map((part) => part.trim()).filter((part) => part);
      if (parts.length < least) return void (hint.textContent = isOne ? "Write the cause." : "Write at least two lines.");
      this.closeHelp();
      say({ statement: parts });
    };
    const hint = make("span", "wb-quiet", "Ctrl+Enter saves, Esc leaves.");
    field.addEventListener("keydown", (event) => {
      const isSaving = event.key === "Enter" && (event.ctrlKey || event.metaKey);
      if (!isSaving && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      if (isSaving) save();
      else this.closeHelp();
    });
    const tools = make("div", "wb-tools");
    tools.append(button("Save", "Ctrl+Enter", save), button("Cancel", "Esc", () => this.closeHelp()), hint);
    this.help.replaceChildren(make("strong", "", title), field, tools);
    this.help.hidden = false;
    field.focus({ preventScroll: true });
  }

  forget() {
    this.unsaved = null;
    kept().delete(this.item.seen);
    this.writing.keep(null);
    this.saving.forget();
  }

  open(of, at) {
    this.saving.ask({ kind: "open", seen: this.item.seen, of, at });
    if (at >= 0) return;
    this.opened = {}; // the item is here: whoever goes back to it need not wait for the kernel
    this.showTrace();
  }

  greet() {
    this.saving.ask({ kind: "hello" }, (answer) => {
      this.root.dataset.kernel = answer ? "answers" : "silent";
      if (!answer) this.showSaved("the kernel does not answer: is it busy, or was it restarted? Run the cell again.", false);
    });
  }

  // What is heard.

  hear(answer) {
    if (!answer.ask) return;
    if (this.root.dataset.kernel === "silent") {
      this.root.dataset.kernel = "answers";
      this.showSaved("", false);
    }
    const said = this.saving.hear(answer);
    if (!said) return;
    if (answer.kind === "saved") {
      kept().delete(said.seen);
      const at = clock(answer.saved_at);
      this.showSaved(`✓ saved ${at}`, true);
      this.root.dataset.nSaved = String(Number(this.root.dataset.nSaved ?? 0) + 1);
      this.tellHeard(`Saved: ${answer.label}. ${answer.words}`, answer.words);
    } else if (answer.kind !== "failed") {
      if (said.kind === "judge" && answer.kind === "refused") this.writing.keep(null);
      this.tellHeard(answer.words, answer.words);
    }
  }

  /** Say what became of a key, and what is before the reviewer now: the answer may come before the item or after it. */
  tellHeard(words, shown) {
    this.heard = words;
    this.tell(`${words} ${this.wordsOfItem()}`, shown);
  }

  /** Say something to a screen reader, and of it to the eye what it does not see anyway; that stands until the next key is taken. */
  tell(words, shown = words) {
    this.status.textContent = words.trim();
    if (shown === null) return;
    this.told.textContent = shown.trim();
    this.told.hidden = !shown.trim();
  }

  showSaved(words, isSaved) {
    this.saved.textContent = words;
    this.saved.classList.toggle("wb-is-saved", isSaved);
  }

  drawSaving() {
    const { lost, waiting, why } = this.saving;
    const message = lost ?? this.unsaved;
    if (waiting) [this.told.hidden, this.heard] = [true, ""];
    this.lost.hidden = !message;
    this.root.dataset.state = message ? "lost" : waiting ? "waiting" : "idle";
    if (!message) return;
    const what = message.kind === "judge" ? `“${this.labels[message.label]?.label}”` : `“${message.kind}”`;
    this.lostWords.textContent = `${what} and what you wrote with it are kept here: ${why || "the view that took it is gone"}.`;
    this.showSaved("not saved", false);
  }

  end() {
    this.ends.forEach((end) => end());
  }
}

Object.assign(ReviewView.prototype, DRAWING);

export default {
  render({ model, el }) {
    const view = new ReviewView(model, el);
    return () => view.end();
  },
};
