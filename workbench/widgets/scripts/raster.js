// Points drawn into an array of pixels: the same speed with and without a graphics card, and no limit of contexts.
// A point is a stamp of a shape; 50,000 of them are about a million pixels, which a loop blends in some milliseconds.

const SHAPES = ["dot", "circle", "square", "diamond"];
const SAMPLES = 4; // a side, within a pixel: edges are smooth
const INSIDE = {
  dot: (x, y) => x * x + y * y <= 0.7,
  circle: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.abs(x) <= 0.88 && Math.abs(y) <= 0.88,
  diamond: (x, y) => Math.abs(x) + Math.abs(y) <= 1.25,
};

/** Return the pixels of a shape around its middle: offsets, and how much of each is covered, 0 to 256. */
function stampOf(shape, radius) {
  const reach = Math.ceil(radius * 1.25);
  const at = [];
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      let hits = 0;
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
        const dx = ((sample % SAMPLES) + 0.5) / SAMPLES - 0.5;
        const dy = (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES - 0.5;
        if (INSIDE[shape]((x + dx) / radius, (y + dy) / radius)) hits += 1;
      }
      if (hits) at.push([x, y, Math.round((256 * hits) / (SAMPLES * SAMPLES))]);
    }
  }
  const column = (place) => Int32Array.from(at, (pixel) => pixel[place]);
  return { reach, xs: column(0), ys: column(1), covered: column(2), offsets: new Int32Array(at.length) };
}

/** Return a pixel's number for the canvas: alpha, blue, green, red from the highest byte on. */
function pixelOf([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Return the pixel of a colour written as #rrggbb. */
function pixelOfHex(hex) {
  const value = Number.parseInt(hex.slice(1), 16) || 0;
  return pixelOf([value >> 16, (value >> 8) & 255, value & 255]);
}

/** A drawing surface of pixels that is put onto a canvas as a whole. */
class Raster {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.stamps = new Map();
    this.resize(1, 1);
  }

  resize(width, height) {
    [this.width, this.height] = [width, height];
    [this.canvas.width, this.canvas.height] = [width, height];
    this.image = this.context.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.stamps.clear();
  }

  clear(paper) {
    this.pixels.fill(paper);
  }

  /** Return a shape's stamp, with each pixel's distance from the middle in the array. */
  stamp(shape, radius) {
    const key = `${shape} ${radius}`;
    if (!this.stamps.has(key)) {
      const made = stampOf(shape, radius);
      made.offsets.forEach((_, at) => (made.offsets[at] = made.ys[at] * this.width + made.xs[at]));
      this.stamps.set(key, made);
    }
    return this.stamps.get(key);
  }

  /** Blend a stamp in at a place in pixels; what lies outside of the canvas is left out. */
  put(stamp, x, y, colour, opacity) {
    const { reach, xs, ys, covered, offsets } = stamp;
    const { pixels, width, height } = this;
    const isWhole = x >= reach && y >= reach && x < width - reach && y < height - reach;
    const middle = y * width + x;
    const redBlue = colour & 0xff00ff;
    const green = colour & 0x00ff00;
    for (let at = 0; at < offsets.length; at += 1) {
      if (!isWhole) {
        const [column, row] = [x + xs[at], y + ys[at]];
        if (column < 0 || row < 0 || column >= width || row >= height) continue;
      }
      const part = (covered[at] * opacity) >> 8;
      const rest = 256 - part;
      const place = middle + offsets[at];
      const under = pixels[place];
      const mixedRedBlue = ((Math.imul(under & 0xff00ff, rest) + Math.imul(redBlue, part)) >>> 8) & 0xff00ff;
      const mixedGreen = ((Math.imul(under & 0x00ff00, rest) + Math.imul(green, part)) >>> 8) & 0x00ff00;
      pixels[place] = 0xff000000 | mixedRedBlue | mixedGreen;
    }
  }

  show() {
    this.context.putImageData(this.image, 0, 0);
  }
}
