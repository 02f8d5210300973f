// The shape of a finding beside its words: the same as on the map, so that colour never stands alone.

const GLYPHS = {
  dot: () => drawn("circle", { cx: 6, cy: 6, r: 3 }),
  circle: () => drawn("circle", { cx: 6, cy: 6, r: 4.5 }),
  square: () => drawn("rect", { x: 2, y: 2, width: 8, height: 8 }),
  diamond: () => drawn("path", { d: "M6 0.5 11.5 6 6 11.5 0.5 6Z" }),
};

/** Return the shape of a group or row in its colour. */
function glyph({ shape, colour }) {
  const picture = drawn("svg", { width: 12, height: 12, class: "wb-glyph", "aria-hidden": "true" });
  const filled = (GLYPHS[shape] ?? GLYPHS.dot)();
  filled.setAttribute("fill", colour);
  picture.append(filled);
  return picture;
}
