// One trace as a person reads it: who said what, what was asked of tools, what came back, and where it first failed.
// All words are set as text. Long ones are folded and open whole.

const [FOLD_LETTERS, FOLD_LINES] = [700, 12]; // what a reader takes in of a step before she decides to read all of it
const LINE_LETTERS = 160;
const MOST_UNASKED = 4_000; // letters that are unfolded because what was found is in them
const STEP_KEYS = { failed: "e", found: "f", next: "j", previous: "k", unfold: "o" };
const ROLES = {
  user: "user",
  assistant: "assistant",
  system: "system",
  tool: "tool",
  retriever: "retriever",
  step: "step",
};

class Transcript {
  /** `keys` are named beside what they do; `isTold`: a screen reader hears of each new trace; `isPinned`: the question stays in view. */
  constructor({ keys = STEP_KEYS, isTold = true, isPinned = false } = {}) {
    Object.assign(this, { keys, isTold, isPinned });
    this.root = make("section", "wb-transcript");
    this.root.setAttribute("aria-label", "Transcript");
    this.at = -1;
  }

  show(trace) {
    const steps = trace.steps ?? [];
    this.quotes = (trace.quotes ?? []).filter((quote) => quote);
    this.failed = steps.findIndex((step) => step.is_first_failure);
    this.found = steps.findIndex((step) => step.is_found);
    const head = make("div", "wb-head");
    if (this.isTold) head.setAttribute("role", "status");
    head.append(make("strong", "", trace.title ?? "No trace is open"), make("span", "wb-quiet", (trace.facts ?? []).join(" · ")));
    const tools = make("div", "wb-tools");
    const to = (words, does, key, at) => at() >= 0 && tools.append(button(words, `${does} (${key})`, () => this.go(at())));
    to("To the first failure", "Go to the first step that failed", this.keys.failed, () => this.failed);
    to("To the finding", "Go to the step that the finding is about", this.keys.found, () => this.found);
    if (steps.length > 1) to("Next step", `Go to the next step, or back with ${this.keys.previous}`, this.keys.next, () => this.at + 1);
    this.list = make("ol", "wb-steps");
    this.items = steps.map((step) => this.item(step));
    this.list.append(...this.items);
    const note = make("p", "wb-quiet", trace.note ?? "");
    note.hidden = !trace.note;
    head.append(tools);
    this.root.replaceChildren(head, this.list, note);
    this.pinned = this.isPinned && steps.length > 1 && steps[0].role === "user" ? this.items[0] : null;
    this.pinned?.classList.add("wb-pinned");
    this.root.dataset.steps = String(steps.length);
    this.begin();
  }

  /** Go to where a reader begins: what was found, else the first failure, else the top. */
  begin() {
    this.at = -1;
    if (this.found >= 0) this.go(this.found);
    else if (this.failed >= 0) this.go(this.failed);
    else this.list.scrollTop = 0;
  }

  item(step) {
    const item = make("li", `wb-step wb-role-${ROLES[step.role] ? step.role : "step"}`);
    if (step.is_error) item.classList.add("wb-failed");
    item.style.marginLeft = `${Math.min(step.depth ?? 0, 6) * 14}px`;
    const head = make("div", "wb-step-head");
    head.append(make("span", "wb-role", ROLES[step.role] ?? step.role));
    if (step.name) head.append(make("span", "wb-said wb-step-name", step.name));
    if (step.is_first_failure) head.append(make("span", "wb-mark", "first failure"));
    else if (step.is_error) head.append(make("span", "wb-mark", "failed"));
    if (step.is_found) head.append(make("span", "wb-badge", "found here"));
    if (step.about) head.append(make("span", "wb-quiet", step.about));
    item.append(head);
    const isSeldomRead = step.role === "tool" && !step.is_error && !step.is_found;
    for (const part of step.parts ?? []) item.append(isSeldomRead ? this.line(part) : this.part(part));
    return item;
  }

  /** Return a piece of a step; a long one folded. */
  part({ label, text }) {
    const part = make("div", "wb-part");
    if (label) part.append(make("span", "wb-label", label));
    const lines = text.split("\n", FOLD_LINES + 1);
    const short = lines.slice(0, FOLD_LINES).join("\n").slice(0, FOLD_LETTERS);
    const isShort = text.length <= FOLD_LETTERS && lines.length <= FOLD_LINES;
    this.fill(part, text, isShort ? text : `${short}…`, `show all ${counted(text.length, "character")}`);
    return part;
  }

  /** Return what went well with a tool, which is seldom read: on one line, to be unfolded. */
  line({ label, text }) {
    const part = make("div", "wb-part wb-line");
    part.append(make("span", "wb-label", label));
    const line = text.slice(0, 10 * LINE_LETTERS).replace(/\s+/g, " ");
    this.fill(part, text, line.length > LINE_LETTERS || text.length > 10 * LINE_LETTERS ? `${line.slice(0, LINE_LETTERS)}…` : line, "show all");
    return part;
  }

  /** Fill in words, folded where the short form is not all; what the finding rests on is unfolded. */
  fill(part, text, short, unfold) {
    const words = make("div", "wb-words");
    part.append(words);
    if (short === text) return this.put(words, text);
    const fold = button("", `Show all of it or its beginning (${this.keys.unfold})`, () => tell(fold.getAttribute("aria-expanded") !== "true"));
    fold.classList.add("wb-fold");
    const tell = (isOpen) => {
      this.put(words, isOpen ? text : short);
      part.classList.toggle("wb-open", isOpen);
      fold.setAttribute("aria-expanded", String(isOpen));
      fold.textContent = isOpen ? "show less" : unfold;
    };
    tell(text.length < MOST_UNASKED && this.quotes.some((quote) => text.includes(quote) && !short.includes(quote)));
    part.append(fold);
  }

  /** Put words into an element, those that the finding rests on marked. */
  put(element, text) {
    const places = this.quotes.map((quote) => [text.indexOf(quote), quote.length]).filter(([at]) => at >= 0);
    element.textContent = "";
    let after = 0;
    for (const [at, length] of places.sort(([one], [other]) => one - other)) {
      if (at < after) continue;
      element.append(text.slice(after, at), make("mark", "wb-evidence", text.slice(at, at + length)));
      after = at + length;
    }
    element.append(text.slice(after));
  }

  go(at) {
    if (!this.items[at]) return;
    this.items[this.at]?.classList.remove("wb-here");
    this.items[this.at]?.removeAttribute("aria-current");
    this.at = at;
    const here = this.items[at];
    here.classList.add("wb-here");
    here.setAttribute("aria-current", "step");
    const above = here === this.pinned ? 0 : this.pinned?.offsetHeight ?? 0;
    this.list.scrollTop = here === this.pinned ? 0 : here.offsetTop - above - 8; // the list is what its steps are placed by
  }

  open(at) {
    this.items[at]?.querySelectorAll(".wb-fold").forEach((fold) => fold.click());
  }
}
