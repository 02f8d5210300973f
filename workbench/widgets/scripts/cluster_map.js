// The map of the findings: moved, zoomed, brushed and read, with a mouse or with keys alone.
// Python holds what is selected and what each point says; this draws, and reports what a person did.

const STEP = 60; // pixels that an arrow key moves
const ASK_AFTER = 70; // ms that the mouse rests before a point's text is asked for

class MapView {
  constructor(model, host) {
    this.model = model;
    this.root = make("div", "wb wb-map");
    this.root.tabIndex = 0;
    this.root.setAttribute("role", "application");
    this.root.setAttribute("aria-roledescription", "map");
    this.hidden = new Set();
    this.active = -1;
    this.hovered = -1;
    this.texts = new Map();
    this.line = null;
    this.tool = "move";
    this.dirty = { points: false, marks: false };
    buildMap(this);
    host.append(this.root);
    this.read();
    this.ends = this.listen();
    this.resized = new ResizeObserver(() => this.resize());
    this.resized.observe(this.stage);
    this.ends.push(() => this.resized.disconnect());
  }

  /** Read the points from the model; a new map starts as a whole. */
  read() {
    this.groups = this.model.get("groups");
    this.groupOf = typed(Uint16Array, this.model.get("group_of"));
    this.sizes = typed(Uint32Array, this.model.get("sizes"));
    this.sizeClass = Uint8Array.from(this.sizes, (n) => Math.min(24, Math.round(4 * Math.log2(Math.max(1, n)))));
    this.places = new Places(typed(Float32Array, this.model.get("xy")));
    this.total = this.groups.reduce((sum, group) => sum + group.n, 0);
    this.camera = new Camera(this.places.box);
    this.texts.clear();
    [this.hovered, this.active, this.asked] = [-1, -1, -1];
    this.stage.style.height = `${this.model.get("height")}px`;
    this.radius = this.places.n > 20_000 ? 1.6 : this.places.n > 4_000 ? 2.2 : 3.2;
    this.readHidden();
    this.legend = legendOf(this.groups, {
      hide: (at, isHidden) => this.hide(at, isHidden),
      select: (at, isMore) => this.selectGroup(at, isMore),
      point: (at) => this.activate(at, { isTold: false }),
    });
    this.side.replaceChildren(this.legend.list);
    this.readSelected();
    this.retheme();
    this.isFitted = false;
    this.resize();
  }

  readHidden() {
    this.hidden = new Set(this.model.get("hidden"));
  }

  readSelected() {
    this.isSelected = new Uint8Array(this.places.n);
    this.selected = typed(Uint32Array, this.model.get("selected")).filter((at) => at < this.places.n);
    for (const at of this.selected) this.isSelected[at] = 1;
    this.tell();
    this.draw();
  }

  retheme() {
    this.readTheme();
    this.draw();
  }

  readTheme() {
    const look = getComputedStyle(this.root);
    this.paper = pixelOf(channels(look.backgroundColor, [255, 255, 255]));
    this.colours = this.groups.map((group) => pixelOfHex(group.colour));
    this.theme = { ink: look.color, paper: look.backgroundColor, accent: look.getPropertyValue("--wb-accent") };
  }

  resize() {
    const [width, height] = [this.stage.clientWidth, this.stage.clientHeight];
    if (!width || !height) return;
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    for (const { style } of [this.below, this.above]) [style.width, style.height] = [`${width}px`, `${height}px`];
    this.raster.resize(Math.round(width * this.ratio), Math.round(height * this.ratio));
    [this.above.width, this.above.height] = [this.raster.width, this.raster.height];
    this.readTheme(); // only what is on the page has colours
    if (this.isFitted) this.camera.resize(width, height);
    else {
      [this.camera.width, this.camera.height] = [width, height];
      this.camera.fit();
      this.isFitted = true;
    }
    this.dirty.points = true;
    this.paint();
  }

  draw() {
    this.schedule("points");
  }

  schedule(what) {
    this.dirty[what] = true;
    if (this.frame || !this.isFitted) return;
    this.frame = requestAnimationFrame(() => this.paint());
  }

