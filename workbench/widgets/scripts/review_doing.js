// What a reviewer can do besides labelling, by the names of the keymap.

/** Return the actions of a review; each is told to the kernel with the digest of what is before the reviewer. */
function doingsOf(view) {
  const { saving, transcript, writing, picker } = view;
  const say = (kind, more = {}) => saving.say({ kind, seen: view.item.seen, ...more });
  const pick = (given) => picker.open({ leave: () => view.root.focus({ preventScroll: true }), ...given });
  const among = (name, title, values) => () => {
    if (view.item.kind !== "issue") return view.tell("Only an issue has this.");
    pick({
      title,
      hint: "A number or Enter takes, Esc leaves.",
      options: values().map((option, value) => ({ ...option, value })),
      take: ({ value }) => (writing.set(name, value), view.saveWordsOfOwn()),
    });
  };
  const example = (by) => () => {
    const n = view.item.examples?.length ?? 0;
    if (n > 1) view.open("examples", ((view.opened.of === "examples" ? view.opened.at : 0) + by + n) % n);
  };
  return {
    undo: () => say("undo"),
    skip: () => view.item.seen && say("skip"),
    flag: () => view.item.seen && say("flag", { is_flagged: !view.item.is_flagged }),
    next_unsure: () => say("next_unsure"),
    back: () => say("step", { by: -1 }),
    forward: () => say("step", { by: 1 }),
    note: () => writing.note.focus({ preventScroll: true }),
    code: () =>
      pick({
        title: "Code: the problem in your own words",
        hint: "Enter takes what stands in the field, arrows choose a known code, Esc leaves.",
        isFree: true,
        value: writing.values.code,
        options: view.about.codes.map((words) => ({ words, value: words })),
        take: ({ value }) => (writing.set("code", value), view.saveWordsOfOwn()),
      }),
    category: among("category", "Category", () => view.about.categories.map(({ name, about }) => ({ words: name, about }))),
    severity: among("severity", "Severity", () => view.about.severities.map((words) => ({ words }))),
    elsewhere: () => {
      const rejected = view.labels.findIndex(({ label }) => label === "rejected");
      if (view.item.kind !== "trace" || rejected < 0) return view.tell("Only a trace can be of another problem.");
      const isOther = ({ cluster_id }) => cluster_id !== view.item.cluster_id;
      const others = view.about.issues.flatMap((one, value) => (isOther(one) ? [{ words: one.title, value }] : []));
      if (!others.length) return view.tell("There is no other problem.");
      pick({
        title: "Not this problem, but which other one?",
        hint: "Type to narrow the list. Enter takes, Esc leaves.",
        options: others,
        take: ({ value }) => view.label(rejected, { same_as: value }),
      });
    },
    bulk: () => {
      if (!view.item.cluster) return view.tell("This item is in no cluster.");
      pick({
        title: `Label the rest of problem ${view.item.cluster.rank}, unread`,
        hint: "Allowed once you read at least ten of it at random and nine in ten were alike. Esc leaves.",
        options: (view.about.labels.trace ?? []).map(({ label, words }, value) => ({ words: label, about: words, value })),
        take: ({ value }) => say("bulk", { label: value, code: writing.values.code }),
      });
    },
    search: () =>
      pick({
        title: "Search your items",
        hint: "Words of the trace or of its problem. Enter goes there, Esc leaves.",
        search: (words) =>
          saving.ask({ kind: "find", words }, (answer) => {
            const found = (answer?.found ?? []).map(({ place, title, label }) => ({ words: title, about: `${place + 1} ${label}`, value: place }));
            if (picker.isOpen && picker.search) picker.offer(found);
          }),
        take: ({ value }) => say("go", { place: value }),
      }),
    next_step: () => transcript.go(transcript.at + 1),
    previous_step: () => transcript.go(transcript.at - 1),
    to_finding: () => {
      const { at, found, failed } = transcript;
      transcript.go(found >= 0 && at !== found ? found : failed >= 0 ? failed : found);
    },
    unfold: () => transcript.open(transcript.at),
    next_example: example(1),
    previous_example: example(-1),
    neighbour: () => {
      const next = view.opened.of === "neighbours" ? view.opened.at + 1 : 0;
      view.open("neighbours", next < (view.item.neighbours?.length ?? 0) ? next : -1);
    },
    help: () => view.toggleHelp(),
  };
}

/** Ask for what a label needs besides itself, then call `say` with it: the text of an edit or a split, the cause of a merge. */
function completed(view, label, say) {
  const causes = view.item.causes ?? [];
  const asked = causes.find((cause) => cause.is_asked);
  if (label === "merge") {
    return view.picker.open({
      title: "The same as which other cause?",
      hint: "A number or Enter takes, Esc leaves.",
      options: causes.flatMap((cause, value) => (cause.is_asked ? [] : [{ words: cause.statement, value }])),
      take: ({ value }) => say({ same_as: value }),
      leave: () => view.root.focus({ preventScroll: true }),
    });
  }
  if (label === "edited") return view.write({ title: "The cause as it should read", text: asked?.statement ?? "", least: 1, isOne: true }, say);
  if (label === "split") return view.write({ title: "Its parts, one a line", text: "", least: 2, isOne: false }, say);
  return say({});
}
