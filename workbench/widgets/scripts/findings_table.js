// The findings that are selected on the map, one row each: choosing a row opens its trace beside it.

const CHOOSE_AFTER = 120; // ms that a row is stayed on before its trace is opened: holding an arrow key opens none between

class TableView {
  constructor(model, host) {
    this.model = model;
    this.root = make("div", "wb wb-findings");
    this.head = make("div", "wb-head");
    this.head.setAttribute("role", "status");
    this.head.setAttribute("aria-live", "polite");
    this.list = make("div", "wb-rows");
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Selected findings");
    this.more = button("", "Show more rows", () => this.model.send({ kind: "more" }));
    this.root.append(this.head, this.list, this.more);
    host.append(this.root);
    const changed = () => this.show();
    const chosen = () => this.mark();
    model.on("change:rows", changed);
    model.on("change:chosen", chosen);
    this.ends = [
      listenToKeys(this.root, this.answers()),
      () => model.off("change:rows", changed),
      () => model.off("change:chosen", chosen),
      () => clearTimeout(this.choosing),
    ];
    this.show();
    this.root.dataset.ready = "1";
  }

  answers() {
    const step = (by) => () => this.go(this.at + by);
    return {
      ArrowDown: step(1),
      ArrowUp: step(-1),
      j: step(1),
      k: step(-1),
      Home: () => this.go(0),
      End: () => this.go(this.options.length - 1),
      PageDown: step(10),
      PageUp: step(-10),
      Enter: () => this.choose(this.at),
      " ": () => this.choose(this.at),
    };
  }

  show() {
    const rows = this.model.get("rows");
    const left = this.model.get("n_rows") - rows.length;
    this.head.textContent = this.model.get("title");
    this.options = rows.map((row, at) => this.option(row, at));
    this.list.replaceChildren(...this.options);
    this.more.hidden = left <= 0;
    this.more.textContent = `${left.toLocaleString("en")} more: show the next`;
    this.mark();
  }

  option(row, at) {
    const option = make("div", "wb-row");
    option.id = `wb-row-${this.model.model_id ?? ""}-${at}`;
    option.setAttribute("role", "option");
    option.append(
      glyph(row),
      make("span", "wb-number", row.number),
      make("span", "wb-said", row.text),
      make("span", "wb-quiet", row.about),
    );
    option.addEventListener("click", () => {
      this.list.focus({ preventScroll: true });
      this.choose(at);
    });
    return option;
  }

  go(at) {
    if (!this.options.length) return;
    this.point(Math.min(this.options.length - 1, Math.max(0, at)));
    clearTimeout(this.choosing);
    this.choosing = setTimeout(() => this.choose(this.at), CHOOSE_AFTER);
  }

  choose(at) {
    clearTimeout(this.choosing);
    if (!this.options[at]) return;
    this.model.set("chosen", at);
    this.model.save_changes();
    this.mark();
  }

  mark() {
    const chosen = this.model.get("chosen");
    this.options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    this.point(chosen);
  }

  /** Say which row the keys are on. */
  point(at) {
    this.at = at;
    this.options.forEach((option, place) => option.classList.toggle("wb-here", place === at));
    const here = this.options[at];
    if (!here) return this.list.removeAttribute("aria-activedescendant");
    this.list.setAttribute("aria-activedescendant", here.id);
    const [top, bottom] = [here.offsetTop - this.list.offsetTop, here.offsetTop - this.list.offsetTop + here.offsetHeight];
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    if (bottom > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = bottom - this.list.clientHeight;
  }

  end() {
    this.ends.forEach((end) => end());
  }
}

export default {
  render({ model, el }) {
    const view = new TableView(model, el);
    return () => view.end();
  },
};
