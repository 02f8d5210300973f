// One trace as a person reads it: who said what, what was asked of tools, what came back, and where it first failed.
// All words are set as text. Long ones are folded and open whole.

const FOLD_LETTERS = 700; // what a reader takes in of a step before she decides to read all of it
const FOLD_LINES = 12;
const ROLES = {
  user: "user",
  assistant: "assistant",
  system: "system",
  tool: "tool",
  retriever: "retriever",
  step: "step",
};

class TranscriptView {
  constructor(model, host) {
    this.model = model;
    this.root = make("section", "wb wb-transcript");
    this.root.tabIndex = 0;
    this.root.setAttribute("aria-label", "Transcript");
    this.root.setAttribute("aria-keyshortcuts", "j k e f o");
    host.append(this.root);
    this.at = -1;
    const changed = () => this.show();
    model.on("change:trace", changed);
    this.ends = [listenToKeys(this.root, this.answers()), () => model.off("change:trace", changed)];
    this.show();
    this.root.dataset.ready = "1";
  }

  answers() {
    return {
      j: () => this.go(this.at + 1),
      k: () => this.go(this.at - 1),
      e: () => this.go(this.failed),
      f: () => this.go(this.found),
      o: () => this.open(this.at),
      Enter: () => this.open(this.at),
    };
  }

  show() {
    const trace = this.model.get("trace");
    const steps = trace.steps ?? [];
    this.failed = steps.findIndex((step) => step.is_first_failure);
    this.found = steps.findIndex((step) => step.is_found);
    const head = make("div", "wb-head");
    head.setAttribute("role", "status");
    head.setAttribute("aria-live", "polite");
    head.append(make("strong", "", trace.title ?? "No trace is open"), make("span", "wb-quiet", (trace.facts ?? []).join(" · ")));
    const tools = make("div", "wb-tools");
    if (this.failed >= 0) tools.append(button("To the first failure", "Go to the first step that failed (e)", () => this.go(this.failed)));
    if (this.found >= 0) tools.append(button("To the finding", "Go to the step that the finding is about (f)", () => this.go(this.found)));
    if (steps.length > 1) tools.append(button("Next step", "Go to the next step (j), or back (k)", () => this.go(this.at + 1)));
    this.list = make("ol", "wb-steps");
    this.items = steps.map((step) => this.item(step));
    this.list.append(...this.items);
    const note = make("p", "wb-quiet", trace.note ?? "");
    note.hidden = !trace.note;
    this.root.replaceChildren(head, tools, this.list, note);
    this.at = -1;
    this.root.dataset.steps = String(steps.length);
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
    for (const part of step.parts ?? []) item.append(this.part(part));
    return item;
  }

  part({ label, text }) {
    const part = make("div", "wb-part");
    if (label) part.append(make("span", "wb-label", label));
    const words = make("div", "wb-words");
    const lines = text.split("\n");
    const isLong = text.length > FOLD_LETTERS || lines.length > FOLD_LINES;
    const short = isLong ? `${lines.slice(0, FOLD_LINES).join("\n").slice(0, FOLD_LETTERS)}…` : text;
    words.textContent = short;
    part.append(words);
    if (isLong) {
      const fold = button("", "Show all of it or its beginning (o)", () => {
        const isOpen = fold.getAttribute("aria-expanded") === "true";
        words.textContent = isOpen ? short : text;
        tell(!isOpen);
      }, "wb-button wb-fold");
      const tell = (isOpen) => {
        fold.setAttribute("aria-expanded", String(isOpen));
        fold.textContent = isOpen ? "show less" : `show all ${counted(text.length, "character")}`;
      };
      tell(false);
      part.append(fold);
    }
    return part;
  }

  go(at) {
    if (!this.items[at]) return;
    this.items[this.at]?.classList.remove("wb-here");
    this.items[this.at]?.removeAttribute("aria-current");
    this.at = at;
    const here = this.items[at];
    here.classList.add("wb-here");
    here.setAttribute("aria-current", "step");
    this.list.scrollTop = here.offsetTop - 8; // the list is what its steps are placed by
  }

  open(at) {
    this.items[at]?.querySelectorAll(".wb-fold").forEach((fold) => fold.click());
  }

  end() {
    this.ends.forEach((end) => end());
  }
}

export default {
  render({ model, el }) {
    const view = new TranscriptView(model, el);
    return () => view.end();
  },
};
