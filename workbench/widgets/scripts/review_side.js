// What is known of the item beside its transcript: what is asked, its problem with the proposed causes, and what is like it.

const ASKED_OF = {
  trace: "Is anything wrong in this trace?",
  cause: "Is this why?",
  issue: "Is this one problem, and does it deserve a change?",
};

/** Return the parts of the side for an item; `open(of, at)` opens another trace, `opened` is the one that is open. */
function sideOf(item, { ground, opened, open, issues }) {
  const others = (of, title) => tracesOf(item[of] ?? [], { title, at: opened.of === of ? opened.at : -1, open: (at) => open(of, at) });
  return [
    questionOf(item, issues),
    item.kind === "cause" ? causesOf(item.causes.filter((cause) => cause.is_asked), "") : null,
    othersOf(item.others ?? []),
    clusterOf(item),
    placePart(item, ground),
    others("neighbours", "Like it, nearest first (l opens one after the other)"),
    causesOf((item.causes ?? []).filter((cause) => !cause.is_asked), item.kind === "cause" ? "Its other causes" : "Why? Proposed causes, best first"),
  ].filter((part) => part);
}

function section(title, ...parts) {
  const made = make("section", "wb-review-part");
  if (title) made.append(make("h4", "wb-review-title", title));
  made.append(...parts.filter((part) => part));
  return made;
}

function questionOf(item, issues) {
  const made = section("", make("div", "wb-review-question", item.kind === "trace" && item.finding ? item.finding.question : ASKED_OF[item.kind]));
  made.classList.add("wb-review-asked");
  if (item.kind === "trace" && item.finding) made.append(make("blockquote", "wb-review-found wb-said", item.finding.text));
  const elsewhere = item.kind === "trace" && issues.find(({ id }) => id === item.own?.same_as);
  if (elsewhere) made.append(make("div", "wb-quiet", "You said that it is of another problem:"), make("div", "wb-said", elsewhere.title));
  if (item.n_alike > 1) made.append(make("div", "wb-quiet", `It stands for ${counted(item.n_alike, "trace")} that say the same.`));
  return made;
}

function clusterOf({ cluster }) {
  if (!cluster) return null;
  const name = make("div", "wb-said wb-review-name");
  name.append(make("span", "wb-number", `${cluster.rank}  `), make("span", "", cluster.name));
  return section("The problem", name, facts(cluster.facts ?? []));
}

function causesOf(causes, title) {
  if (!causes.length) return null;
  const list = make("ol", "wb-review-causes");
  list.append(...causes.map(causeOf));
  return section(title, list);
}

/** What others said: shown to who decides between them, or has said all of their own. */
function othersOf(others) {
  if (!others.length) return null;
  const lines = others.map((other) => {
    const line = make("div", "wb-said");
    line.append(make("strong", "", other.annotator), make("span", "wb-badge", other.label));
    line.append(make("span", "", [other.code, other.explanation].filter((words) => words).join(": ")));
    return line;
  });
  return section("What others said", ...lines);
}

function placePart(item, ground) {
  const picture = placeOf(ground, item.here, item.cluster ? `Its place on the map, in problem ${item.cluster.rank}` : "Its place on the map");
  return picture && section("Where it lies", picture);
}

/** Return traces that can be opened in the item's stead, as buttons. */
function tracesOf(traces, { title, at, open }) {
  if (!traces.length) return null;
  const list = make("div", "wb-review-others");
  traces.forEach((trace, place) => {
    const row = button("", "Read this trace instead", () => open(place), "wb-review-other");
    row.setAttribute("aria-pressed", String(place === at));
    row.append(make("span", "wb-quiet", trace.title), make("span", "wb-said", trace.text));
    list.append(row);
  });
  return section(title, list);
}
