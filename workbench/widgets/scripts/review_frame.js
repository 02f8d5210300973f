// The elements of the review on one screen: how far one is, the transcript with its side, what is written, and the labels.

const MARKS = { confirmed: "✓", rejected: "✗", uncertain: "?", edited: "✎", split: "÷", merge: "=" }; // a label is never its colour alone
const VERBS = { edited: "edit", split: "split", merge: "merge" }; // what a label does to a cause, where its words are long
const STEPS_OF_REVIEW = { failed: "w", found: "w", next: "j", previous: "k", unfold: "x" };

/** Build the review's elements into its root. */
function buildReview(view) {
  view.root = make("section", "wb wb-review");
  view.root.tabIndex = 0;
  view.root.setAttribute("aria-label", "Review. Press ? for keys.");
  view.transcript = new Transcript({ keys: STEPS_OF_REVIEW, isTold: false, isPinned: true });
  view.side = make("aside", "wb-side-of-review");
  view.side.tabIndex = 0;
  view.side.setAttribute("aria-label", "What is known of it");
  view.switch = make("div", "wb-review-switch");
  view.switch.hidden = true;
  const main = make("div", "wb-review-main");
  main.append(view.switch, view.transcript.root);
  const body = make("div", "wb-review-body");
  body.append(main, view.side);
  view.done = make("div", "wb-review-done");
  view.done.hidden = true;
  view.picker = new Picker();
  view.help = make("div", "wb-review-over");
  view.help.hidden = true;
  view.body = body;
  const above = make("div", "wb-review-above");
  above.append(view.picker.root, view.help);
  view.told = make("p", "wb-told");
  view.told.hidden = true;
  view.root.append(headOf(view), lostOf(view), body, view.done, above, view.told, view.writing.root, footOf(view));
}

function headOf(view) {
  const head = make("div", "wb-review-head");
  view.bar = make("div", "wb-bar");
  view.bar.setAttribute("role", "progressbar");
  view.bar.setAttribute("aria-label", "Items labelled");
  view.filled = make("div", "wb-bar-filled");
  view.bar.append(view.filled);
  view.count = make("span", "wb-number");
  view.more = make("span", "wb-quiet");
  view.keysOn = make("span", "wb-keys-on");
  view.saved = make("span", "wb-saved");
  view.status = make("span", "wb-spoken");
  view.status.setAttribute("role", "status");
  view.status.setAttribute("aria-live", "polite");
  head.append(view.bar, view.count, view.more, make("span", "wb-fill"), view.keysOn, view.saved, view.status);
  return head;
}

/** The loud part: what was said and is not saved. */
function lostOf(view) {
  view.lost = make("div", "wb-lost");
  view.lost.setAttribute("role", "alert");
  view.lost.hidden = true;
  view.lostWords = make("span", "wb-said");
  view.lost.append(
    make("strong", "", "⚠ NOT SAVED"),
    view.lostWords,
    button("Try again (Enter)", "Say it once more", () => view.saving.retry()),
    button("Give up (Esc)", "Label this item anew; what you wrote stays", () => view.forget()),
  );
  return view.lost;
}

function footOf(view) {
  const foot = make("div", "wb-review-foot");
  view.verdicts = make("div", "wb-verdicts");
  view.verdicts.setAttribute("role", "group");
  view.verdicts.setAttribute("aria-label", "Verdict");
  view.tools = make("div", "wb-review-tools");
  foot.append(view.verdicts, view.tools);
  return foot;
}

/** Fill in the buttons for labels and for all else, with the keys as they are mapped. */
function fillFoot(view) {
  const { keymap, labels, item } = view;
  view.verdicts.replaceChildren(
    ...labels.map((label, at) => {
      const made = button("", label.words, () => view.label(at), `wb-verdict wb-label-${MARKS[label.label] ? label.label : "other"}`);
      made.setAttribute("aria-keyshortcuts", (keymap[label.label] ?? []).join(" "));
      made.setAttribute("aria-pressed", String(item.own?.label === label.label));
      const name = make("span", "wb-verdict-name", VERBS[label.label] ?? label.words);
      made.append(keyCaps(keymap[label.label]), make("span", "wb-verdict-mark", MARKS[label.label] ?? "•"), name);
      return made;
    }),
  );
  const tool = (action, words, title) => {
    const made = button("", title, () => view.does[action](), "wb-button wb-tool");
    made.dataset.does = action;
    made.append(keyCaps(keymap[action].slice(0, 1)), make("span", "", words));
    return made;
  };
  view.flagButton = tool("flag", "flag", "Flag for others to look at");
  view.flagButton.setAttribute("aria-pressed", String(Boolean(item.is_flagged)));
  view.tools.replaceChildren(
    tool("undo", "undo", "Take the last verdict back"),
    tool("skip", "skip", "It comes back at the end"),
    ...(item.kind === "trace" ? [tool("elsewhere", "elsewhere", "Not this problem: say of which other one it is")] : []),
    view.flagButton,
    tool("bulk", "the rest", "Label the rest of the cluster at once"),
    tool("search", "search", "Search your items"),
    tool("next_unsure", "unsure", "Go to the next that you were not sure of"),
    tool("back", "", "The item before"),
    tool("forward", "", "The item after"),
    tool("help", "keys", "What the keys do"),
  );
}
