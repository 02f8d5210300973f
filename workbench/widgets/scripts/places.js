// Where the points are: the nearest one to a place, those within a line that was drawn, and what of them is in view.

const CELLS = 128; // a side of the grid: some points a cell at 50,000

/** The points in a grid, so that the nearest one is found without looking at all. */
class Places {
  constructor(xy) {
    this.n = xy.length / 2;
    this.x = new Float32Array(this.n);
    this.y = new Float32Array(this.n);
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let at = 0; at < this.n; at += 1) {
      const x = (this.x[at] = xy[2 * at]);
      const y = (this.y[at] = xy[2 * at + 1]);
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [low, high] = [Math.min(low, y), Math.max(high, y)];
    }
    this.box = this.n ? { left, right, low, high } : { left: 0, right: 1, low: 0, high: 1 };
    this.fill();
  }

  /** Sort the points by cell: one count, one running sum, one pass. */
  fill() {
    const { left, right, low, high } = this.box;
    this.cellWidth = (right - left) / CELLS || 1;
    this.cellHeight = (high - low) / CELLS || 1;
    this.starts = new Uint32Array(CELLS * CELLS + 1);
    const cells = new Uint16Array(this.n);
    for (let at = 0; at < this.n; at += 1) {
      cells[at] = this.row(this.y[at]) * CELLS + this.column(this.x[at]);
      this.starts[cells[at] + 1] += 1;
    }
    for (let cell = 0; cell < CELLS * CELLS; cell += 1) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.members = new Uint32Array(this.n);
    for (let at = 0; at < this.n; at += 1) this.members[next[cells[at]]++] = at;
  }

  column(x) {
    return Math.min(CELLS - 1, Math.max(0, Math.floor((x - this.box.left) / this.cellWidth)));
  }

  row(y) {
    return Math.min(CELLS - 1, Math.max(0, Math.floor((y - this.box.low) / this.cellHeight)));
  }

  /** Return the point nearest to a place and at most `reach` away that `counts`; -1 where there is none. */
  nearest(x, y, reach, counts) {
    let [best, least] = [-1, reach * reach];
    for (let row = this.row(y - reach); row <= this.row(y + reach); row += 1) {
      for (let column = this.column(x - reach); column <= this.column(x + reach); column += 1) {
        const cell = row * CELLS + column;
        for (let place = this.starts[cell]; place < this.starts[cell + 1]; place += 1) {
          const at = this.members[place];
          const away = (this.x[at] - x) ** 2 + (this.y[at] - y) ** 2;
          if (away <= least && counts(at)) [best, least] = [at, away];
        }
      }
    }
    return best;
  }

  /** Return the points within a closed line of [x, y] that `counts`: a point is in if a ray leaves it an odd number of times. */
  within(line, counts) {
    const [xs, ys] = [line.map(([x]) => x), line.map(([, y]) => y)];
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const found = [];
    for (let at = 0; at < this.n; at += 1) {
      const [x, y] = [this.x[at], this.y[at]];
      if (x < left || x > right || y < low || y > high || !counts(at)) continue;
      let isIn = false;
      for (let to = 0, from = xs.length - 1; to < xs.length; from = to, to += 1) {
        const crosses = ys[to] > y !== ys[from] > y;
        if (crosses && x < ((xs[from] - xs[to]) * (y - ys[to])) / (ys[from] - ys[to]) + xs[to]) isIn = !isIn;
      }
      if (isIn) found.push(at);
    }
    return Uint32Array.from(found);
  }
}

/** What part of the map is shown: pixels = points * scale + shift, upwards. */
class Camera {
  constructor(box) {
    this.box = box;
    [this.width, this.height] = [1, 1];
  }

  /** Show all points, in the middle, with room around them. */
  fit(room = 28) {
    const { left, right, low, high } = this.box;
    const across = right - left || 1;
    const up = high - low || 1;
    this.scale = Math.max(1e-9, Math.min((this.width - 2 * room) / across, (this.height - 2 * room) / up));
    this.least = this.scale / 4;
    this.most = this.scale * 400;
    this.moveTo((left + right) / 2, (low + high) / 2);
  }

  /** Bring a place of the map to the middle. */
  moveTo(x, y) {
    this.shiftX = this.width / 2 - x * this.scale;
    this.shiftY = this.height / 2 + y * this.scale;
  }

  resize(width, height) {
    this.shiftX += (width - this.width) / 2;
    this.shiftY += (height - this.height) / 2;
    [this.width, this.height] = [width, height];
  }

  move(dx, dy) {
    this.shiftX += dx;
    this.shiftY += dy;
  }

  /** Zoom by a factor; the place under (x, y), in pixels, stays there. */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const scale = Math.min(this.most, Math.max(this.least, this.scale * factor));
    const by = scale / this.scale;
    this.shiftX = x - (x - this.shiftX) * by;
    this.shiftY = y - (y - this.shiftY) * by;
    this.scale = scale;
  }

  toPixels(x, y) {
    return [x * this.scale + this.shiftX, this.shiftY - y * this.scale];
  }

  toPlace(x, y) {
    return [(x - this.shiftX) / this.scale, (this.shiftY - y) / this.scale];
  }

  /** Return the corners of what is in view, in places of the map. */
  corners() {
    const { width, height } = this;
    return [[0, 0], [width, 0], [width, height], [0, height]].map(([x, y]) => this.toPlace(x, y));
  }
}
