// The front end of a live chart: keeps what has come, draws it once per animation frame, and says what it has drawn.
const COLOURS = ["#2f6fde", "#e8762c", "#16a37f", "#b0489c", "#d6a100", "#6a5acd", "#d1495b", "#3aa0c9", "#7a8b2a", "#8a6d5b"];
const UP = "#16a37f", DOWN = "#e0484d", MUTED = "#9aa0a8";
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

const digits = (span) => Math.max(0, Math.min(20, Math.ceil(-Math.log10(Math.abs(span) || 1)) + 2));
const fitting = (value) => (value == null || !isFinite(value) ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: digits(value / 1e4 || 1) }));
const shade = (colour, alpha) => colour + Math.round(alpha * 255).toString(16).padStart(2, "0");
const floats = (view) => new Float64Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
// From where to where, in seconds. uPlot gives a moment alone some years of room, and a few bars all there is.
const span = (pad, least) => (u, from, to) => {
  const xs = u.data[0], last = xs[xs.length - 1];
  if (from > xs[0] || to < last) return [from - pad, to + pad]; // zoomed
  const room = Math.max(pad, ((xs.length < 2 ? Math.max(least, 2) : least) - (last - xs[0])) / 2);
  return [xs[0] - room, last + room];
};
const isAlone = (u, i, seen = 0) => !u.data[i].some((value) => value != null && ++seen > 1);
const clock = (seconds) => new Date(seconds * 1e3).toISOString().replace("T", " ").slice(0, 23);

// From which step between two marks on, how each is written, and what the first of a year, month, day, hour ... adds.
const DATE = "\n{YYYY}-{MM}-{DD}";
const TIMES = [
  [31536000, "{YYYY}", null, null, null, null, null, null, 1],
  [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", DATE, null, DATE, null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", DATE, null, DATE, null, null, null, 1],
  [0.001, "{HH}:{mm}:{ss}.{fff}", DATE, null, DATE, null, null, null, 1],
];

// What has come, as uPlot wants it: columns, the first of them rising.
class Rows {
  constructor(width, limit, same) { this.columns = Array.from({ length: width }, () => []); this.limit = limit; this.same = same; }
  widen(width) { while (this.columns.length < width) this.columns.push(new Array(this.columns[0].length).fill(null)); }
  clear() { this.came = []; for (const column of this.columns) column.length = 0; }
  put(row) {
    const xs = this.columns[0];
    let at = xs.length;
    while (at > 0 && xs[at - 1] > row[0]) at--;
    if (this.same && at > 0 && xs[at - 1] === row[0]) { this.columns.forEach((column, i) => { column[at - 1] = row[i]; }); return; }
    this.columns.forEach((column, i) => (at === column.length ? column.push(row[i]) : column.splice(at, 0, row[i])));
  }
  // Without what came first: that is not what stands leftmost where x goes back.
  trim(came) {
    const xs = this.columns[0], over = Math.max(0, xs.length - this.limit);
    let first = came ? 0 : over;
    for (const [x, line, y] of came?.splice(0, over) ?? []) {
      let at = first;
      while (at < xs.length && (xs[at] !== x || this.columns[line][at] !== y)) at++;
      if (at === first) first++; else this.columns.forEach((column) => column.splice(at, 1));
    }
    if (first) for (const column of this.columns) column.splice(0, first);
  }
}

