// What every view shares: elements whose words are text, keys that stay in the view, and colours of the page's theme.
// Nothing here or in the other scripts makes markup of words, and nothing is fetched.

const SVG = "http://www.w3.org/2000/svg";

/** Return a new element; its words are text, whatever they say. */
function make(tag, name = "", words = null) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (words !== null) made.textContent = words;
  return made;
}

/** Return a button of the view's own. */
function button(words, title, onClick, name = "wb-button") {
  const made = make("button", name, words);
  made.type = "button";
  made.title = title;
  made.addEventListener("click", onClick);
  return made;
}

/** Return a drawn element with its attributes. */
function drawn(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Return a number with its thousands separated. */
function counted(n, one, many = `${one}s`) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/**
 * Let a view answer to keys, and keep them from the notebook, where single letters delete and insert cells.
 * `answers` maps a key to a function; one that returns false leaves the key to the browser. Returns its end.
 */
function listenToKeys(root, answers) {
  const typed = "input, textarea, select, [contenteditable]";
  const onKey = (event) => {
    if (event.key === "Tab" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    if (event.target.closest(typed)) return;
    const onButton = event.target.closest("button, summary, label") && (event.key === "Enter" || event.key === " ");
    const answer = onButton ? null : answers[event.key];
    if (answer && answer(event) !== false) event.preventDefault();
  };
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", onKey);
  return () => root.removeEventListener("keydown", onKey);
}

/** Call `onChange` whenever the page turns light or dark. Returns its end. */
function watchTheme(onChange) {
  const seen = new MutationObserver(onChange);
  const watched = ["class", "data-jp-theme-light", "data-jp-theme-name", "style"];
  seen.observe(document.body, { attributes: true, attributeFilter: watched });
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", onChange);
  return () => {
    seen.disconnect();
    system.removeEventListener("change", onChange);
  };
}

/** Return red, green and blue of a CSS colour as the browser computed it; `otherwise` where it is see-through. */
function channels(computed, otherwise) {
  const numbers = (computed.match(/[\d.]+/g) ?? []).map(Number);
  return numbers.length < 3 || numbers[3] === 0 ? otherwise : numbers.slice(0, 3);
}

/** Return the typed array over the bytes of a trait. */
function typed(Type, view) {
  const bytes = view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array();
  return new Type(bytes.slice().buffer);
}
