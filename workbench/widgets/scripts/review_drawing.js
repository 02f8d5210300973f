// How a review is drawn from what the kernel holds: the item, its trace, how far one is, and what the keys do.

const DRAWING = {
  /** Show the item; where it is the one that is shown, only what changed of it. */
  showItem() {
    this.keepFocus(() => this.drawItem());
  },

  /** Draw anew, and keep the keys where what had the focus is no longer there. */
  keepFocus(draw) {
    const hadFocus = this.root.contains(document.activeElement);
    draw();
    if (hadFocus && !this.root.contains(document.activeElement)) this.root.focus({ preventScroll: true });
  },

  drawItem() {
    const item = this.model.get("item");
    const isSame = item.seen === this.item.seen && this.root.dataset.ready;
    if (!isSame) this.writing.flush();
    this.item = item;
    this.read();
    if (!isSame) this.showNew();
    this.mapKeys();
    fillFoot(this);
    this.drawSaving();
    if (!isSame) this.tell(`${this.heard} ${this.wordsOfItem()}`, null);
  },

  showNew() {
    const isDone = !this.item.seen;
    this.unsaved = kept().get(this.item.seen)?.unsaved ?? null;
    if (this.saving.waiting?.seen === this.item.seen) this.unsaved = null;
    this.body.hidden = this.writing.root.hidden = isDone;
    this.done.hidden = !isDone;
    this.closeHelp();
    this.showDone(isDone);
    this.writing.show(this.item);
    this.shownTrace = null;
    this.showTrace();
    this.root.dataset.seen = this.item.seen ?? "";
    this.root.dataset.place = String(this.item.place ?? "");
  },

  showTrace() {
    this.keepFocus(() => this.drawTrace());
  },

  drawTrace() {
    const { of, at, trace } = this.opened;
    const shown = of ? trace : this.item.trace ?? {};
    if (shown !== this.shownTrace) this.transcript.show(shown);
    this.shownTrace = shown;
    this.showSwitch();
    if (!this.item.seen) return this.side.replaceChildren();
    const ground = this.model.get("ground");
    const given = { ground, opened: this.opened, issues: this.about.issues ?? [], open: (list, place) => this.open(list, place) };
    this.side.replaceChildren(...sideOf(this.item, given));
    this.root.dataset.opened = of ? `${of} ${at}` : "";
    this.drawPlace();
  },

  /** Say which of several traces is read: an example of a cause, or a neighbour that is not the item. */
  showSwitch() {
    const examples = this.item.examples ?? [];
    const { of, at } = this.opened;
    const isNeighbour = of === "neighbours";
    this.switch.hidden = !isNeighbour && examples.length < 2;
    this.switch.classList.toggle("wb-elsewhere", isNeighbour);
    if (isNeighbour) {
      const back = button("Back to the item (Esc)", "Verdicts are about the item", () => this.open("", -1));
      return this.switch.replaceChildren(make("strong", "", `Neighbour ${at + 1} of ${this.item.neighbours.length}, not the item`), back);
    }
    const here = of === "examples" ? at : 0;
    const tabs = examples.map((example, place) => {
      const tab = button(String(place + 1), example.title, () => this.open("examples", place), "wb-button wb-tab");
      tab.setAttribute("aria-pressed", String(place === here));
      return tab;
    });
    const keys = keysOf([...(this.keymap.previous_example ?? []), ...(this.keymap.next_example ?? [])]).join(" ");
    this.switch.replaceChildren(make("span", "wb-quiet", `Example (${keys})`), ...tabs);
  },

  drawPlace() {
    const picture = this.side.querySelector(".wb-place");
    if (picture) drawPlace(picture, this.model.get("ground"), this.item.here);
  },

  showProgress() {
    const { done = 0, n_items = 0, n_skipped, n_flagged, seconds_an_item, new_codes, by_reviewer = {} } = this.model.get("progress");
    const share = n_items ? done / n_items : 0;
    this.filled.style.width = `${100 * share}%`;
    this.bar.setAttribute("aria-valuemin", "0");
    this.bar.setAttribute("aria-valuemax", String(n_items));
    this.bar.setAttribute("aria-valuenow", String(done));
    this.count.textContent = `${done.toLocaleString("en")} of ${n_items.toLocaleString("en")}`;
    const left = n_items - done;
    const more = [
      seconds_an_item && left ? `about ${minutes(seconds_an_item * left)} left` : "",
      n_skipped ? `${n_skipped} skipped` : "",
      n_flagged ? `${n_flagged} flagged` : "",
      new_codes?.last >= 10 ? `${counted(new_codes.n, "new code")} in the last ${new_codes.last}` : "",
      ...Object.entries(by_reviewer).filter(([name]) => name !== this.about.reviewer).map(([name, n]) => `${name}: ${n}`),
    ];
    this.more.textContent = more.filter((words) => words).join(" · ");
  },

  showDone(isDone) {
    if (!isDone) return;
    const words = `Every item that was yours to label has a verdict, ${this.about.reviewer}. Thank you. In a shell, workbench next says what comes now.`;
    const keys = (action) => keysOf(this.keymap[action]).join(" or ");
    const next = `${keys("back")} goes back, ${keys("undo")} takes the last verdict back, ${keys("search")} searches.`;
    this.done.replaceChildren(make("h3", "", "All done"), make("p", "wb-said", words), make("p", "wb-quiet", next));
  },

  wordsOfItem() {
    const { item } = this;
    if (!item.seen) return "All done.";
    const question = item.kind === "trace" && item.finding ? item.finding.question : ASKED_OF[item.kind];
    return `Item ${item.place + 1} of ${this.about.n_items}, ${item.kind === "issue" ? "an" : "a"} ${item.kind}. ${question}`;
  },

  toggleHelp() {
    if (!this.help.hidden) return this.closeHelp();
    const title = make("strong", "", `Keys (${this.item.kind ?? "all done"})`);
    this.help.replaceChildren(title, helpOf(this.keymap, this.labels), button("Close (Esc)", "Close", () => this.closeHelp()));
    this.help.hidden = false;
  },

  closeHelp() {
    const hadFocus = this.help.contains(document.activeElement);
    this.help.hidden = true;
    if (hadFocus) this.root.focus({ preventScroll: true });
  },

  /** What is drawn or scrolled to before the page has a place for it, is so once it has. */
  laidOut() {
    if (!this.isLaidOut && this.root.clientHeight) {
      this.isLaidOut = true;
      this.transcript.begin();
      if (document.activeElement === document.body) this.root.focus({ preventScroll: true });
    }
    this.drawPlace();
  },

  fit() {
    const height = this.model.get("height");
    this.root.classList.toggle("wb-alone", !document.querySelector(".jp-NotebookPanel"));
    this.root.style.height = height ? `${height}px` : "";
  },
};

/** Return a moment, ISO 8601, as the hour, minute and second of the reader's own clock. */
function clock(moment) {
  const at = new Date(moment);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Return seconds as whole minutes, or hours. */
function minutes(seconds) {
  const n = Math.max(1, Math.round(seconds / 60));
  return n < 90 ? `${n} min` : `${(n / 60).toFixed(1)} h`;
}