const KINDS = {
  lines: {
    start: (spec) => new Rows(2, spec.points, false),
    take(rows, told, [xs, ys, which]) {
      if (told.whole) rows.clear();
      rows.widen(told.lines.length + 1);
      const width = rows.columns.length;
      for (let i = 0; i < xs.length; i++) {
        const row = new Array(width).fill(null);
        row[0] = xs[i];
        row[1 + which[i]] = ys[i];
        rows.put(row);
        rows.came.push([xs[i], 1 + which[i], ys[i]]);
      }
      rows.trim(rows.came);
    },
    options: (spec, told) => ({
      series: [{}, ...told.lines.map((name, i) => {
        const stroke = COLOURS[i % COLOURS.length];
        return { label: name, stroke, width: 1.6, spanGaps: true, points: { show: (u, i) => isAlone(u, i), size: 6, fill: stroke }, paths: spec.time ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(), fill: told.lines.length === 1 ? shade(stroke, .07) : undefined };
      })],
      scales: { x: spec.time ? { time: true, range: span(0, .02) } : { time: false }, y: {} },
      axes: [{ scale: "x", label: spec.x }, { scale: "y", label: spec.y }],
    }),
    chips(told, data, at, spec) {
      return told.lines.map((name, i) => {
        let k = at == null ? data[0].length - 1 : at;
        while (k > 0 && data[i + 1]?.[k] == null) k--;
        return [COLOURS[i % COLOURS.length], name, fitting(data[i + 1]?.[k])];
      });
    },
  },
  candles: {
    start: (spec) => new Rows(6, spec.points, true),
    take(rows, told, [values]) {
      if (told.whole) rows.clear();
      for (let i = 0; i < values.length; i += 6) rows.put(Array.from(values.subarray(i, i + 6)));
      rows.trim();
    },
    options: (spec) => ({
      series: [{}, ...["open", "high", "low", "close"].map((label) => ({ label, scale: "y", paths: () => null, points: { show: false } })),
        { label: "volume", scale: "volume", paths: () => null, points: { show: false } }],
      scales: {
        x: { time: true, range: span(spec.seconds * .8, spec.seconds * 12) },
        y: { range: (u, from, to) => { const gap = (to - from || Math.abs(to) * 1e-4 || 1); return [from - gap * .32, to + gap * .06]; } },
        volume: { range: (u, from, to) => [0, (to || 1) * 5] },
      },
      axes: [{ scale: "x", label: spec.x }, { scale: "y", label: spec.y }],
      hooks: { draw: [candles(spec)] },
    }),
    chips(told, data, at, spec) {
      const k = at ?? data[0].length - 1, [, open, high, low, close, volume] = data.map((column) => column[k]);
      if (open == null) return [];
      const colour = close < open ? DOWN : UP;
      return [["open", open], ["high", high], ["low", low], ["close", close], [spec.volume, volume]].map(([name, value]) => [colour, name, fitting(value)]);
    },
  },
  book: {
    start: (spec) => new Rows(3, 4 * spec.points + 4, false),
    take(rows, told, [bids, asks]) {
      rows.clear();
      const [xs, down, up] = rows.columns;
      for (let i = bids.length - 2; i >= 0; i -= 2) { xs.push(bids[i]); down.push(bids[i + 1]); up.push(null); }
      if (bids.length) { xs.push(bids[0]); down.push(0); up.push(null); }
      if (asks.length) { xs.push(asks[0]); down.push(null); up.push(0); }
      for (let i = 0; i < asks.length; i += 2) { xs.push(asks[i]); down.push(null); up.push(asks[i + 1]); }
      told.middle = (bids[0] + asks[0]) / 2;
    },
    options(spec, told) {
      const side = (label, colour, align) => ({
        label, width: 1.8, points: { show: false }, paths: uPlot.paths.stepped({ align }),
        stroke: () => (now(told).stale ? MUTED : colour), fill: () => shade(now(told).stale ? MUTED : colour, .16),
      });
      const now = (fallback) => spec.latest ?? fallback;
      return {
        series: [{}, side("bids", UP, -1), side("asks", DOWN, 1)],
        scales: { x: { time: false }, y: { range: (u, from, to) => [0, (to || 1) * 1.06] } },
        axes: [{ scale: "x", label: spec.x }, { scale: "y", label: spec.y }],
        hooks: { draw: [middle(() => now(told))] },
      };
    },
    chips(told) {
      const [bid, bidSize, ask, askSize] = told.best, both = bid != null && ask != null;
      const chips = [[told.stale ? MUTED : UP, "best bid", bid == null ? "none" : `${bid} × ${bidSize}`], [told.stale ? MUTED : DOWN, "best ask", ask == null ? "none" : `${ask} × ${askSize}`]];
      if (both) chips.push([MUTED, "mid", told.mid], [MUTED, "spread", told.spread]);
      return chips;
    },
  },
};

