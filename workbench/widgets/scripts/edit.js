// The editor of a change. Python holds the edits, compares and decides; this draws, and sends what was typed.

const PAUSE_MS = 250; // after the last letter, before what differs is asked for

class EditorView {
  constructor(model, host) {
    this.model = model;
    buildEditor(this);
    host.append(this.root);
    this.text.addEventListener("input", () => this.later(() => this.sendText()));
    for (const one of [this.text, this.title, this.why]) {
      one.addEventListener("keydown", (event) => this.leave(event));
      one.addEventListener("blur", () => this.flush());
    }
    this.ends = [
      this.hear("change:about", () => this.draw()),
      this.hear("change:looked", () => this.draw()),
      this.hear("change:file", () => this.drawText()),
      this.hear("change:written", () => this.drawWritten()),
      this.hear("change:answer", () => this.tell()),
      listenToKeys(this.root, this.answers()),
    ];
    for (const name of ["focusin", "focusout"]) this.root.addEventListener(name, () => setTimeout(() => this.drawFocus()));
    this.drawText();
    this.drawWritten();
    this.drawFocus();
    this.root.dataset.ready = "1";
  }

  hear(name, does) {
    this.model.on(name, does);
    return () => this.model.off(name, does);
  }

  answers() {
    const does = {
      edit: () => this.text.focus(),
      next_file: () => this.step(1),
      previous_file: () => this.step(-1),
      title: () => this.title.focus(),
      why: () => this.why.focus(),
      begin: () => this.about.state === "new" && this.send("begin"),
      commit: () => this.send("commit"),
      undo: () => this.send("undo"),
    };
    const keys = Object.entries(this.model.get("about").keys);
    return Object.fromEntries(keys.flatMap(([action, names]) => names.map((key) => [key, (event) => void (event.repeat || does[action]())])));
  }

  /** Escape leaves a text for the keys of the editor; in a line, Enter does too. */
  leave(event) {
    if (event.isComposing) return;
    if (event.key !== "Escape" && !(event.key === "Enter" && event.target === this.title)) return;
    event.preventDefault();
    event.stopPropagation();
    this.root.focus({ preventScroll: true });
  }

  // What was typed is sent after a pause, and before anything else is.

  later(does) {
    clearTimeout(this.pause);
    this.pending = does;
    this.pause = setTimeout(() => this.flush(), PAUSE_MS);
  }

  flush() {
    clearTimeout(this.pause);
    const does = this.pending;
    this.pending = null;
    does?.();
  }

  sendText() {
    this.model.send({ kind: "typed", path: this.file.path, text: this.text.value });
  }

  send(kind, more = {}) {
    if (kind !== "write") this.flush();
    this.model.send({ kind, title: this.title.value, why: this.why.value, ...more });
  }

  open(at) {
    this.send("open", { at });
  }

  step(by) {
    const { files } = this.about;
    const at = files.findIndex(({ path }) => path === this.file.path);
    this.open((at + by + files.length) % files.length);
  }

  // What is shown.

  get about() {
    return this.model.get("about");
  }

  get file() {
    return this.model.get("file");
  }

  get looked() {
    return this.model.get("looked");
  }

  get current() {
    return this.about.files.find(({ path }) => path === this.file.path);
  }

  draw() {
    drawAbout(this);
    drawLooked(this);
  }

  drawText() {
    this.text.value = this.file.text;
    this.text.setAttribute("aria-label", `Text of ${this.file.path}`);
    this.draw();
  }

  drawWritten() {
    const { title, why } = this.model.get("written");
    if (document.activeElement !== this.title) this.title.value = title;
    if (document.activeElement !== this.why) this.why.value = why;
  }

  drawFocus() {
    const isOn = document.activeElement === this.root;
    this.keysOn.textContent = isOn ? "⌨ keys on" : this.root.contains(document.activeElement) ? "Esc: keys" : "⌨ click here to use keys";
    this.root.classList.toggle("wb-has-keys", isOn);
  }

  tell() {
    const { kind, words } = this.model.get("answer");
    if (words || kind === "failed") this.told.textContent = words;
    this.told.classList.toggle("wb-is-bad", kind === "failed");
  }

  end() {
    this.flush();
    this.ends.forEach((end) => end());
  }
}

export default {
  render({ model, el }) {
    const view = new EditorView(model, el);
    return () => view.end();
  },
};
