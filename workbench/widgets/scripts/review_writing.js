// What a reviewer writes about an item before she labels it: a note, her own word for the problem, category, severity.
// A note goes to the kernel as a draft whenever she pauses; all of it stays in the page until it is saved.

const DRAFT_AFTER = 600; // ms without a key

class Writing {
  constructor(view) {
    this.view = view;
    this.root = make("div", "wb-writing");
    this.note = make("textarea", "wb-field wb-note");
    this.note.rows = 2;
    this.note.maxLength = 10_000;
        this.note.setAttribute("aria-label", "Note");
    this.kept = make("span", "wb-quiet wb-draft");
    this.chips = make("div", "wb-chips");
    const noteBox = make("div", "wb-note-box");
    noteBox.append(this.note, this.kept);
    this.root.append(noteBox, this.chips);
    this.note.addEventListener("input", () => this.typed());
    this.note.addEventListener("blur", () => this.flush());
    this.note.addEventListener("keydown", (event) => this.key(event));
    this.forget();
  }

  forget() {
    clearTimeout(this.drafting);
    this.values = { code: "", category: null, severity: null };
    this.isDirty = false;
  }

  /** Begin with what is known of an item: what is kept in the page, else its draft, else what was said of it. */
  show(item) {
    this.forget();
    const { about } = this.view;
    const own = item.own ?? {};
    const at = (values, value) => (values.indexOf(value) < 0 ? null : values.indexOf(value));
    this.values = {
      code: own.code ?? "",
      category: at(about.categories.map(({ code }) => code), own.category),
      severity: at(about.severities, own.severity),
      ...kept().get(item.seen)?.values,
    };
    this.note.value = kept().get(item.seen)?.note ?? (item.draft || own.explanation || "");
    this.kept.textContent = item.draft ? "draft kept" : "";
    this.tell();
  }

  /** What goes with a label. */
  get words() {
    const { code, category, severity } = this.values;
    return { explanation: this.note.value, code, category, severity };
  }

  set(name, value) {
    this.values[name] = value;
    this.keep();
    this.tell();
  }

  keep(unsaved = kept().get(this.view.item.seen)?.unsaved) {
    const { seen } = this.view.item;
    if (seen) kept().set(seen, { note: this.note.value, values: this.values, unsaved });
  }

  typed() {
    this.isDirty = true;
    this.kept.textContent = "…";
    this.keep();
    clearTimeout(this.drafting);
    this.drafting = setTimeout(() => this.flush(), DRAFT_AFTER);
  }

  /** Send the note as a draft, if it changed since. */
  flush() {
    clearTimeout(this.drafting);
    if (!this.isDirty || !this.view.item.seen) return;
    this.isDirty = false;
    this.view.saving.ask({ kind: "draft", seen: this.view.item.seen, text: this.note.value }, (answer) => {
      if (this.isDirty) return;
      this.kept.textContent = answer?.kind === "draft" ? "draft kept" : answer?.kind === "stale" ? "" : "draft not kept";
    });
  }

  key(event) {
    if (event.isComposing) return;
    const isSaving = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (event.key !== "Escape" && !isSaving) return;
    event.preventDefault();
    event.stopPropagation();
    this.flush();
    this.view.root.focus({ preventScroll: true });
    if (isSaving) this.view.saveWords();
  }

  /** Say what is chosen, each with its key. */
  tell() {
    const { about, item, keymap } = this.view;
    const { code, category, severity } = this.values;
    const chip = (action, name, words) => {
      const made = button("", `${name} (${keysOf(keymap[action]).join(" or ")})`, () => this.view.does[action]());
      made.classList.add("wb-chip");
      made.append(keyCaps(keymap[action]?.slice(0, 1)), make("span", "wb-quiet", name), make("span", "wb-said wb-chip-words", words || "–"));
      return made;
    };
    this.note.placeholder = `Note (${keysOf(keymap.note).join(" or ")}): why?`;
    const chips = [chip("code", "Code", code)];
    if (item.kind === "issue") {
      chips.push(chip("category", "Category", about.categories[category]?.name), chip("severity", "Severity", about.severities[severity]));
    }
    this.chips.replaceChildren(...chips);
  }
}