const candles = (spec) => (u) => {
  const { ctx, data } = u, [from, to] = u.series[0].idxs ?? [0, -1];
  const wide = Math.abs(u.valToPos(spec.seconds, "x", true) - u.valToPos(0, "x", true));
  const body = Math.max(1, Math.floor(wide * .68)), wick = Math.max(1, Math.round(devicePixelRatio));
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  for (let i = from; i <= to; i++) {
    const [x, open, high, low, close, volume] = data.map((column) => column[i]);
    if (open == null) continue;
    const colour = close < open ? DOWN : UP, at = Math.round(u.valToPos(x, "x", true));
    const y = (value) => u.valToPos(value, "y", true), top = Math.round(Math.min(y(open), y(close)));
    const tall = Math.max(wick, Math.round(Math.abs(y(open) - y(close)))), floor = u.bbox.top + u.bbox.height;
    ctx.fillStyle = shade(colour, .32);
    const bar = floor - u.valToPos(volume, "volume", true);
    ctx.fillRect(at - (body >> 1), floor - bar, body, bar);
    ctx.fillStyle = colour;
    ctx.fillRect(at - (wick >> 1), Math.round(y(high)), wick, Math.max(wick, Math.round(y(low) - y(high))));
    ctx.fillRect(at - (body >> 1), top, body, tall);
  }
  ctx.restore();
};

const middle = (told) => (u) => {
  const at = Math.round(u.valToPos(told().middle, "x", true)); // NaN where a side is empty
  if (!(at >= u.bbox.left && at <= u.bbox.left + u.bbox.width)) return;
  const { ctx, bbox } = u;
  ctx.save();
  Object.assign(ctx, { strokeStyle: MUTED, lineWidth: devicePixelRatio });
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.stroke(new Path2D(`M${at} ${bbox.top}v${bbox.height}`));
  ctx.restore();
};

// VS Code tells a view nothing when its output is deleted: it is off the page then. JupyterLab tells, and takes off what is
// scrolled out of sight, too.
const isCode = () => /\bvscode-/.test(document.body.className);

const initialize = (model) => {
  const spec = { ...model.get("spec") }, kind = KINDS[spec.kind];
  const kept = { spec, kind, rows: kind.start(spec), told: null, number: 0, views: new Set(), asked: false, spoken: -1e9, gone: null };
  const seen = () => model.send({ views: kept.views.size });
  setTimeout(() => { if (!kept.views.size) seen(); }, 10_000); // the page was loaded anew, and shows it no more
  model.on("comm_live_update", () => { // its kernel is restarted
    kept.gone = { state: "stopped", words: "its kernel is gone: run the cell again" };
    kept.views.forEach((draw) => draw());
  });
  model.on("msg:custom", (told, buffers) => {
    kept.gone = null;
    if (told.seen) return kept.views.size && seen(); // somebody else does not show it any more
    const lost = !told.whole && told.number !== kept.number + 1;
    if (lost && !kept.asked) model.send({ missing: kept.number });
    kept.asked = lost;
    if (lost) return;
    Object.assign(kept, { told, number: told.number });
    Object.assign(kept.spec, told.labels, { latest: told });
    kind.take(kept.rows, told, (buffers ?? []).map(floats));
    if (!kept.waiting) kept.waiting = requestAnimationFrame(() => {
      kept.waiting = 0;
      kept.views.forEach((draw) => draw());
      if (!kept.views.size || performance.now() - kept.spoken < 1000) return; // each word makes the kernel busy for a moment
      kept.spoken = performance.now();
      model.send({ drawn: kept.number });
    });
  });
  model.send({ missing: 0 });
  return kept;
};

