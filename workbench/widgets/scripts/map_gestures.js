// What a mouse, a pen or a finger does on the map: it moves, zooms, draws a line around points, and opens one.

const CLICK = 4; // pixels that a click may slip
const REACH = 9; // pixels around the mouse in which a point is meant
const HINT_MS = 1_500;

/** Let the canvas of a map answer to a mouse. Returns the ends. */
function listenToMouse(view) {
  const canvas = view.above;
  let held = null; // where the button went down, and where the mouse was last
  let hintEnds = 0;

  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const pointAt = (x, y) => {
    const [left, top] = view.camera.toPlace(x, y);
    return view.places.nearest(left, top, REACH / view.camera.scale, (at) => view.isShown(at));
  };

  const press = (event) => {
    if (event.button !== 0) return;
    view.root.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    held = { from: placeOf(event), last: placeOf(event), isMoved: false };
    view.line = event.shiftKey || view.tool === "lasso" ? [placeOf(event)] : null;
    view.hover(-1);
    event.preventDefault();
  };

  const move = (event) => {
    const [x, y] = placeOf(event);
    if (!held) return view.hover(pointAt(x, y), x, y);
    const { from, last } = held;
    held.isMoved ||= Math.hypot(x - from[0], y - from[1]) > CLICK;
    held.last = [x, y];
    if (view.line) {
      view.line.push([x, y]);
      return view.schedule("marks");
    }
    view.camera.move(x - last[0], y - last[1]);
    return view.draw();
  };

  const letGo = () => {
    [held, view.line] = [null, null];
    view.schedule("marks");
  };

  const release = (event) => {
    const [before, line] = [held, view.line];
    letGo();
    if (!before) return;
    const isMore = event.ctrlKey || event.metaKey;
    if (!before.isMoved) return click(...placeOf(event), isMore);
    if (!line) return;
    const around = line.map(([x, y]) => view.camera.toPlace(x, y));
    view.select(view.places.within(around, (at) => view.isShown(at)), isMore);
  };

  const click = (x, y, isMore) => {
    const isIn = (one) => x >= one.x && x <= one.x + one.width && y >= one.y && y <= one.y + one.height;
    const label = view.labels.find(isIn);
    if (label) return view.selectGroup(label.at, isMore);
    const at = pointAt(x, y);
    if (at >= 0) view.set("opened", at);
  };

  const wheel = (event) => {
    // A page that is scrolled past the map scrolls on; a map that is being used is zoomed.
    if (!view.root.contains(document.activeElement) && !event.ctrlKey && !event.metaKey) {
      view.hint.hidden = false;
      clearTimeout(hintEnds);
      hintEnds = setTimeout(() => (view.hint.hidden = true), HINT_MS);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const lines = event.deltaMode === 1 ? 16 : 1;
    view.zoom(Math.exp(-event.deltaY * lines * 0.0016), ...placeOf(event));
  };

  const heard = { pointerdown: press, pointermove: move, pointerup: release, pointercancel: letGo, pointerleave: () => view.hover(-1) };
  for (const [name, does] of Object.entries(heard)) canvas.addEventListener(name, does);
  canvas.addEventListener("wheel", wheel, { passive: false });
  return () => {
    for (const [name, does] of Object.entries(heard)) canvas.removeEventListener(name, does);
    canvas.removeEventListener("wheel", wheel);
    clearTimeout(hintEnds);
  };
}
