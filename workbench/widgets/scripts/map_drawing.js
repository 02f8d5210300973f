// How the map is drawn: the points as pixels, and on them the labels, the line that is being drawn, and the words of a point.

const FADED = 56; // of 256: what is not selected, beside what is
const SOLID = 216;
/** Draw the points; where some are selected or pointed out, these on top and the others faded. */
function paintPoints(view) {
  const { places, camera, raster, groupOf, isSelected, ratio } = view;
  const grown = Math.min(2.4, Math.max(1, (camera.scale / (4 * camera.least)) ** 0.3));
  const stamps = stampsOf(view, view.radius * grown * ratio);
  const isPart = view.selected.length > 0 || view.active >= 0;
  const { x, y } = places;
  const margin = 20 * ratio;
  const [scale, shiftX, shiftY] = [camera.scale * ratio, camera.shiftX * ratio, camera.shiftY * ratio];
  const isOff = view.groups.map((_, at) => view.hidden.has(at));
  raster.clear(view.paper);
  for (let pass = isPart ? 0 : 1; pass < 2; pass += 1) {
    for (let at = 0; at < places.n; at += 1) {
      const group = groupOf[at];
      if (isOff[group]) continue;
      const isFull = !isPart || (view.active >= 0 ? group === view.active : isSelected[at] === 1);
      if (isFull !== (pass === 1)) continue;
      const column = Math.round(x[at] * scale + shiftX);
      const row = Math.round(shiftY - y[at] * scale);
      if (column < -margin || row < -margin || column > raster.width + margin || row > raster.height + margin) continue;
      raster.put(stamps(group, at), column, row, view.colours[group], isFull ? (group ? SOLID : 150) : FADED);
    }
  }
  raster.show();
}

/** Return a function from a point to its stamp: its group's shape, larger the more findings lie there. */
function stampsOf(view, radius) {
  const made = view.groups.map(() => []);
  return (group, at) => {
    const size = view.sizeClass[at];
    const grown = radius * (1 + 0.095 * size);
    made[group][size] ??= view.raster.stamp(view.groups[group].shape, Math.round(2 * grown) / 2);
    return made[group][size];
  };
}

/** Draw the labels, rings around the points that the mouse and the table are on, and the line. */
function paintMarks(view) {
  const { marks, ratio, camera, theme } = view;
  marks.setTransform(ratio, 0, 0, ratio, 0, 0);
  marks.clearRect(0, 0, camera.width, camera.height);
  view.labels = placeLabels(marks, view.groups, camera, (at) => !view.hidden.has(at));
  const isFaded = (at) => view.selected.length > 0 && at !== view.active && !view.nSelected[at];
  drawLabels(marks, view.labels, view.groups, { ...theme, active: view.active, isFaded });
  marks.strokeStyle = theme.accent;
  marks.lineWidth = 2;
  for (const at of [view.hovered, view.model.get("opened")]) {
    if (at < 0 || at >= view.places.n || view.hidden.has(view.groupOf[at])) continue;
    const [x, y] = camera.toPixels(view.places.x[at], view.places.y[at]);
    marks.beginPath();
    marks.arc(x, y, 8, 0, 2 * Math.PI);
    marks.stroke();
  }
  if (!view.line) return;
  marks.beginPath();
  view.line.forEach(([x, y]) => marks.lineTo(x, y));
  marks.closePath();
  marks.setLineDash([5, 4]);
  marks.stroke();
  marks.setLineDash([]);
}

/** Show beside the mouse what is known of the point under it. */
function showTip(view) {
  const group = view.groups[view.groupOf[view.hovered]];
  const known = view.texts.get(view.hovered);
  const head = make("div", "wb-tip-head");
  head.append(glyph(group), make("span", "", group.rank ? `${group.rank}  ${group.name}` : group.name));
  const parts = [head];
  if (known) {
    parts.push(make("div", "wb-said", known.text || "no words"));
    parts.push(make("div", "wb-quiet", [known.about, known.n > 1 ? `and ${known.n - 1} more at this place` : ""].filter(Boolean).join(" · ")));
  }
  view.tip.replaceChildren(...parts);
  const [x, y] = view.mouse;
  const { width, height } = view.camera;
  view.tip.style.left = x > width / 2 ? "auto" : `${x + 14}px`;
  view.tip.style.right = x > width / 2 ? `${width - x + 14}px` : "auto";
  view.tip.style.top = y > height / 2 ? "auto" : `${y + 10}px`;
  view.tip.style.bottom = y > height / 2 ? `${height - y + 10}px` : "auto";
}
