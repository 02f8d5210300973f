// The parts of the editor and how they are drawn; every word is set as text.

/** What each key does, in words. */
const WHAT = {
  edit: "edit the file",
  next_file: "next file",
  previous_file: "file before",
  title: "title",
  why: "why it should help",
  begin: "begin",
  commit: "commit",
  undo: "take the edits of this file back",
};

/** Build the editor's elements once. */
function buildEditor(view) {
  const root = make("section", "wb wb-editor");
  root.tabIndex = 0;
  root.setAttribute("aria-label", "Editor of a change");
  view.root = root;
  view.head = make("header", "wb-head");
  view.keysOn = make("span", "wb-keys-on");
  view.title = field("input", "Title: what it does, in one line", view);
  view.why = field("textarea", "Why it should help", view);
  view.why.rows = 2;
  view.files = make("ol", "wb-files");
  view.files.setAttribute("aria-label", "Files of the app");
  view.text = make("textarea", "wb-text");
  view.text.spellcheck = false;
  view.name = make("span", "wb-file-name");
  view.diff = make("div", "wb-diff");
  view.diff.tabIndex = 0;
  view.diff.setAttribute("aria-label", "What differs");
  view.problems = make("ul", "wb-problems");
  view.problems.setAttribute("aria-live", "polite");
  view.told = make("p", "wb-told");
  view.told.setAttribute("role", "status");
  view.buttons = {
    begin: keyed("Begin", "b", "Sign title and why, and begin the change", () => view.send("begin")),
    commit: keyed("Commit", "c", "Commit the edits on a branch of the change's own", () => view.send("commit")),
    undo: keyed("Undo", "z", "Take the edits of this file back", () => view.send("undo")),
  };
  const words = make("div", "wb-words-of");
  words.append(labelled("Title", "t", view.title), labelled("Why", "w", view.why));
  const left = make("div", "wb-pane");
  const over = make("div", "wb-over");
  over.append(view.name, make("span", "wb-fill"), view.buttons.undo);
  left.append(over, view.text, view.problems);
  const right = make("div", "wb-pane");
  right.append(make("div", "wb-over", "What differs"), view.diff);
  const panes = make("div", "wb-panes");
  panes.append(view.files, left, right);
  const foot = make("footer", "wb-foot");
  foot.append(view.buttons.begin, view.buttons.commit, view.told, make("span", "wb-fill"), view.keysOn);
  view.help = make("p", "wb-quiet wb-help");
  root.append(view.head, words, panes, foot, view.help);
}

function field(tag, hint, view) {
  const made = make(tag, "wb-field");
  made.placeholder = hint;
  made.setAttribute("aria-label", hint);
  made.addEventListener("input", () => view.later(() => view.send("write")));
  return made;
}

function labelled(words, key, inner) {
  const made = make("label", "wb-labelled");
  const name = make("span", "wb-label", `${words} `);
  name.append(make("kbd", "", key));
  made.append(name, inner);
  return made;
}

function keyed(words, key, title, onClick) {
  const made = button(`${words} `, title, onClick);
  made.append(make("kbd", "", key));
  made.setAttribute("aria-keyshortcuts", key);
  return made;
}

/** Draw what the change is, and its files. */
function drawAbout(view) {
  const { issue, author, change_id, state, files, keys } = view.about;
  const name = make("strong", "", change_id ? `Change ${change_id}` : "New change");
  const about = make("span", "wb-said", issue.title);
  view.head.replaceChildren(name, make("span", "wb-badge", state), make("span", "wb-quiet", `for ${issue.id}`), about,
    make("span", "wb-fill"), make("span", "wb-quiet", `signed by ${author}`));
  view.files.replaceChildren(...files.map((file, at) => {
    const row = make("li");
    const pick = button("", file.path, () => view.open(at), "wb-pick");
    const [folder, name] = [file.path.slice(0, file.path.lastIndexOf("/") + 1), file.path.slice(file.path.lastIndexOf("/") + 1)];
    const about = [folder, file.kind, file.is_edited ? "edited" : ""].filter(Boolean).join(" · ");
    pick.append(make("span", "wb-name", name), make("span", "wb-quiet", about));
    pick.setAttribute("aria-current", String(file.path === view.file.path));
    row.classList.toggle("wb-edited", file.is_edited);
    row.append(pick);
    return row;
  }));
  view.help.textContent = Object.entries(keys).map(([does, [key]]) => `${key} ${WHAT[does]}`).join(" · ");
  const isDone = !["new", "draft"].includes(state);
  for (const one of [view.title, view.why]) one.readOnly = state !== "new";
  view.text.readOnly = isDone || Boolean(view.current?.why_not);
  view.buttons.begin.hidden = state !== "new";
  view.buttons.commit.disabled = isDone || !files.some((file) => file.is_edited) || view.looked.problems.length > 0;
  view.buttons.undo.disabled = isDone || !view.current?.is_edited;
  const why = view.current?.why_not;
  view.name.replaceChildren(...breakable(view.file.path), why ? `: ${why}, use your own editor` : "");
}

/** Draw what differs and what is wrong. */
function drawLooked(view) {
  const { diffs, problems } = view.looked;
  view.problems.replaceChildren(...problems.map((problem) => make("li", "", problem)));
  if (!diffs.length) return view.diff.replaceChildren(make("p", "wb-quiet", "Nothing differs yet."));
  const isOpen = ({ path }) => path === view.file.path;
  view.diff.replaceChildren(...[...diffs.filter(isOpen), ...diffs.filter((one) => !isOpen(one))].map(drawFile));
}

/** A path in pieces, so that a line ends after a slash rather than within a name. */
function breakable(path) {
  return path.split(/(?<=\/)/).flatMap((part, at) => (at ? [make("wbr"), part] : [part]));
}

function drawFile({ path, kind, note, differences, pieces }) {
  const made = make("section", "wb-file-diff");
  const head = make("div", "wb-over");
  const name = make("span", "wb-file-name");
  name.append(...breakable(path));
  head.append(name, make("span", "wb-badge", kind));
  made.append(head);
  if (note) made.append(make("p", "wb-quiet", note));
  if (differences.length) {
    const list = make("ul");
    list.append(...differences.map((words) => make("li", "", words)));
    made.append(list);
  }
  const text = make("div", "wb-diff-text");
  for (const [op, words] of pieces) {
    const piece = make({ added: "ins", removed: "del", same: "span" }[op]);
    if (op !== "same") piece.append(make("span", "wb-spoken", `[${op}: `));
    piece.append(document.createTextNode(words));
    if (op !== "same") piece.append(make("span", "wb-spoken", "]"));
    text.append(piece);
  }
  made.append(text);
  return made;
}
