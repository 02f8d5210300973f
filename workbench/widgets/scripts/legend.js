// The groups of the map beside it: each can be hidden and selected, and has its shape, its number and its count.

/**
 * Return the legend's element and `show(hidden, selectedCounts)`, which brings it up to date.
 * `on` has what happens: hide(group, isHidden), select(group, isMore), point(group or -1).
 */
function legendOf(groups, on) {
  const list = make("ul", "wb-legend");
  list.setAttribute("aria-label", "Clusters");
  const rows = groups.map((group, at) => {
    const row = make("li");
    const shown = make("input");
    shown.type = "checkbox";
    shown.title = `Show or hide ${group.name}`;
    shown.setAttribute("aria-label", shown.title);
    shown.addEventListener("change", () => on.hide(at, !shown.checked));
    const pick = button("", "Select its findings (with Ctrl: add them)", (event) => {
      on.select(at, event.ctrlKey || event.metaKey);
    }, "wb-pick");
    const number = make("span", "wb-number", at ? String(group.rank) : "");
    const selected = make("span", "wb-selected");
    pick.append(glyph(group), number, make("span", "wb-name", group.name), selected, make("span", "wb-count", group.n.toLocaleString("en")));
    row.append(shown, pick);
    row.addEventListener("pointerenter", () => on.point(at));
    row.addEventListener("pointerleave", () => on.point(-1));
    list.append(row);
    return { row, shown, pick, selected };
  });
  // Clusters in their order, and what is in none last.
  if (rows.length) list.append(rows[0].row);
  const show = (hidden, counts) => {
    rows.forEach(({ row, shown, pick, selected }, at) => {
      shown.checked = !hidden.has(at);
      row.classList.toggle("wb-off", hidden.has(at));
      pick.setAttribute("aria-pressed", String(counts[at] > 0));
      selected.textContent = counts[at] ? `${counts[at].toLocaleString("en")} /` : "";
    });
  };
  return { list, show };
}
