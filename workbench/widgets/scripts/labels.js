// Names on the map: the number of each cluster at its middle, and its name where there is room for it.

const LETTERS = "600 12px system-ui, sans-serif";
const SMALL = "500 11px system-ui, sans-serif";
const NAME_LETTERS = 28;

/** Return which labels are drawn and where, first ranked first; none covers another. */
function placeLabels(context, groups, camera, isShown) {
  const taken = [];
  const placed = [];
  groups.forEach((group, at) => {
    if (at === 0 || !isShown(at)) return;
    const [x, y] = camera.toPixels(group.x, group.y);
    if (x < 0 || y < 0 || x > camera.width || y > camera.height) return;
    context.font = LETTERS;
    const number = String(group.rank);
    const numberWidth = Math.max(20, context.measureText(number).width + 12);
    context.font = SMALL;
    const name = group.name.length > NAME_LETTERS ? `${group.name.slice(0, NAME_LETTERS - 1)}…` : group.name;
    const nameWidth = context.measureText(name).width + 8;
    // Above the middle: a cluster may be a single point, which its label would hide.
    const spot = { at, number, x: x - numberWidth / 2, y: y - 28, width: numberWidth, height: 20, name: "" };
    if (isCovered(spot, taken)) return;
    const long = { ...spot, width: numberWidth + nameWidth, name, numberWidth };
    const label = isCovered(long, taken) || long.x + long.width > camera.width ? { ...spot, numberWidth } : long;
    taken.push(label);
    placed.push(label);
  });
  return placed;
}

function isCovered(one, others) {
  return others.some(
    (other) =>
      one.x < other.x + other.width && other.x < one.x + one.width &&
      one.y < other.y + other.height && other.y < one.y + one.height,
  );
}

/** Draw the labels; the active one is inverted, those that `isFaded` names step back. */
function drawLabels(context, labels, groups, { active, ink, paper, isFaded }) {
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const label of labels) {
    const isActive = label.at === active;
    const middle = label.y + label.height / 2;
    context.globalAlpha = isFaded(label.at) ? 0.5 : 1;
    context.beginPath();
    context.roundRect(label.x, label.y, label.numberWidth, label.height, 10);
    context.fillStyle = isActive ? ink : paper;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = groups[label.at].colour;
    context.stroke();
    context.font = LETTERS;
    context.textAlign = "center";
    context.fillStyle = isActive ? paper : ink;
    context.fillText(label.number, label.x + label.numberWidth / 2, middle + 0.5);
    if (!label.name) continue;
    context.font = SMALL;
    context.textAlign = "left";
    context.lineWidth = 4;
    context.strokeStyle = paper;
    context.strokeText(label.name, label.x + label.numberWidth + 4, middle + 0.5);
    context.fillStyle = ink;
    context.fillText(label.name, label.x + label.numberWidth + 4, middle + 0.5);
  }
  context.globalAlpha = 1;
}
