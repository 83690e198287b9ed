// The figures of the explorer, drawn as SVG. Colours are names of the style sheet on the page and
// plain ones in a figure that is taken along.

import { orderDimensions, quantile } from "./engine.js";

const SPACE = "http://www.w3.org/2000/svg";
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif';
// As in explorer.css.
const PLAIN = { ink: "#222222", quiet: "#5c5c5c", line: "#d9d9d9", others: "#8a8a8a", paper: "#ffffff" };
const NARROW = 560;
const colour = (name) => `var(--ix-${name})`;

export function s(tag, given = {}, ...inside) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(given)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...inside);
  return element;
}

// Letters stand on a border of paper, so that no line runs through them.
const label = (text, x, y, given = {}) => s("text", { x, y, "font-size": 13, fill: colour("ink"), stroke: colour("paper"),
  "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke", ...given }, text);

// Relative luminance, as WCAG defines it.
export const measureShine = (channels) => channels.map((c) => c / 255)
  .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((a, c, i) => a + c * [0.2126, 0.7152, 0.0722][i], 0);

// A dark colour is lifted until it can be told from a dark page.
function lift(hex, theme) {
  if (theme !== "dark") return hex;
  const channels = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  if (channels.every((c) => c === channels[0])) return colour("ink"); // black is white there
  let own = channels;
  for (let t = 0.1; measureShine(own) < 0.27 && t <= 1; t += 0.1) own = channels.map((c) => Math.round(c + (255 - c) * t));
  return `rgb(${own})`;
}

// The same markers as in the figures of the report.
export function drawMarker(look, theme, x, y, r, hollow = false) {
  const own = lift(look.colour, theme);
  const given = { fill: hollow ? colour("paper") : own, stroke: hollow ? own : colour("paper"), "stroke-width": hollow ? 1.6 : 1 };
  const path = (points) => s("path", { d: `M${points.map(([a, b]) => `${(x + a * r).toFixed(2)} ${(y + b * r).toFixed(2)}`).join("L")}Z`, ...given });
  if (look.marker === "s") return path([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]);
  if (look.marker === "^") return path([[0, -1.15], [1.1, 0.9], [-1.1, 0.9]]);
  if (look.marker === "v") return path([[0, 1.15], [1.1, -0.9], [-1.1, -0.9]]);
  if (look.marker === "D") return path([[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]]);
  if (look.marker === "P") {
    return path([[-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4], [0.4, 1.2], [-0.4, 1.2],
      [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]]);
  }
  return s("circle", { cx: x.toFixed(2), cy: y.toFixed(2), r, ...given });
}

function findTicks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((one) => one >= rough - 1e-12);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) ticks.push(k * step);
  return { ticks, digits: step < 1 ? (step < 0.1 ? 2 : 1) : step % 1 ? 1 : 0 };
}

function drawAxis(marks, scale, from, bottom, { low, high, write, width }) {
  const { ticks, digits } = findTicks(low, high, width < NARROW ? 5 : 8);
  for (const tick of ticks) {
    marks.push(s("path", { d: `M${scale(tick)} ${from}V${bottom}`, stroke: colour("line"), "stroke-width": 1 }));
    marks.push(label(write.number(tick, digits), scale(tick), bottom + 17, { "text-anchor": "middle", "font-size": 12, fill: colour("quiet") }));
  }
}

const isKnown = (x) => x === x && x !== undefined;

function findSpan(scene, codes) {
  const { state, runs, of100 } = scene;
  if (of100) return [0, 100];
  const all = codes.flatMap((code) => [...state.made.scores.get(code)].filter(isKnown));
  if (runs && runs.runs.n) all.push(...scene.shownBands.flat());
  const low = Math.min(...all), high = Math.max(...all), room = (high - low || 1) * 0.04;
  return [low - room, high + room];
}

