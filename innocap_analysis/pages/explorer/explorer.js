// The explorer: choices on one side, scores, ranks and priorities on the other. Used by the page
// `explore.html` and by the widget of JupyterLab; all texts and figures are handed over as data.

import {
  Refusal, countNumbers, drawNumbers, findMean, judge, leaveOut, rankAmong, scoreIndex, simulate,
} from "./engine.js";
import { drawGaps, drawMarker, drawProfile, makeFigure, measureShine, s } from "./drawing.js";

const LIST = ["weights", "left_out", "mean", "within", "normalise", "reference", "unit"];
const MOST_TOLD = 10; // units in the table
const MOST_WEIGHT = 3; // times the weight of the codebook

const h = (tag, given = {}, ...inside) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name in element && name !== "list" && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...inside.filter((one) => one !== null));
  return element;
};

export const fill = (text, values = {}) => text.replace(/\{([\w.]+)(:\w+)?\}/g, (all, name, form = "") => values[name + form] ?? values[name] ?? all);

export function readDefaults(data) {
  return { weights: {}, left_out: [], mean: "", within: "", normalise: "",
    reference: data.reference, unit: data.unit };
}

// Keep of some choices what this index knows; tell the names that it does not.
export function checkChoices(data, given) {
  const choices = readDefaults(data), unknown = [];
  const codes = new Set(data.nodes.filter((node) => node.parent && node.kind !== "context").map((node) => node.code));
  const take = (name, value, fits) => {
    if (value === undefined || value === "") return;
    if (fits(value)) choices[name] = value;
    else unknown.push(String(value));
  };
  for (const [code, weight] of Object.entries(given.weights || {})) {
    if (codes.has(code) && Number.isFinite(weight) && weight >= 0) choices.weights[code] = weight;
    else unknown.push(code);
  }
  for (const code of given.left_out || []) {
    if (codes.has(code)) choices.left_out.push(code);
    else unknown.push(code);
  }
  const isMean = (word) => {
    try {
      return Boolean(findMean(String(word)));
    } catch (error) {
      return false;
    }
  };
  take("mean", given.mean, isMean);
  take("within", given.within, isMean);
  take("normalise", given.normalise, (word) => word in data.normalisations);
  take("reference", given.reference, (name) => name in data.references);
  take("unit", given.unit, (code) => data.units.includes(code));
  return { choices, unknown };
}

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// ---------------------------------------------------------------- what is kept where

