// Where an item lies among all findings: a small map of dots, its cluster's darker, itself ringed.

const [PLACE_WIDTH, PLACE_HEIGHT, PLACE_EDGE] = [300, 120, 8];

/** Return a canvas with the points (x, y, whether of the cluster), and `here` ringed; null where there is no map. */
function placeOf(points, here, words) {
  if (!points.length || !here) return null;
  const picture = make("canvas", "wb-place");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", words);
  return picture;
}

/** Draw the map of `placeOf` in the colours of the page as it is now. */
function drawPlace(picture, points, here) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  [picture.width, picture.height] = [PLACE_WIDTH * ratio, PLACE_HEIGHT * ratio];
  const look = getComputedStyle(picture);
  const pen = picture.getContext("2d");
  pen.scale(ratio, ratio);
  const to = scaled([...points, here]);
  const dots = (isOfCluster, colour, radius) => {
    pen.fillStyle = colour;
    const drawn = new Set(); // many lie at one place, and would be as dark there as the cluster
    for (const point of points) {
      const [x, y] = to(point);
      const place = `${Math.round(x)} ${Math.round(y)}`;
      if (Boolean(point[2]) !== isOfCluster || drawn.has(place)) continue;
      drawn.add(place);
      pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
    }
  };
  pen.globalAlpha = 0.45;
  dots(false, look.getPropertyValue("--wb-muted"), 1);
  pen.globalAlpha = 1;
  dots(true, look.getPropertyValue("--wb-accent"), 1.5);
  const [x, y] = to(here);
  pen.strokeStyle = look.color;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(x, y, 6, 0, 2 * Math.PI);
  pen.stroke();
}

/** Return a function from a point to its pixels, so that all of them fit and keep their shape. */
function scaled(points) {
  const box = (at) => [Math.min(...points.map((point) => point[at])), Math.max(...points.map((point) => point[at]))];
  const [[left, right], [low, high]] = [box(0), box(1)];
  const [width, height] = [PLACE_WIDTH - 2 * PLACE_EDGE, PLACE_HEIGHT - 2 * PLACE_EDGE];
  const times = Math.min(width / (right - left || 1), height / (high - low || 1));
  const [across, down] = [(PLACE_WIDTH - times * (right - left)) / 2, (PLACE_HEIGHT - times * (high - low)) / 2];
  return ([x, y]) => [across + times * (x - left), PLACE_HEIGHT - down - times * (y - low)];
}
