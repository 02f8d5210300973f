// What the keys do, as they are mapped now.

const KEY_WORDS = { " ": "space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Backspace: "⌫" };
const DOES = [
  ["undo", "take the last verdict back; again: the one before"],
  ["skip", "skip: it comes back at the end"],
  ["flag", "flag for others to look at"],
  ["note", "write a note; Esc leaves it, Ctrl+Enter saves"],
  ["code", "name the problem in your own words; Enter takes it"],
  ["category", "choose the category (of an issue)"],
  ["severity", "choose how bad it is (of an issue)"],
  ["elsewhere", "not this problem: say of which other one it is (of a trace)"],
  ["bulk", "label the rest of the cluster at once"],
  ["search", "search your items"],
  ["next_unsure", "go to the next that you were not sure of"],
  ["back", "go to the item before"],
  ["forward", "go to the item after"],
  ["next_step", "next step of the trace"],
  ["previous_step", "step before"],
  ["to_finding", "to what was found, and to the first failure"],
  ["unfold", "unfold the step"],
  ["next_example", "next example of a cause or an issue"],
  ["previous_example", "example before"],
  ["neighbour", "read the nearest traces of the cluster; Esc returns"],
  ["help", "these keys"],
];

/** Return how keys are written. */
function keysOf(keys = []) {
  return keys.map((key) => KEY_WORDS[key] ?? key);
}

/** Return the keys as elements, in front of or behind what they do. */
function keyCaps(keys) {
  const caps = make("span", "wb-keys");
  caps.append(...keysOf(keys).map((key) => make("kbd", "wb-key", key)));
  return caps;
}

/** Return the list of all keys: first the labels of the item's kind, then all else. */
function helpOf(keymap, labels) {
  const list = make("div", "wb-help wb-review-keys");
  for (const label of labels) list.append(keyCaps(keymap[label.label]), make("span", "", label.words));
  for (const [action, does] of DOES) list.append(keyCaps(keymap[action]), make("span", "", does));
  list.append(make("span", "wb-quiet", "Other keys:"), make("code", "", 'view.keymap = {"confirmed": ["y"]}'));
  return list;
}
