// What is known of one problem, beside the map: its size, its course by day, and the causes proposed for it.

const [COURSE_WIDTH, COURSE_HEIGHT] = [420, 64];

/** Return the traces with a problem by day as bars, and as a line how many its share of all traffic would be. */
function course(days, colour) {
  const picture = drawn("svg", {
    viewBox: `0 0 ${COURSE_WIDTH} ${COURSE_HEIGHT}`,
    class: "wb-course",
    role: "img",
    "aria-label": days.words,
    preserveAspectRatio: "none",
  });
  const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);
  const share = sum(days.found) / Math.max(1, sum(days.traces));
  const most = Math.max(1, ...days.found, ...days.traces.map((n) => n * share));
  const wide = COURSE_WIDTH / Math.max(1, days.found.length);
  const high = COURSE_HEIGHT - 4;
  const line = days.traces.map((n, at) => `${at ? "L" : "M"}${(at + 0.5) * wide} ${2 + high - (high * n * share) / most}`).join("");
  picture.append(drawn("path", { d: line, class: "wb-traffic", fill: "none" }));
  days.found.forEach((n, at) => {
    if (!n) return;
    const tall = Math.max(2, (high * n) / most);
    const bar = drawn("rect", { x: at * wide + 0.5, y: 2 + high - tall, width: Math.max(1, wide - 1), height: tall, fill: colour });
    const said = drawn("title", {});
    said.textContent = `${days.names[at]}: ${counted(n, "trace")} of ${days.traces[at].toLocaleString("en")}`;
    bar.append(said);
    picture.append(bar);
  });
  return picture;
}

class PanelView {
  constructor(model, host) {
    this.model = model;
    this.root = make("section", "wb wb-panel");
    this.root.tabIndex = 0;
    this.root.setAttribute("aria-label", "The problem");
    host.append(this.root);
    const changed = () => this.show();
    model.on("change:problem", changed);
    this.ends = [listenToKeys(this.root, {}), () => model.off("change:problem", changed)];
    this.show();
    this.root.dataset.ready = "1";
  }

  show() {
    const problem = this.model.get("problem");
    if (!problem.name) return this.root.replaceChildren(make("p", "wb-quiet", "No cluster is selected."));
    const head = make("div", "wb-head");
    head.append(glyph(problem), make("strong", "", `${problem.rank}  `), make("span", "wb-said", problem.name));
    const size = make("div", "wb-half");
    size.append(facts(problem.facts));
    if (problem.days) size.append(make("div", "wb-label", problem.days.title), course(problem.days, problem.colour));
    const why = make("div", "wb-half");
    why.append(make("div", "wb-label", "Why? Proposed causes, best first"));
    const causes = make("ol", "wb-causes");
    causes.append(...problem.causes.map(causeOf));
    why.append(problem.causes.length ? causes : make("p", "wb-quiet", problem.without));
    const body = make("div", "wb-halves");
    body.append(size, why);
    this.root.replaceChildren(head, body);
  }

  end() {
    this.ends.forEach((end) => end());
  }
}

export default {
  render({ model, el }) {
    const view = new PanelView(model, el);
    return () => view.end();
  },
};