// The scores of the index and its dimensions: everybody in grey, the median, those told of.
export function drawProfile(scene) {
  const { state, runs, width, theme, names, write, look, unit, report, data } = scene;
  const { made, members, shown } = state, { tree } = made;
  const codes = [tree.root, ...tree.dimensions], narrow = width < NARROW, wide = !narrow;
  const left = wide ? Math.min(230, width * 0.3) : 8, right = width - 14;
  const bands = new Map(codes.map((code) => [code, shown.map((i) => findBand(runs, code, i, data.level))]));
  const [low, high] = findSpan({ ...scene, shownBands: [...bands.values()].flat().filter((b) => isKnown(b[0])) }, codes);
  const scale = (x) => left + ((x - low) / (high - low)) * (right - left);
  const lane = Math.min(9, 30 / Math.max(1, shown.length - 1)), half = (lane * (shown.length - 1)) / 2;
  const row = 2 * half + (narrow ? 42 : 26), marks = [], from = 4;
  const bottom = from + row * codes.length;
  drawAxis(marks, scale, from, bottom, { low, high, write, width });
  codes.forEach((code, number) => {
    const scores = made.scores.get(code), start = from + row * number;
    const middle = start + (narrow ? 20 : 0) + (row - (narrow ? 20 : 0)) / 2;
    const weight = number ? 400 : 650;
    if (number) marks.push(s("path", { d: `M${narrow ? 0 : 8} ${start}H${width}`, stroke: colour("line"), "stroke-width": 1 }));
    if (narrow) marks.push(label(names.code(code), left, start + 17, { "font-weight": weight }));
    else wrap(names.code(code), left - 22, 13).forEach((line, i, all) =>
      marks.push(label(line, 8, middle + 4.5 + (i - (all.length - 1) / 2) * 16, { "font-weight": weight })));
    const reach = half + 7;
    const others = members.filter((i) => isKnown(scores[i]) && !shown.includes(i)).map((i) => `M${scale(scores[i]).toFixed(1)} ${middle - reach}v${2 * reach}`);
    marks.push(s("path", { d: others.join("") || "M0 0", stroke: colour("others"), "stroke-width": 1, opacity: 0.55 }));
    const sorted = members.map((i) => scores[i]).filter(isKnown).sort((a, b) => a - b), n = sorted.length;
    if (n) {
      const median = (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
      marks.push(s("path", { d: `M${scale(median).toFixed(1)} ${middle - reach - 2}v${2 * reach + 4}`, stroke: colour("ink"), "stroke-width": 2 }));
    }
    shown.forEach((i, at) => {
      const y = middle + at * lane - half, own = i === unit, x = scores[i], before = report.scores.get(code)?.[i];
      if (!isKnown(x)) return;
      const [a, b] = bands.get(code)[at], tint = lift(look(i).colour, theme);
      if (isKnown(a)) marks.push(s("path", { d: `M${scale(a).toFixed(1)} ${y}H${scale(b).toFixed(1)}`, stroke: tint, "stroke-width": own ? 4 : 2, opacity: 0.5, "stroke-linecap": "round" }));
      if (scene.of100 && isKnown(before) && Math.abs(scale(before) - scale(x)) > 2) {
        marks.push(s("path", { d: `M${scale(before).toFixed(1)} ${y}H${scale(x).toFixed(1)}`, stroke: tint, "stroke-width": 1, "stroke-dasharray": "2 2" }));
        marks.push(drawMarker(look(i), theme, scale(before), y, own ? 4.5 : 3.5, true));
      }
      marks.push(drawMarker(look(i), theme, scale(x), y, own ? 6.5 : 4.5));
    });
  });
  return { marks, height: Math.ceil(bottom + 26) };
}

function findBand(runs, code, i, level) {
  if (!runs?.runs.kept.has(code)) return [NaN, NaN];
  runs.bands ||= new Map();
  const name = `${code} ${i}`;
  if (!runs.bands.has(name)) {
    const { kept, n, units } = runs.runs, own = new Float64Array(n), all = kept.get(code);
    for (let run = 0; run < n; run++) own[run] = all[run * units + i];
    const sorted = own.filter(isKnown).sort(), tail = (1 - level) / 2;
    runs.bands.set(name, [quantile(sorted, tail), quantile(sorted, 1 - tail)]);
  }
  return runs.bands.get(name);
}

// How far the dimensions of one unit lie from the median, the one furthest behind first.
export function drawGaps(scene) {
  const { state, runs, width, theme, names, write, look, unit, say } = scene;
  const { nodes } = runs.own, { tree } = state.made, narrow = width < NARROW;
  const order = orderDimensions(tree, nodes);
  if (!order.length) return { marks: [label(say("verdict_unmeasured"), 8, 20)], height: 30 };
  const ends = order.flatMap((code) => [nodes.get(code).gap, nodes.get(code).gap_low, nodes.get(code).gap_high]).filter(isKnown);
  const spread = Math.max(...ends.map(Math.abs), 1e-9) * 1.12;
  const low = Math.min(0, Math.min(...ends, 0) * 1.12 || -spread * 0.1), high = Math.max(0, Math.max(...ends, 0) * 1.12 || spread * 0.1);
  const tell = (code) => `${write.gap(nodes.get(code).gap)} · ${say(`verdict_${nodes.get(code).verdict.replaceAll(" ", "_")}`)}`;
  // On a narrow page the verdict stands beside the name, or below it where there is no room.
  const under = narrow && order.some((code) => measure(names.code(code), 13) + measure(tell(code), 13) > width - 30) ? 19 : 0;
  const beside = narrow ? 12 : 28 + Math.max(...order.map((code) => measure(tell(code), 13)));
  const left = narrow ? 8 : Math.min(230, width * 0.3), right = width - beside;
  const scale = (x) => left + ((x - low) / (high - low)) * (right - left);
  const row = narrow ? 50 + under : 42, marks = [], from = 4, bottom = from + row * Math.max(1, order.length);
  drawAxis(marks, scale, from, bottom, { low, high, write, width: narrow ? width : right - left });
  marks.push(s("path", { d: `M${scale(0)} ${from}V${bottom}`, stroke: colour("ink"), "stroke-width": 1.6 }));
  order.forEach((code, number) => {
    const one = nodes.get(code), start = from + row * number, middle = start + (narrow ? 34 + under : row / 2);
    const told = tell(code);
    if (number) marks.push(s("path", { d: `M${narrow ? 0 : 8} ${start}H${width}`, stroke: colour("line"), "stroke-width": 1 }));
    if (narrow) {
      marks.push(label(names.code(code), left, start + 18), under ? label(told, left, start + 18 + under, { fill: colour("quiet") })
        : label(told, width - 8, start + 18, { "text-anchor": "end" }));
    } else {
      wrap(names.code(code), left - 22, 13).forEach((line, i, all) => marks.push(label(line, 8, middle + 4.5 + (i - (all.length - 1) / 2) * 16)));
      marks.push(label(told, right + 14, middle + 4.5));
    }
    const tint = lift(look(unit).colour, theme);
    if (isKnown(one.gap_low)) marks.push(s("path", { d: `M${scale(one.gap_low).toFixed(1)} ${middle}H${scale(one.gap_high).toFixed(1)}`, stroke: tint, "stroke-width": 5, opacity: 0.5, "stroke-linecap": "round" }));
    marks.push(drawMarker(look(unit), theme, scale(one.gap), middle, 6.5));
  });
  return { marks, height: Math.ceil(bottom + 26) };
}

const ruler = { canvas: null };
function measure(text, size, weight = 400) {
  ruler.canvas ||= document.createElement("canvas").getContext("2d");
  ruler.canvas.font = `${weight} ${size}px ${FONT}`;
  return ruler.canvas.measureText(text).width;
}

export function wrap(text, room, size, weight = 400) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (measure(longer, size, weight) <= room || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

// One figure with everything, as a file: title, key, both charts, what it rests on.
export function makeFigure(scene) {
  const { width, title, status, key, say, data } = scene, marks = [], room = width - 32;
  let y = 14;
  const put = (text, size, given = {}) => {
    for (const line of wrap(text, room, size, given["font-weight"])) marks.push(label(line, 16, (y += size * 1.35), { "font-size": size, ...given }));
    y += 6;
  };
  put(title, 16, { "font-weight": 650 });
  put(status, 13, { fill: colour("quiet") });
  let x = 16;
  y += 14;
  for (const [look, name] of key) {
    marks.push(drawMarker(look, "light", x + 6, y, 5), label(name, x + 18, y + 4.5));
    x += 40 + measure(name, 13);
  }
  y += 12;
  for (const [name, drawing] of [["scores", drawProfile(scene)], ["start", drawGaps(scene)]]) {
    put(say(name), 14, { "font-weight": 650 });
    marks.push(s("g", { transform: `translate(0 ${y})` }, ...drawing.marks));
    y += drawing.height + 8;
  }
  put(data.texts.sources, 11, { fill: colour("quiet") });
  const height = Math.ceil(y + 10);
  const svg = s("svg", { xmlns: SPACE, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": FONT, role: "img" },
    s("title", {}, title), s("desc", {}, status), s("rect", { width, height, fill: colour("paper") }), ...marks);
  const text = new XMLSerializer().serializeToString(svg);
  return text.replace(/var\(--ix-(\w+)\)/g, (all, name) => PLAIN[name]);
}