const render = (kept, model, el) => {
  const { spec, kind } = kept;
  const make = (name, parent) => { const made = document.createElement("div"); made.className = name; parent.append(made); return made; };
  const root = make("rxk", el), head = make("rxk-head", root), chips = make("rxk-chips", root), place = make("rxk-plot", root);
  const title = make("rxk-title", head), state = make("rxk-state", head), at = make("rxk-at", head);
  title.textContent = spec.title;
  state.textContent = "waiting for the first message";
  let plot = null, built = "", zoomed = false, index = null;

  const ink = () => getComputedStyle(root).color;
  const label = () => {
    const { told, rows } = kept, standing = kept.gone ?? told, k = index;
    if (!standing) return;
    state.textContent = standing.words;
    state.className = `rxk-state ${standing.state}`;
    root.classList.toggle("over", ["completed", "stopped"].includes(standing.state));
    if (!told) return;
    title.textContent = spec.title;
    at.textContent = k != null && spec.kind !== "book" ? (spec.time ? `${clock(rows.columns[0][k])} UTC` : fitting(rows.columns[0][k])) : zoomed ? "zoomed: double-click to follow" : "";
    const wanted = kind.chips(told, rows.columns, k, spec);
    while (chips.childElementCount > wanted.length) chips.lastChild.remove();
    wanted.forEach(([colour, name, value], i) => {
      const chip = chips.children[i] ?? make("rxk-chip", chips);
      if (!chip.firstChild) chip.append(document.createElement("i"), document.createElement("span"), document.createElement("b"));
      chip.children[0].style.background = colour;
      chip.children[1].textContent = name;
      chip.children[2].textContent = value;
    });
  };
  const shape = () => JSON.stringify([spec.x, spec.y, spec.time, spec.seconds, kept.told.lines]);
  const build = () => {
    plot?.destroy();
    built = shape();
    const options = kind.options(spec, kept.told);
    const grid = { stroke: () => "rgba(128,128,128,.18)", width: 1 };
    options.axes = options.axes.map((axis, i) => ({
      ...axis, stroke: ink, grid, ticks: grid, font: FONT, labelFont: FONT, labelSize: 20,
      ...(i ? {} : { space: 100 }),
      ...(i ? { size: (u, values) => 28 + Math.max(4, ...(values ?? []).map((value) => value.length)) * 7 } : { size: spec.time || spec.kind === "candles" ? 48 : 30 }),
      ...(i || !spec.time ? { values: (u, splits) => splits.map((value) => value.toLocaleString("en-US", { maximumFractionDigits: digits(splits[1] - splits[0] || 1) })) } : { values: TIMES }),
    }));
    plot = new uPlot({
      ...options, width: place.clientWidth || 800, height: spec.height, legend: { show: false }, padding: [10, 46, 0, 4],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
      cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false }, bind: { dblclick: (u, target, go) => (event) => { zoomed = false; go(event); } } },
      hooks: {
        ...options.hooks,
        setSelect: [(u) => { if (u.select.width > 0) zoomed = true; }],
        setCursor: [(u) => { index = u.cursor.left >= 0 ? u.cursor.idx : null; label(); }],
      },
    }, kept.rows.columns, place);
  };
  const draw = () => {
    if (!kept.told) return label();
    if (!plot || built !== shape()) build(); else plot.setData(kept.rows.columns, !zoomed);
    if (zoomed) plot.redraw();
    label();
  };
  const count = (shown) => {
    if (shown === kept.views.has(draw)) return;
    kept.views[shown ? "add" : "delete"](draw);
    model.send({ views: kept.views.size });
    if (shown) draw();
  };
  const fit = new ResizeObserver(() => {
    if (plot && place.clientWidth) plot.setSize({ width: place.clientWidth, height: spec.height });
    if (isCode()) count(root.isConnected);
  });
  fit.observe(place);
  count(true);
  return () => {
    fit.disconnect();
    count(false);
    plot?.destroy();
  };
};

// Called once for each widget: what has come is kept beside its views, of which there may be several or none.
export default () => {
  let kept;
  return {
    initialize({ model }) { kept = initialize(model); },
    render({ model, el }) { return render(kept, model, el); },
  };
};