export function readFragment(data, fragment) {
  const found = new URLSearchParams(fragment.replace(/^#/, ""));
  const split = (name) => (found.get(name) || "").split(",").filter(Boolean);
  const weights = Object.fromEntries(split("weights").map((pair) => {
    const [code, weight] = pair.split(":");
    return [code, weight ? Number(weight) : NaN];
  }));
  const words = Object.fromEntries(LIST.slice(2).map((name) => [name, found.get(name) ?? undefined]));
  return checkChoices(data, { weights, left_out: split("without"), ...words });
}

export function writeFragment(data, choices) {
  const defaults = readDefaults(data), parts = [];
  const weights = Object.entries(choices.weights).map((pair) => pair.join(":"));
  if (weights.length) parts.push(`weights=${weights}`);
  if (choices.left_out.length) parts.push(`without=${choices.left_out}`);
  for (const name of LIST.slice(2)) {
    if (choices[name] !== defaults[name]) parts.push(`${name}=${encodeURIComponent(choices[name])}`);
  }
  return parts.join("&");
}

function keepInAddress(data) {
  return {
    address: true,
    read: () => readFragment(data, location.hash),
    write: (choices) => {
      const text = writeFragment(data, choices);
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    },
    listen: (take) => addEventListener("hashchange", take),
  };
}

function keepInModel(data, model) {
  return {
    read: () => checkChoices(data, Object.fromEntries(LIST.map((name) => [name, model.get(name)]))),
    write: (choices) => {
      let changed = false;
      for (const name of LIST) {
        if (isSame(model.get(name), choices[name])) continue;
        model.set(name, choices[name]);
        changed = true;
      }
      if (changed) model.save_changes();
    },
    listen: (take) => LIST.forEach((name) => model.on(`change:${name}`, take)),
  };
}

// The codebook of some choices as CSV, as `read_codebook` takes it.
export function writeCodebook(data, tree) {
  const { columns, rows } = data.codebook, at = (name) => columns.indexOf(name);
  const quote = (cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const kept = new Map(tree.rows.map((node) => [node.code, node]));
  const lines = rows.filter((row) => kept.has(row[at("code")])).map((row) => {
    const node = kept.get(row[at("code")]), own = [...row];
    own[at("weight")] = String(node.weight);
    own[at("part_of")] = node.part_of;
    if (node.kind === "indicator") own[at("normalise")] = node.method;
    if (node.kind === "group" || node.kind === "index") own[at("aggregate")] = node.aggregate;
    return own;
  });
  return [columns, ...lines].map((row) => row.map(quote).join(",") + "\n").join("");
}

// ---------------------------------------------------------------- numbers and words

function makeWriter(data) {
  const { language, texts } = data;
  const plain = (digits) => new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const formats = [plain(0), plain(1), plain(2)];
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const lists = Object.fromEntries(["conjunction", "disjunction"].map((type) => [type, new Intl.ListFormat(language, { type })]));
  const minus = (text) => text.replace("-", "−");
  const write = {
    digits: 1, // of a score: more where it is not of a hundred
    number: (x, digits = 1) => (x === x ? minus(formats[digits].format(Number(x.toFixed(digits)) || 0)) : "–"),
    score: (x) => write.number(x, write.digits),
    weight: (x) => short.format(x),
    gap: (x) => (x > 0 && write.score(x) !== write.score(0) ? "+" : "") + write.score(x),
    share: (x) => (x === x ? percent.format(x) : "–"),
    probability: (x) => (x > 0.99 ? ">" + percent.format(0.99) : x < 0.01 ? "<" + percent.format(0.01) : write.share(x)),
    span: (low, high) => (low === low ? `${write.number(low, 0)}–${write.number(high, 0)}` : "–"),
    either: (names) => lists.disjunction.format(names),
    all: (names) => lists.conjunction.format(names),
    say: (key, values) => fill(texts[key], values),
  };
  return write;
}

const bend = (key, plain, forms = {}) =>
  ({ [key]: plain, ...Object.fromEntries(Object.entries(forms).map(([form, told]) => [`${key}:${form}`, told])) });

function makeNames(data, write) {
  const labels = Object.fromEntries(data.nodes.map((node) => [node.code, node.label]));
  return {
    unit: (code) => data.names[code] || code,
    code: (code) => labels[code] || code,
    // A name for a place in a sentence, in the forms that one may ask for.
    called: (key, code) => bend(key, data.names[code] || code, data.called?.[code]),
    forms: (code, key = "dimension") =>
      bend(key, labels[code] || code, data.nodes.find((node) => node.code === code)?.forms),
    mean: (word) => data.means[word] ||
      (word.startsWith("power:") ? fill(data.texts.power, { p: write.number(Number(word.slice(6)), 1) }) : word),
  };
}

// What is other than in the report, in words.
function tellChanges(data, choices, write, names) {
  const told = [], defaults = readDefaults(data);
  const weights = new Map(data.nodes.map((node) => [node.code, node.weight]));
  const out = [...choices.left_out, ...Object.keys(choices.weights).filter((code) => !choices.weights[code])];
  if (out.length) told.push(write.say("without", { codes: write.all(out.map(names.code)) }));
  for (const [code, weight] of Object.entries(choices.weights)) {
    if (weight && weight !== weights.get(code)) told.push(write.say("weighs", { code: names.code(code), weight: write.weight(weight) }));
  }
  if (choices.mean) told.push(write.say("top_is", { mean: names.mean(choices.mean) }));
  if (choices.within) told.push(write.say("within_is", { mean: names.mean(choices.within) }));
  if (choices.normalise) told.push(write.say("scale_is", { name: data.normalisations[choices.normalise] }));
  if (choices.reference !== defaults.reference) told.push(write.say("held_against", { reference: data.references[choices.reference].label }));
  return told;
}

// ---------------------------------------------------------------- what is computed

function prepare(data) {
  const numbers = { drawn: null }, at = new Map(data.units.map((code, i) => [code, i]));
  const report = scoreIndex(data, readDefaults(data));
  return { at, report,
    numbers: () => (numbers.drawn ||= drawNumbers(data.seed, countNumbers(data, data.runs))) };
}

// The units that are told of: the project's own and the chosen one, or its neighbours where many.
function choosePartners(data, ready, choices) {
  const own = data.partners.includes(choices.unit) ? data.partners : [...data.partners, choices.unit];
  if (own.length <= MOST_TOLD) return own.map((code) => ready.at.get(code));
  const made = scoreIndex(data, choices), scores = made.scores.get(made.tree.root);
  const order = [...own.keys()].filter((i) => scores[ready.at.get(own[i])] === scores[ready.at.get(own[i])])
    .sort((a, b) => scores[ready.at.get(own[b])] - scores[ready.at.get(own[a])]);
  const place = Math.max(0, order.findIndex((i) => own[i] === choices.unit));
  const from = Math.max(0, Math.min(place - MOST_TOLD / 2, order.length - MOST_TOLD));
  const near = order.slice(from, from + MOST_TOLD).map((i) => ready.at.get(own[i]));
  return near.includes(ready.at.get(choices.unit)) ? near : [...near, ready.at.get(choices.unit)];
}

export function computeScores(data, ready, choices) {
  const made = scoreIndex(data, choices);
  const members = data.references[choices.reference].units.map((code) => ready.at.get(code));
  return { made, members, unit: ready.at.get(choices.unit), shown: choosePartners(data, ready, choices) };
}

export function computeRuns(data, ready, state) {
  const { made, members, shown, unit } = state;
  const runs = simulate(made, ready.numbers(), data.runs), left = leaveOut(made);
  const judged = judge(made, runs, left, shown, members, data.level);
  const scored = made.scores.get(made.tree.root);
  const measured = shown.filter((i) => scored[i] === scored[i]);
  return { runs, judged: new Map(shown.map((i, at) => [i, judged[at]])), own: judged[shown.indexOf(unit)],
    among: rankAmong(made, runs, measured, data.level), measured };
}

// ---------------------------------------------------------------- the page

const SCHEME = "(prefers-color-scheme: dark)";
function isDark() {
  const lab = document.body.dataset.jpThemeLight;
  return lab === undefined ? matchMedia(SCHEME).matches : lab === "false";
}

export function mount(root, data, store = keepInAddress(data)) {
  const write = makeWriter(data), names = makeNames(data, write), ready = prepare(data);
  const { say } = write, handle = { choices: null, timing: {}, ready: Promise.resolve() };
  let frame = 0, timer = 0, width = 640, state = null, runs = null, sentence = "";
  const listeners = new AbortController();

  // ------------------------------------------------ choices
  const pick = (name, options, change) => {
    const select = h("select", { name }, ...options.map(([value, label, inside]) => inside
      ? h("optgroup", { label }, ...inside.map(([v, l]) => h("option", { value: v }, l)))
      : h("option", { value }, label)));
    select.addEventListener("change", () => change({ [name]: select.value }));
    return [h("label", {}, h("span", {}, say(name)), select), select];
  };
  const change = (part) => set({ ...handle.choices, ...part });
  const others = data.units.filter((code) => !data.partners.includes(code));
  const list = (codes) => codes.map((code) => [code, names.unit(code)])
    .sort((a, b) => a[1].localeCompare(b[1], data.language));
  const byGroup = others.length
    ? [["", say("partners"), list(data.partners)], ["", say("others"), list(others)]]
    : list(data.partners);
  const own = data.nodes.find((node) => node.kind === "index").aggregate;
  const asReport = (label) => say("as_reported", { choice: label });
  const meansBut = (word) => Object.keys(data.means).filter((one) => one !== word).map((one) => [one, names.mean(one)]);
  const groups = [...new Set(data.nodes.filter((node) => node.kind === "group").map((node) => node.aggregate))];
  const scales = [...new Set(data.nodes.filter((node) => node.kind === "indicator").map((node) => node.method))];
  const onlyOne = (words, label) => (words.length === 1 ? asReport(label(words[0])) : say("as_reported_each"));
  const picks = {
    unit: pick("unit", byGroup, change),
    reference: pick("reference", Object.entries(data.references).map(([name, one]) => [name, one.label]), change),
    mean: pick("mean", [["", asReport(names.mean(own))], ...meansBut(own)], change),
    within: pick("within", [["", onlyOne(groups, names.mean)], ...meansBut(groups.length === 1 ? groups[0] : "")], change),
    normalise: pick("normalise", [["", onlyOne(scales, (word) => data.normalisations[word] || word)],
      ...Object.entries(data.normalisations).filter(([word]) => scales.length > 1 || word !== scales[0])], change),
  };
  if (!groups.length) delete picks.within;

  const sliders = new Map();
  const weigh = (node, parent) => {
    const base = node.weight || 1;
    const range = h("input", { type: "range", min: "0", max: String(MOST_WEIGHT), step: "0.1", name: node.code,
      "aria-label": say("weight_of", { code: node.label }) });
    const told = h("output", {});
    range.addEventListener("input", () => {
      const weights = { ...handle.choices.weights }, weight = Math.round(Number(range.value) * base * 1e6) / 1e6;
      if (weight === node.weight) delete weights[node.code];
      else weights[node.code] = weight;
      change({ weights, left_out: handle.choices.left_out.filter((code) => code !== node.code) });
    });
    const box = h("input", { type: "checkbox", checked: true, name: `with-${node.code}` });
    box.addEventListener("change", () => {
      const weights = { ...handle.choices.weights }, left_out = handle.choices.left_out.filter((code) => code !== node.code);
      if (!box.checked) left_out.push(node.code);
      else if (weights[node.code] === 0) delete weights[node.code];
      change({ weights, left_out });
    });
    sliders.set(node.code, { range, told, box, base, node, parent });
    return h("div", { class: "weight" }, h("label", {}, box, h("span", {}, node.label)), h("div", {}, range, told));
  };
  const below = (code) => data.nodes.filter((node) => node.parent === code && node.kind !== "context");
  const grow = (node, parent) => {
    const inside = below(node.code);
    if (!inside.length) return weigh(node, parent);
    return h("div", { class: "group" }, weigh(node, parent),
      h("details", {}, h("summary", {}, say("indicators", { code: node.label })), ...inside.map((one) => grow(one, node))));
  };
  const top = data.nodes.find((node) => node.kind === "index");
  const button = (key, act) => {
    const made = h("button", { type: "button" }, say(key));
    made.addEventListener("click", act);
    return made;
  };
  const doubles = data.nodes.filter((node) => node.kind === "indicator" && node.part_of &&
    data.nodes.some((one) => one.code === node.part_of && one.kind === "indicator")).map((node) => node.code);
  const form = h("form", { class: "choices", "aria-label": say("choices") },
    h("div", { class: "picks" }, ...Object.values(picks).map(([label]) => label)),
    h("div", { class: "buttons" }, button("reset", () => set({ ...readDefaults(data), unit: handle.choices.unit })),
      doubles.length ? button("single", () => change({ left_out: [...new Set([...handle.choices.left_out, ...doubles])] })) : null),
    h("fieldset", {}, h("legend", {}, say("weights")), ...below(top.code).map((node) => grow(node, top))));
  form.addEventListener("submit", (event) => event.preventDefault());

  // ------------------------------------------------ results
  const status = h("p", { class: "status" }), notice = h("p", { class: "notice", role: "alert", hidden: true });
  const live = h("p", { class: "sentence", "aria-live": "polite" });
  const key = h("ul", { class: "key" }), profile = h("div", { class: "figure" }), gaps = h("div", { class: "figure" });
  const scoreNote = h("p", { class: "quiet" }), gapNote = h("p", { class: "quiet" }), runNote = h("p", { class: "quiet" });
  const scroll = (name, inside) => h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say(name) }, inside);
  const table = h("table", {}), inside = h("table", {}), flags = h("div", { class: "quiet" });
  const done = h("span", { role: "status" });
  const rankNote = h("p", { class: "quiet" });
  const more = h("details", {}, h("summary", {}, say("each_indicator")), scroll("each_indicator", inside), flags);
  const lead = h("div", { class: "lead" }, status, notice, live);
  const results = h("div", { class: "results" },
    h("h3", {}, say("scores")), key, profile, scoreNote, h("h3", {}, say("ranks")), scroll("ranks", table), runNote, rankNote,
    h("h3", {}, say("start")), gaps, gapNote, more,
    h("div", { class: "buttons" }, button("take_codebook", () => save("codebook.csv", writeCodebook(data, state.made.tree), "text/csv")),
      button("take_svg", () => save("what-if.svg", exportFigure(), "image/svg+xml")), button("take_png", savePicture),
      button("take_sentence", () => save("what-if.txt", `${tellAll()}\n`, "text/plain")),
      store.address ? button("copy_link", copyLink) : null, done));
  root.replaceChildren(h("div", { class: "board" }, lead, form, results));
  root.classList.add("innocap-explorer");
  root.lang = data.language;

  // ------------------------------------------------ showing
  function showChoices() {
    for (const [name, [, select]] of Object.entries(picks)) {
      const value = handle.choices[name];
      if (![...select.options].some((option) => option.value === value)) select.append(h("option", { value }, names.mean(value)));
      select.value = value;
    }
    const { tree } = state?.made ?? {};
    for (const { range, told, box, base, node } of sliders.values()) {
      const weight = handle.choices.weights[node.code] ?? node.weight;
      const out = handle.choices.left_out.includes(node.code) || !weight;
      const value = String(weight / base);
      if (document.activeElement !== range || Math.abs(Number(range.value) - weight / base) > 0.05) range.value = value;
      box.checked = !out;
      range.disabled = handle.choices.left_out.includes(node.code);
      const parent = tree?.parents.find((one) => one.children.includes(node.code));
      const total = parent ? parent.weights.reduce((a, w) => a + w, 0) : NaN;
      const share = parent ? weight / total : 0;
      told.textContent = write.share(share);
      range.setAttribute("aria-valuetext", say("weighs_share", { weight: write.weight(weight), share: write.share(share) }));
    }
  }

  function look(i) {
    const code = data.units[i];
    return data.looks[code] || { colour: "#7A3E9D", marker: "P" };
  }

  function tellSentences() {
    const { made, unit, members } = state, root_ = made.tree.root, told = [];
    const row = runs.own.nodes.get(root_), named = names.unit(data.units[unit]), called = names.called("unit", data.units[unit]);
    if (row.score !== row.score) told.push(say("no_score", called));
    else {
      told.push(say(isOfHundred() ? "finding" : "finding_own", {
        ...called, score: write.score(row.score), ...names.forms(root_, "code"), n_reference: write.number(row.n, 0),
        median: write.score(row.median), rank: write.number(row.rank, 0), level: write.share(data.level),
        "rank.low": write.number(row.rank_low, 0), "rank.high": write.number(row.rank_high, 0),
      }));
    }
    return [...told, tellPriority(named)];
  }

  function tellPriority(unit) {
    const found = runs.own.priority;
    if (!found) return say("none_measured", { unit }) + ".";
    const { dimensions } = state.made.tree, { nodes } = runs.own, row = nodes.get(found.code);
    const judged = dimensions.filter((code) => nodes.get(code).gap === nodes.get(code).gap);
    const some = found.status === "none" && judged.length < dimensions.length ? "_judged" : "";
    return say(`priority_${found.status}${some}`, { unit, ...names.forms(found.code), gap: write.gap(row.gap),
      dimensions: judged.map(names.code).join(", "),
      share_widest: write.probability(row.share_widest), codes: write.either(found.hangs_on.map(names.code)) }) + ".";
  }

  function tellFirst() {
    const { measured, among } = runs, n = measured.length;
    if (n < 2) return "";
    const scores = state.made.scores.get(state.made.tree.root);
    const order = [...measured].sort((a, b) => scores[b] - scores[a]);
    return say("first_last", { ...names.called("first.place", data.units[order[0]]), ...names.called("last.place", data.units[order[n - 1]]),
      n_measured: write.number(n, 0), n_runs: write.number(data.runs, 0),
      first: write.probability(among.get(order[0]).shares[0]), last: write.probability(among.get(order[n - 1]).shares[n - 1]) });
  }

  const isOfHundred = () => !["zscore", "rank", "borda"].includes(handle.choices.normalise) &&
    !["zscore", "rank", "borda", "none"].some((word) => !handle.choices.normalise && scales.includes(word)) &&
    ![handle.choices.mean, handle.choices.within].includes("copeland");

  const tellAll = () => [status.textContent, sentence, tellFirst(), data.texts.sources].filter(Boolean).join("\n");

  function showTable() {
    const { made, members, shown } = state, root_ = made.tree.root, scores = made.scores.get(root_);
    const order = [...shown].sort((a, b) => (scores[b] - scores[a]) || (scores[b] === scores[b]) - (scores[a] === scores[a]));
    const places = runs ? runs.measured.map((_, rank) => rank) : [];
    const head = h("tr", {}, ...[say("unit"), say("score"), say("reported"), say("rank")].map((name, i) => h("th", { scope: "col", class: i ? "number" : "" }, name)),
      ...places.map((rank) => h("th", { scope: "col", class: "number" }, say("place", { rank: write.number(rank + 1, 0) }))));
    const lines = order.map((i) => {
      const row = runs?.judged.get(i)?.nodes.get(root_), among = runs?.among.get(i), code = data.units[i];
      const band = row && row.rank === row.rank ? `${write.number(row.rank, 0)} (${write.span(row.rank_low, row.rank_high)})` : "–";
      const before = ready.report.scores.get(top.code)[i];
      return h("tr", { class: code === handle.choices.unit ? "own" : "" }, h("th", { scope: "row" }, names.unit(code)),
        h("td", { class: "number" }, write.score(scores[i])), h("td", { class: "number quiet" }, isOfHundred() ? write.score(before) : "–"),
        h("td", { class: "number" }, band), ...places.map((rank) => tile(among ? among.shares[rank] : NaN)));
    });
    const members_ = members.filter((i) => scores[i] === scores[i]).length;
    rankNote.textContent = say("ranks_note", { n: write.number(members_, 0), level: write.share(data.level),
      n_runs: write.number(data.runs, 0), k: write.number(order.length, 0) });
    table.replaceChildren(h("thead", {}, head), h("tbody", {}, ...lines));
  }

  // Every indicator of the chosen unit, the one furthest behind first.
  function showIndicators() {
    const { tree } = state.made, { nodes } = runs.own, code = data.units[state.unit];
    const order = tree.leaves.map((leaf) => leaf.code).sort((a, b) => (nodes.get(a).gap - nodes.get(b).gap) ||
      (nodes.get(a).gap !== nodes.get(a).gap) - (nodes.get(b).gap !== nodes.get(b).gap));
    const head = ["indicator", "score", "median", "gap", "verdict"].map((name, i) => h("th", { scope: "col", class: i && i < 4 ? "number" : "" }, say(name)));
    const known = data.flags[code] || {};
    const lines = order.map((leaf) => {
      const row = nodes.get(leaf), mark = known[leaf] ? "†" : "";
      return h("tr", {}, h("th", { scope: "row" }, names.code(leaf) + mark), ...[write.score(row.score), write.score(row.median), write.gap(row.gap)]
        .map((text) => h("td", { class: "number" }, text)), h("td", {}, say(`verdict_${row.verdict.replaceAll(" ", "_")}`)));
    });
    inside.replaceChildren(h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...lines));
    const told = [...new Set(order.map((leaf) => known[leaf]).filter(Boolean))];
    flags.replaceChildren(...told.map((text) => h("p", { class: "quiet" }, text)));
  }

  // Dark means more, on light and on dark pages.
  function tile(x) {
    const cell = h("td", { class: "number tile" }, x === 0 ? write.share(0) : x === 1 ? write.share(1) : write.probability(x));
    if (x !== x) {
      cell.textContent = "–";
      return cell;
    }
    const [light, deep] = [[247, 250, 253], [8, 48, 107]];
    const ground = light.map((c, i) => Math.round(c + (deep[i] - c) * x));
    cell.style.backgroundColor = `rgb(${ground})`;
    cell.style.color = measureShine(ground) > 0.179 ? "#000000" : "#ffffff"; // contrast of 4.5 and more
    return cell;
  }

  const scene = (theme, width) => ({ data, names, write, say, theme, width, state, runs, look, report: ready.report,
    unit: state.unit, of100: isOfHundred() });

  function showFigures() {
    const theme = isDark() ? "dark" : "light";
    root.dataset.theme = theme;
    const put = (place, drawing, title) => {
      const svg = s("svg", { width, height: drawing.height, viewBox: `0 0 ${width} ${drawing.height}`, role: "img", "aria-label": title },
        ...drawing.marks);
      place.replaceChildren(svg);
    };
    put(profile, drawProfile(scene(theme, width)), `${say("scores")}. ${sentence}`);
    if (runs) put(gaps, drawGaps(scene(theme, width)), `${say("start")}. ${sentence}`);
    key.replaceChildren(...state.shown.map((i) => h("li", {},
      s("svg", { width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": "true" }, drawMarker(look(i), theme, 0, 0, 5)),
      names.unit(data.units[i]))));
  }

  function showScores() {
    const begun = performance.now();
    notice.hidden = true;
    try {
      state = computeScores(data, ready, handle.choices);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      return refuse(refusal);
    }
    root.classList.remove("refused");
    write.digits = isOfHundred() ? 1 : 2;
    showChoices();
    const changes = tellChanges(data, handle.choices, write, names);
    const changed = changes.length > 0;
    status.textContent = changed ? say("what_if", { changes: write.all(changes) }) : say("as_in_report");
    status.classList.toggle("changed", changed);
    const able = runs && runs.own.nodes.has(state.made.tree.root) && state.shown.every((i) => runs.judged.has(i));
    if (!able) runs = null;
    if (runs) root.classList.add("waiting");
    scoreNote.textContent = say("scores_note", { n: write.number(state.members.length, 0), level: write.share(data.level), n_runs: write.number(data.runs, 0) });
    showTable();
    showFigures();
    handle.timing.scores = performance.now() - begun;
    clearTimeout(timer);
    handle.ready = new Promise((resolve) => (timer = setTimeout(() => resolve(showRuns()), 0)));
  }

  function showRuns() {
    const begun = performance.now();
    runs = computeRuns(data, ready, state);
    handle.timing.computed = performance.now() - begun;
    sentence = tellSentences().join(" ");
    root.classList.remove("waiting");
    if (live.textContent !== sentence) live.textContent = sentence;
    gapNote.textContent = say("gaps_note", { n_members: write.number(state.members.length, 0), level: write.share(data.level), n_runs: write.number(data.runs, 0) });
    runNote.textContent = [tellFirst(), runs.runs.geometric ? "" : say("runs_keep_mean")].filter(Boolean).join(" ");
    showTable();
    showIndicators();
    showFigures();
    handle.timing.runs = performance.now() - begun;
    handle.result = { state, runs };
    return handle.result;
  }

  function refuse(refusal) {
    const about = names.code(refusal.about);
    notice.textContent = say(`refused_${refusal.word}` in data.texts ? `refused_${refusal.word}` : "refused_other", { code: about, reason: refusal.message });
    notice.hidden = false;
    root.classList.add("refused");
    showChoices();
    clearTimeout(timer);
    handle.result = null;
  }

  // ------------------------------------------------ taking it along
  function save(name, content, type) {
    const blob = content instanceof Blob ? content : new Blob([content], { type: `${type};charset=utf-8` });
    const link = h("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  const exportFigure = () => makeFigure({ ...scene("light", 720), title: sentence, status: status.textContent, key: state.shown.map((i) => [look(i), names.unit(data.units[i])]) });

  function savePicture() {
    const text = exportFigure(), picture = new Image(), scale = 300 / 96;
    picture.onload = () => {
      const canvas = h("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save("what-if.png", blob));
    };
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  }

  async function copyLink() {
    const link = `${location.href.split("#")[0]}#${writeFragment(data, handle.choices)}`;
    try {
      await navigator.clipboard.writeText(link);
      done.textContent = say("copied");
    } catch {
      done.textContent = link; // a page from a file may not write there
    }
  }

  function set(choices) {
    handle.choices = checkChoices(data, choices).choices;
    store.write(handle.choices);
    cancelAnimationFrame(frame);
    handle.ready = new Promise((resolve) => (frame = requestAnimationFrame(() => { showScores(); resolve(handle.ready); })));
  }

  function take() {
    const { choices, unknown } = store.read();
    if (isSame(choices, handle.choices)) return;
    handle.choices = choices;
    showScores();
    if (unknown.length) {
      notice.textContent = say("unknown", { names: unknown.join(", ") });
      notice.hidden = false;
    }
  }

  handle.set = set;
  handle.destroy = () => { listeners.abort(); watcher.disconnect(); scheme.disconnect(); clearTimeout(timer); };
  const again = () => { if (state && !root.classList.contains("refused")) showFigures(); };
  // The width is kept: asking for it makes the browser lay out the page anew.
  const measure = () => Math.max(280, Math.floor(profile.clientWidth) || width);
  const watcher = new ResizeObserver(() => {
    const before = width;
    width = measure();
    if (width !== before) again();
  });
  watcher.observe(profile);
  const scheme = new MutationObserver(again);
  scheme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  matchMedia(SCHEME).addEventListener("change", again, { signal: listeners.signal });
  // In JupyterLab arrow keys would move between cells, not sliders: its own listener must not hear.
  const keep = (event) => { if (!store.address && root.contains(event.target) && !event.ctrlKey && !event.metaKey) event.stopPropagation(); };
  addEventListener("keydown", keep, { capture: true, signal: listeners.signal });
  store.listen(take);
  width = measure();
  take();
  root.explorer = handle;
  return handle;
}

// What anywidget calls for each place where the widget is shown.
export default {
  render({ model, el }) {
    const data = model.get("_data"), handle = mount(el, data, keepInModel(data, model));
    return () => handle.destroy();
  },
};
