// A field with a list under it: what is typed narrows the list, arrows walk through it, Enter takes, Escape leaves.

const LISTED = 60; // rows: nobody reads more of them
let nPickers = 0;

class Picker {
  constructor() {
    nPickers += 1;
    this.root = make("div", "wb-picker");
    this.root.hidden = true;
    this.title = make("label", "wb-picker-title");
    this.field = make("input", "wb-field");
    this.field.id = this.title.htmlFor = `wb-picker-${nPickers}`;
    this.field.setAttribute("role", "combobox");
    this.field.setAttribute("aria-autocomplete", "list");
    this.field.setAttribute("aria-expanded", "true");
    this.field.autocomplete = "off";
    this.list = make("div", "wb-options");
    this.list.id = `wb-options-${nPickers}`;
    this.list.setAttribute("role", "listbox");
    this.field.setAttribute("aria-controls", this.list.id);
    this.hint = make("div", "wb-quiet");
    this.root.append(this.title, this.field, this.list, this.hint);
    this.field.addEventListener("input", (event) => this.typed(event));
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.root.addEventListener("focusout", (event) => !this.root.contains(event.relatedTarget) && this.close());
  }

  get isOpen() {
    return !this.root.hidden;
  }

  /**
   * Open the field.
   * `options`: [{ words, value, about }]; `isFree`: what is typed may be none of them; `search`: called with what is
   * typed, for options that others find; `take`: called with an option, or with { value: typed }; `leave`: at its end.
   */
  open({ title, hint, options = [], isFree = false, search = null, value = "", take, leave }) {
    Object.assign(this, { options, isFree, search, take, leave });
    this.title.textContent = title;
    this.hint.textContent = hint;
    this.field.value = value;
    this.field.maxLength = 200;
    this.root.hidden = false;
    this.list.setAttribute("aria-label", title);
    this.narrow();
    this.field.focus({ preventScroll: true });
    this.field.select();
  }

  close() {
    if (!this.isOpen) return;
    this.root.hidden = true;
    clearTimeout(this.searching);
    this.leave();
  }

  offer(options) {
    this.options = options;
    this.narrow();
  }

  typed(event) {
    if (this.search) {
      clearTimeout(this.searching);
      this.searching = setTimeout(() => this.search(this.field.value), 150);
      return;
    }
    const typed = this.field.value;
    const isAdded = event.inputType === "insertText" && this.field.selectionEnd === typed.length;
    const whole = isAdded && this.isFree && typed && this.options.find((option) => option.words.startsWith(typed));
    if (whole) {
      this.field.value = whole.words;
      this.field.setSelectionRange(typed.length, whole.words.length);
    }
    this.narrow(typed);
  }

  narrow(typed = this.field.value) {
    const wanted = this.search ? "" : typed.toLowerCase();
    this.listed = this.options.filter((option) => `${option.words} ${option.about ?? ""}`.toLowerCase().includes(wanted)).slice(0, LISTED);
    this.rows = this.listed.map((option, at) => this.row(option, at));
    this.list.replaceChildren(...this.rows);
    this.point(this.isFree ? -1 : 0);
  }

  row(option, at) {
    const row = make("div", "wb-option");
    row.id = `${this.list.id}-${at}`;
    row.setAttribute("role", "option");
    if (!this.isFree && !this.search && at < 9) row.append(make("kbd", "wb-key", String(at + 1)));
    row.append(make("span", "wb-said", option.words), make("span", "wb-quiet", option.about ?? ""));
    row.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the field keeps the focus
      this.choose(option);
    });
    return row;
  }

  key(event) {
    if (event.isComposing || event.key === "Tab") return;
    event.stopPropagation();
    const isNumber = !this.isFree && !this.search && !this.field.value && /^[1-9]$/.test(event.key);
    if (event.key === "ArrowDown") this.point(Math.min(this.rows.length - 1, this.at + 1));
    else if (event.key === "ArrowUp") this.point(Math.max(this.isFree ? -1 : 0, this.at - 1));
    else if (event.key === "Enter") this.enter();
    else if (event.key === "Escape") this.close();
    else if (isNumber && this.listed[event.key - 1]) this.choose(this.listed[event.key - 1]);
    else return;
    event.preventDefault();
  }

  enter() {
    const option = this.listed[this.at];
    if (option) this.choose(option);
    else if (this.isFree) this.choose({ value: this.field.value.trim() });
  }

  choose(option) {
    const { take } = this;
    this.close();
    take(option);
  }

  point(at) {
    this.at = Math.min(at, this.rows.length - 1);
    this.rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === this.at)));
    const here = this.rows[this.at];
    if (!here) return this.field.removeAttribute("aria-activedescendant");
    this.field.setAttribute("aria-activedescendant", here.id);
    here.scrollIntoView({ block: "nearest" });
  }
}
