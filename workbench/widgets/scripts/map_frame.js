// The elements of the map: its tools, the stage with two canvases, the legend's side, its status, and what the keys do.

const HELP = [
  ["drag", "move"],
  ["scroll", "zoom, once the map was clicked; with Ctrl always"],
  ["Shift + drag", "select what is within the line; with Ctrl too, add it"],
  ["click", "open a finding, or select the cluster of a number"],
  ["arrows, + − 0", "move, zoom, see all"],
  ["] [", "step through the clusters"],
  ["Enter", "select the cluster that you stepped to"],
  ["v", "select what is in view"],
  ["x", "show or hide the cluster that you stepped to"],
  ["Esc", "clear the selection"],
];

/** Build the map's elements into its root. */
function buildMap(view) {
  view.stage = make("div", "wb-stage");
  view.below = make("canvas", "wb-points");
  view.above = make("canvas", "wb-marks");
  for (const canvas of [view.below, view.above]) canvas.setAttribute("aria-hidden", "true");
  view.tip = make("div", "wb-tip");
  view.tip.hidden = true;
  view.hint = make("div", "wb-hint", "Click the map, then scroll to zoom; or scroll with Ctrl.");
  view.hint.hidden = true;
  view.stage.append(view.below, view.above, view.tip, view.hint);
  view.side = make("div", "wb-side");
  view.status = make("div", "wb-status");
  view.status.setAttribute("role", "status");
  view.status.setAttribute("aria-live", "polite");
  view.help = make("div", "wb-help");
  view.help.hidden = true;
  for (const [keys, does] of HELP) view.help.append(make("strong", "", keys), make("span", "", does));
  const body = make("div", "wb-body");
  body.append(view.stage, view.side);
  view.root.append(toolsOf(view), body, view.status, view.help);
  view.raster = new Raster(view.below);
  view.marks = view.above.getContext("2d");
}

function toolsOf(view) {
  const bar = make("div", "wb-tools");
  view.lasso = button("Lasso", "Draw around findings to select them (or Shift and drag)", () => view.useTool());
  view.lasso.setAttribute("aria-pressed", "false");
  bar.append(
    view.lasso,
    button("+", "Zoom in (+)", () => view.zoom(1.5)),
    button("−", "Zoom out (-)", () => view.zoom(1 / 1.5)),
    button("See all", "Show all points (0)", () => view.fit()),
    button("Clear", "Clear the selection (Esc)", () => view.select(new Uint32Array())),
    button("Keys", "What the keys and the mouse do (?)", () => view.toggleHelp()),
  );
  return bar;
}