  /** Draw what changed: the points only where they did, the marks on them always. */
  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const started = performance.now();
    if (this.dirty.points) paintPoints(this);
    paintMarks(this);
    this.dirty = { points: false, marks: false };
    this.root.dataset.drawMs = (performance.now() - started).toFixed(1);
    this.root.dataset.ready = "1";
  }

  // What a person does.

  listen() {
    const hear = (name, does) => {
      this.model.on(name, does);
      return () => this.model.off(name, does);
    };
    return [
      listenToMouse(this),
      listenToKeys(this.root, this.answers()),
      watchTheme(() => this.retheme()),
      hear("change:xy", () => this.read()),
      hear("change:selected", () => this.readSelected()),
      hear("change:opened", () => this.schedule("marks")),
      hear("change:hidden", () => (this.readHidden(), this.tell(), this.draw())),
      hear("msg:custom", (message) => this.hear(message)),
    ];
  }

  answers() {
    const move = (dx, dy) => () => (this.camera.move(dx, dy), this.draw());
    return {
      ArrowLeft: move(STEP, 0),
      ArrowRight: move(-STEP, 0),
      ArrowUp: move(0, STEP),
      ArrowDown: move(0, -STEP),
      "+": () => this.zoom(1.5),
      "=": () => this.zoom(1.5),
      "-": () => this.zoom(1 / 1.5),
      0: () => this.fit(),
      "]": () => this.stepTo(1),
      "[": () => this.stepTo(-1),
      Enter: () => this.active >= 0 && this.selectGroup(this.active, false),
      v: () => this.select(this.places.within(this.camera.corners(), (at) => this.isShown(at))),
      x: () => this.active >= 0 && this.hide(this.active, !this.hidden.has(this.active)),
      Escape: () => (this.activate(-1), this.select(new Uint32Array())),
      "?": () => this.toggleHelp(),
    };
  }

  zoom(factor, x, y) {
    this.camera.zoom(factor, x, y);
    this.draw();
  }

  fit() {
    this.camera.fit();
    this.draw();
  }

  useTool() {
    this.tool = this.tool === "lasso" ? "move" : "lasso";
    this.lasso.setAttribute("aria-pressed", String(this.tool === "lasso"));
    this.above.style.cursor = this.tool === "lasso" ? "crosshair" : "";
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
  }

  isShown(at) {
    return !this.hidden.has(this.groupOf[at]);
  }

  // What is shown of a point.

  hover(at, x = 0, y = 0) {
    this.mouse = [x, y];
    if (at === this.hovered) return at >= 0 ? showTip(this) : undefined;
    this.hovered = at;
    clearTimeout(this.asking);
    this.tip.hidden = at < 0;
    if (at >= 0) {
      showTip(this);
      if (!this.texts.has(at)) this.asking = setTimeout(() => this.model.send({ kind: "read", point: at }), ASK_AFTER);
    }
    this.schedule("marks");
  }

  hear(message) {
    if (message.kind !== "text") return;
    if (this.texts.size > 2_000) this.texts.clear();
    this.texts.set(message.point, message);
    if (message.point === this.hovered) showTip(this);
  }

  // What is selected and hidden.

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  select(points, isMore = false) {
    const joined = isMore ? Uint32Array.from(new Set([...this.selected, ...points])) : points;
    this.set("selected", new DataView(joined.slice().sort().buffer));
    this.readSelected();
  }

  selectGroup(group, isMore) {
    const members = [];
    for (let at = 0; at < this.places.n; at += 1) if (this.groupOf[at] === group) members.push(at);
    if (this.hidden.has(group)) this.hide(group, false);
    this.select(Uint32Array.from(members), isMore);
  }

  hide(group, isHidden) {
    if (isHidden) this.hidden.add(group);
    else this.hidden.delete(group);
    this.set("hidden", [...this.hidden].sort((one, other) => one - other));
    this.tell();
    this.draw();
  }

  /** Point out a cluster: the others fade while it is. */
  activate(group, { isTold = true } = {}) {
    if (group === this.active) return;
    this.active = group;
    if (isTold && group >= 0) this.status.textContent = this.wordsOf(group);
    this.draw();
  }

  wordsOf(at) {
    const group = this.groups[at];
    const state = this.hidden.has(at) ? ", hidden" : "";
    return `Cluster ${group.rank} of ${this.groups.length - 1}: ${group.name}, ${counted(group.n, "finding")}${state}. Enter selects it.`;
  }

  stepTo(step) {
    const n = this.groups.length - 1;
    if (n < 1) return;
    const before = this.active < 1 ? (step > 0 ? 0 : 1) : this.active;
    const next = ((before - 1 + step + n) % n) + 1;
    const [x, y] = this.camera.toPixels(this.groups[next].x, this.groups[next].y);
    if (x < 0 || y < 0 || x > this.camera.width || y > this.camera.height) {
      this.camera.moveTo(this.groups[next].x, this.groups[next].y);
    }
    this.activate(next);
  }

  /** Say what is on the map and what is selected, to the eye and to a screen reader. */
  tell() {
    const counts = this.groups.map(() => 0);
    for (const at of this.selected) counts[this.groupOf[at]] += this.sizes[at];
    this.nSelected = counts;
    this.legend.show(this.hidden, counts);
    const nHidden = this.hidden.size ? `, ${counted(this.hidden.size, "cluster")} hidden` : "";
    const all = `${counted(this.total, "finding")} at ${counted(this.places.n, "place")} in ${counted(this.groups.length - 1, "cluster")}${nHidden}`;
    const chosen = counts.reduce((sum, n) => sum + n, 0);
    const within = counts.filter((n, at) => at && n).length;
    const words = this.selected.length ? `${counted(chosen, "finding")} selected, in ${counted(within, "cluster")} · ` : "";
    this.status.textContent = `${words}${all}`;
    this.root.setAttribute("aria-label", `Map of findings. ${words}${all}. Press ? for keys.`);
  }

  end() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.asking);
    this.ends.forEach((end) => end());
  }
}

export default {
  render({ model, el }) {
    const view = new MapView(model, el);
    return () => view.end();
  },
};
