// Scores, ranks, verdicts and runs of an index: what `innocap_analysis.index` computes, again, so
// that a page without a server can. tests/test_explorer.py holds both equal. No page is known here.

const ROUNDING = 1e-12; // as in fewlikert/tables.py
const LAST_BITS = 2 ** -48; // as in fewlikert/tables.py
const COVERAGE = 1e-9; // as in index/aggregate.py
const SPREAD = 0.25; // of a weight, as in WeightNoise
const EVEN_FROM = 40, EVEN_TO = 60; // percentiles between which an indicator is even
const known = (x) => x === x;

function findEnds(xs) {
  let low = Infinity, high = -Infinity;
  for (const x of xs) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return low <= high ? [low, high] : [NaN, NaN];
}

function measureRounding(xs) {
  const [low, high] = findEnds(xs);
  return ROUNDING * Math.max(Math.abs(low), Math.abs(high));
}

// Rank 1 is the lowest figure, or the highest; ties share the lowest rank.
export function rankFigures(xs, descending = false) {
  const sign = descending ? -1 : 1;
  const order = [...xs.keys()].filter((i) => known(xs[i])).sort((a, b) => sign * (xs[a] - xs[b]));
  const [low, high] = findEnds(xs);
  const least = LAST_BITS * Math.max(Math.abs(low), Math.abs(high));
  const ranks = new Float64Array(xs.length).fill(NaN);
  let rank = 0, last = NaN;
  order.forEach((i, at) => {
    const slack = Math.max(least, ROUNDING * Math.max(Math.abs(last), Math.abs(xs[i])));
    if (at === 0 || sign * (xs[i] - last) > slack) rank = at + 1;
    last = xs[i];
    ranks[i] = rank;
  });
  return ranks;
}

// A share of the sorted figures, as numpy's nanquantile: linear, lower or higher.
export function quantile(sorted, share, end = null) {
  if (!sorted.length) return NaN;
  const at = share * (sorted.length - 1);
  if (end) return sorted[end(at)];
  const low = Math.floor(at), high = Math.ceil(at), t = at - low;
  const step = sorted[high] - sorted[low];
  return t < 0.5 ? sorted[low] + step * t : sorted[high] - step * (1 - t);
}

const median = (sorted) => {
  const n = sorted.length, half = n >> 1;
  return !n ? NaN : n % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
const sortKnown = (xs) => (xs instanceof Float64Array ? xs : Float64Array.from(xs)).filter(known).sort();

// ---------------------------------------------------------------- normalisation

const share = (top, range, flat) => (x) => (flat ? 50 : (100 * top(x)) / range);

const SCALES = {
  goalposts: (xs, rule) => (x) => {
    const gap = x - rule.low;
    return ((Math.abs(gap) <= ROUNDING * Math.abs(rule.low) ? 0 : gap) / (rule.high - rule.low)) * 100;
  },
  minmax: (xs, rule) => share((x) => x - rule.min, rule.max - rule.min, rule.flat),
  zscore: (xs, rule) => {
    const own = xs.filter(known), n = own.length;
    const mean = own.reduce((a, x) => a + x, 0) / n;
    const sd = Math.sqrt(own.reduce((a, x) => a + (x - mean) ** 2, 0) / (n - 1));
    return (x) => (rule.flat ? 0 : (x - mean) / sd);
  },
  rank: (xs) => byRank(xs, (rank) => rank),
  borda: (xs) => byRank(xs, (rank) => rank - 1),
  percentile: (xs) => {
    const others = xs.filter(known).length - 1;
    return byRank(xs, (rank) => (others <= 0 ? 50 : (100 * (rank - 1)) / others));
  },
  distance_to_reference: (xs, rule) => {
    if (!known(rule.target) || rule.target < rule.min - rule.slack) throw new Refusal("reference");
    const lost = Math.abs(rule.target - rule.min) <= rule.slack && !rule.flat;
    return lost ? () => NaN : share((x) => x - rule.min, rule.target - rule.min, rule.flat);
  },
  fraction_of_max: (xs, rule) => {
    if (rule.falling) return rule.max >= 0 ? () => NaN : (x) => (100 * -rule.max) / -x;
    return (x) => (rule.max <= 0 || x < 0 ? NaN : (100 * x) / rule.max);
  },
  none: () => (x) => x,
};
SCALES.distance_to_max = SCALES.minmax;
const UNCLIPPED = ["zscore", "rank", "borda", "none"];
const FIXED = ["goalposts", "none"];

function byRank(xs, write) {
  const ranks = rankFigures(xs);
  return (x, i) => write(ranks[i]);
}

// What no score can be made of; `word` says why, and the page has the sentence.
export class Refusal extends Error {
  constructor(word, about = "") {
    super(about ? `${word}: ${about}` : word);
    this.word = word;
    this.about = about;
  }
}

export function normalise(figures, leaf) {
  let xs = Float64Array.from(figures, (x) => (x === null ? NaN : x));
  let { low, high } = leaf;
  low = low === null ? NaN : low;
  high = high === null ? NaN : high;
  if (leaf.log) {
    if (xs.some((x) => x <= 0)) throw new Refusal("log", leaf.code);
    xs = xs.map(Math.log);
    [low, high] = [Math.log(low), Math.log(high)];
  }
  const target = high * leaf.direction, falling = leaf.direction === -1;
  if (falling) {
    xs = xs.map((x) => -x);
    [low, high] = [-high, -low];
  }
  if (leaf.method === "none") {
    const bottom = leaf.clipLow && known(low) ? low : -Infinity;
    const top = leaf.clipHigh && known(high) ? high : Infinity;
    xs = xs.map((x) => Math.min(Math.max(x, bottom), top));
  }
  if (!FIXED.includes(leaf.method) && !xs.some(known)) return xs.fill(NaN);
  const [min, max] = findEnds(xs), slack = measureRounding(xs);
  const rule = { low, high, target, falling, min, max, slack, flat: !(max - min > slack) };
  const scale = SCALES[leaf.method](xs, rule);
  let scores = xs.map((x, i) => (known(x) ? scale(x, i) : NaN));
  if (!UNCLIPPED.includes(leaf.method) && (leaf.clipLow || leaf.clipHigh)) {
    const bottom = leaf.clipLow ? 0 : -Infinity, top = leaf.clipHigh ? 100 : Infinity;
    scores = scores.map((x) => Math.min(Math.max(x, bottom), top));
  }
  return scores;
}

// ---------------------------------------------------------------- means

const same = (x) => x;
const turn = (x) => 1 / x;
const under = (forward, backward, lowest = 0) => ({ forward, backward, lowest });

// The Mazziotta-Pareto index: the mean with a penalty, or a bonus, for spread.
const penalise = (sign) => ({ lowest: -Infinity, combine: (xs, ws) => {
  let total = 0, mean = 0, variance = 0;
  ws.forEach((w, i) => { total += w; mean += w * xs[i]; });
  mean /= total;
  ws.forEach((w, i) => { variance += w * (xs[i] - mean) ** 2; });
  variance /= total;
  if (mean < 0 && variance > 0) throw new Refusal("mpi");
  return variance === 0 ? mean : mean + (sign * variance) / (mean === 0 ? NaN : mean);
} });

const MEANS = {
  arithmetic: under(same, same, -Infinity),
  geometric: under(Math.log, Math.exp),
  harmonic: under(turn, turn),
  mpi: penalise(-1), "mpi:-": penalise(-1), "mpi:+": penalise(1),
  copeland: { lowest: -Infinity, compare: countWins },
};

export function findMean(word) {
  if (MEANS[word]) return MEANS[word];
  const p = Number(word.replace(/^power:/, ""));
  if (!word.startsWith("power:") || !Number.isFinite(p)) throw new Refusal("mean", word);
  if (p === 0) return MEANS.geometric;
  return (MEANS[word] = under((x) => Math.pow(x, p), (x) => Math.pow(x, 1 / p)));
}

// Pairs of units won minus pairs lost, on the children that both have.
function countWins(xs, ws, total) {
  const slacks = xs.map(measureRounding), wins = new Float64Array(total.length);
  for (let a = 0; a < wins.length; a++) {
    for (let b = 0; b < wins.length; b++) {
      let balance = 0;
      for (let c = 0; c < xs.length; c++) {
        const ahead = xs[c][a] - xs[c][b];
        if (Math.abs(ahead) > slacks[c]) balance += ws[c] * Math.sign(ahead);
      }
      if (Math.abs(balance) > ROUNDING * total[a]) wins[a] += Math.sign(balance);
    }
  }
  return wins;
}

// ---------------------------------------------------------------- the tree

// The codebook under some choices: what `change_codebook` returns.
export function applyChoices(nodes, choices) {
  const table = new Map(nodes.map((node) => [node.code, { ...node }]));
  const root = nodes.find((node) => node.kind === "index").code;
  for (const [code, weight] of Object.entries(choices.weights)) table.get(code).weight = weight;
  const gone = new Set([...choices.left_out, ...Object.keys(choices.weights).filter((c) => !choices.weights[c])]);
  for (let before = -1; before < gone.size; ) {
    before = gone.size;
    const left = new Set();
    for (const node of table.values()) {
      if (gone.has(node.parent)) gone.add(node.code);
      else if (node.kind !== "context" && !(node.weight <= 0) && !gone.has(node.code)) left.add(node.parent);
    }
    for (const code of [...gone]) {
      const parent = table.get(code).parent;
      if (parent && !left.has(parent)) gone.add(parent);
    }
  }
  if (gone.has(root)) throw new Refusal("nothing");
  const rows = [...table.values()].filter((node) => !gone.has(node.code));
  for (const node of rows) {
    if (gone.has(node.part_of)) node.part_of = "";
    if (node.kind === "indicator" && choices.normalise) node.method = choices.normalise;
    if (node.kind === "index" && choices.mean) node.aggregate = choices.mean;
    if (node.kind === "group" && choices.within) node.aggregate = choices.within;
  }
  return plantTree(rows, root, gone);
}

function plantTree(rows, root, gone) {
  const scored = rows.filter((node) => node.kind !== "context");
  const children = new Map();
  for (const node of scored) children.set(node.parent, [...(children.get(node.parent) || []), node]);
  const leaves = scored.filter((node) => node.kind === "indicator");
  const at = new Map(leaves.map((leaf, i) => [leaf.code, i]));
  const parents = [];
  (function walk(code) {
    const own = children.get(code) || [];
    own.forEach((child) => walk(child.code));
    if (own.length) {
      at.set(code, leaves.length + parents.length);
      const node = scored.find((one) => one.code === code);
      parents.push({ code, method: node.aggregate, children: own.map((child) => child.code),
        weights: own.map((child) => child.weight), places: own.map((child) => at.get(child.code)) });
    }
  })(root);
  // A drawn weight has a place of its own, in the order of the random numbers.
  let slots = 0;
  for (const parent of parents) {
    parent.slots = parent.children.map(() => slots++);
  }
  const dimensions = children.get(root).map((node) => node.code);
  return { rows, root, gone, leaves, parents, slots, at, dimensions,
    weights: Float64Array.from(parents.flatMap((parent) => parent.weights)) };
}

// What goes when an indicator is left out: itself, and a group with the last of its children.
function findBranch(tree, code) {
  const branch = [code];
  let parent = tree.parents.find((one) => one.children.includes(code));
  while (parent && !parent.children.some((c, i) => parent.weights[i] > 0 && c !== branch.at(-1))) {
    const own = parent.code;
    branch.push(own);
    parent = tree.parents.find((one) => one.children.includes(own));
  }
  return branch;
}

// ---------------------------------------------------------------- scores

// Scores of every node, leaves first; `into` holds arrays that are written again run by run, for
// thousands of which nothing is made anew.
function aggregate(tree, { weights, nominal, least, topMethod, into }) {
  const first = tree.leaves.length, top = tree.parents.length - 1;
  for (let number = 0; number <= top; number++) {
    const parent = tree.parents[number];
    const mean = findMean(number === top && topMethod ? topMethod : parent.method);
    combine(parent, mean, first, number, weights, nominal, least, into);
  }
  return into;
}

function combine(parent, mean, first, number, weights, nominal, least, into) {
  const { places, slots } = parent, { forward, backward, lowest } = mean, { total } = into;
  const plain = forward === same, units = total.length, floor = least - COVERAGE;
  const scores = into.scores[first + number], coverage = into.coverage[number];
  scores.fill(0);
  coverage.fill(0);
  total.fill(0);
  let whole = 0;
  for (let c = 0; c < places.length; c++) {
    const w = weights[slots[c]], own = nominal[slots[c]], place = places[c], xs = into.scores[place];
    whole += own;
    if (!(w > 0)) continue;
    if (plain) add(xs, w, total, scores);
    else {
      for (let u = 0; u < units; u++) {
        const x = xs[u];
        if (x !== x) continue;
        if (x < lowest) throw new Refusal("domain", parent.code);
        total[u] += w;
        if (forward) scores[u] += w * forward(x);
      }
    }
    if (place < first) cover(xs, own, null, coverage);
    else cover(xs, own, into.coverage[place - first], coverage);
  }
  if (forward) {
    for (let u = 0; u < units; u++) {
      const covered = whole > 0 ? coverage[u] / whole : 0;
      coverage[u] = covered;
      if (!(total[u] > 0) || covered < floor) scores[u] = NaN;
      else scores[u] = plain ? scores[u] / total[u] : backward(scores[u] / total[u]);
    }
    return;
  }
  const used = places.map((place, c) => [into.scores[place], weights[slots[c]]]).filter(([, w]) => w > 0);
  const won = mean.compare?.(used.map(([xs]) => xs), used.map(([, w]) => w), total);
  for (let u = 0; u < units; u++) {
    coverage[u] = whole > 0 ? coverage[u] / whole : 0;
    if (!(total[u] > 0)) scores[u] = NaN;
    else if (won) scores[u] = won[u];
    else {
      const own = used.filter(([xs]) => known(xs[u]));
      scores[u] = mean.combine(own.map(([xs]) => xs[u]), own.map(([, w]) => w));
    }
    if (coverage[u] < floor) scores[u] = NaN;
  }
}

function add(xs, w, total, scores) {
  for (let u = 0; u < xs.length; u++) {
    const x = xs[u];
    if (x !== x) continue;
    total[u] += w;
    scores[u] += w * x;
  }
}

function cover(xs, own, covered, coverage) {
  for (let u = 0; u < xs.length; u++) {
    if (xs[u] === xs[u]) coverage[u] += covered === null ? own : own * covered[u];
  }
}

function makeRoom(tree, leaves, units) {
  const fresh = () => new Float64Array(units);
  return { scores: [...leaves, ...tree.parents.map(fresh)], coverage: tree.parents.map(fresh), total: fresh() };
}

// The index as it is under some choices: scores and ranks by node.
export function scoreIndex(data, choices, least = data.min_coverage) {
  const tree = applyChoices(data.nodes, choices);
  const leaves = tree.leaves.map((leaf) => normalise(data.values[leaf.code], leaf));
  const units = data.units.length, { weights } = tree;
  const made = aggregate(tree, {
    weights, nominal: weights, least, into: makeRoom(tree, leaves, units),
  });
  const scores = new Map([...tree.at].map(([code, place]) => [code, made.scores[place]]));
  return { tree, leaves, scores, least, coverage: made.coverage };
}

// ---------------------------------------------------------------- runs

// The doubles of numpy's default_rng: PCG64 (XSL-RR), from the state that Python hands over.
export function drawNumbers(seed, count) {
  const mask = (1n << 128n) - 1n, low = (1n << 64n) - 1n;
  const step = 0x2360ed051fc65da44385df649fccf645n, increment = BigInt(seed.inc);
  const numbers = new Float64Array(count);
  let state = BigInt(seed.state);
  for (let i = 0; i < count; i++) {
    state = (state * step + increment) & mask;
    const word = (state >> 64n) ^ (state & low), turned = state >> 122n;
    const bits = ((word >> turned) | (word << (64n - turned))) & low;
    numbers[i] = Number(bits >> 11n) / 9007199254740992;
  }
  return numbers;
}

// The runs of `run_sensitivity` with its default factors and the same random numbers.
export function simulate(made, numbers, n) {
  try {
    return drawRuns(made, numbers, n, true);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    // A geometric mean of scores below zero does not exist; then the mean stays as it is.
    return drawRuns(made, numbers, n, false);
  }
}

function drawRuns(made, numbers, n, geometric) {
  const { tree, leaves, least } = made, units = leaves[0].length;
  const removable = listRemovable(tree), slot = findSlots(tree);
  const options = [[], ...removable.map((code) => findBranch(tree, code))];
  const weights = tree.weights.slice(), nominal = tree.weights.slice();
  const room = makeRoom(tree, leaves, units), first = leaves.length;
  const kept = new Map(tree.parents.map((p) => [p.code, new Float64Array(n * units)]));
  const dropped = new Array(n);
  for (let run = 0; run < n; run++) {
    for (let i = 0; i < tree.slots; i++) {
      weights[i] = tree.weights[i] * (1 - SPREAD + 2 * SPREAD * numbers[run * tree.slots + i]);
    }
    nominal.set(tree.weights);
    const pick = Math.floor(numbers[n * tree.slots + run] * options.length);
    const out = Math.min(pick, options.length - 1);
    for (const code of options[out]) weights[slot.get(code)] = nominal[slot.get(code)] = 0;
    dropped[run] = out ? removable[out - 1] : "";
    const drawn = numbers[n * (tree.slots + 1) + run] >= 0.5 ? "geometric" : "arithmetic";
    const topMethod = geometric ? drawn : "";
    aggregate(tree, { weights, nominal, least, topMethod, into: room });
    tree.parents.forEach((p, i) => kept.get(p.code).set(room.scores[first + i], run * units));
  }
  return { n, units, kept, dropped, geometric };
}

const findSlots = (tree) => new Map(tree.parents.flatMap((p) => p.children.map((c, i) => [c, p.slots[i]])));

// How many random numbers the runs of an index take at most: with every indicator in.
export function countNumbers(data, n) {
  return n * (data.nodes.filter((node) => node.kind !== "context").length + 1);
}

export function listRemovable(tree) {
  return tree.leaves.map((leaf) => leaf.code)
    .filter((code) => findBranch(tree, code).at(-1) !== tree.root);
}

// The index without each indicator in turn, and as it is (the empty name).
export function leaveOut(made) {
  const { tree, leaves, least } = made, units = leaves[0].length;
  const slot = findSlots(tree);
  return ["", ...listRemovable(tree)].map((code) => {
    const weights = tree.weights.slice();
    for (const gone of code ? findBranch(tree, code) : []) weights[slot.get(gone)] = 0;
    const room = aggregate(tree, {
      weights, nominal: weights, least, into: makeRoom(tree, leaves, units),
    });
    return { code, scores: new Map(tree.parents.map((p, i) => [p.code, room.scores[leaves.length + i]])) };
  });
}

// ---------------------------------------------------------------- verdicts

// Where one unit stands on a node against a set: rank, percentile, median, gap.
export function compare(scores, unit, members) {
  const own = scores[unit], others = sortKnown(members.map((i) => scores[i]));
  const middle = median(others);
  const slack = ROUNDING * others.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
  let above = 0, below = 0;
  for (const other of others) {
    if (other > own + slack) above++;
    if (own - other > slack) below++;
    else if (Math.abs(own - other) <= slack) below += 0.5;
  }
  const gap = own - middle, none = !known(own) || !others.length;
  return { score: own, n: others.length, median: middle, rank: none ? NaN : 1 + above,
    percentile: none ? NaN : (100 * below) / others.length,
    gap: Math.abs(gap) <= ROUNDING * Math.abs(middle) ? 0 : gap };
}

// Sorts units by their scores, those without one last, from the order of the run before: runs are
// much alike. `sorted` then holds the scores, `n` their number, `middle` the median and `slack` the
// difference that is nothing but rounding.
class Sorter {
  constructor(units) {
    this.order = Int32Array.from(units);
    this.sorted = new Float64Array(units.length);
    this.n = this.middle = this.slack = 0;
  }

  sort(scores) {
    const { order, sorted } = this;
    let n = order.length;
    for (let i = 0; i < n; ) {
      const unit = order[i], x = scores[unit];
      if (x !== x) {
        order[i] = order[--n];
        order[n] = unit;
        continue;
      }
      let at = i++;
      for (; at > 0 && sorted[at - 1] > x; at--) {
        sorted[at] = sorted[at - 1];
        order[at] = order[at - 1];
      }
      sorted[at] = x;
      order[at] = unit;
    }
    const half = n >> 1;
    this.n = n;
    this.middle = !n ? NaN : n % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    this.slack = n ? ROUNDING * Math.max(Math.abs(sorted[0]), Math.abs(sorted[n - 1])) : 0;
  }

  // How many are above a score by more than rounding.
  countAbove(own) {
    const { sorted, n, slack } = this;
    let low = 0, high = n;
    while (low < high) {
      const at = (low + high) >> 1;
      if (sorted[at] - slack > own) high = at;
      else low = at + 1;
    }
    return n - low;
  }
}

const cut = (gap, slack) => (Math.abs(gap) <= slack ? 0 : gap);

// Judge some units on the index and its groups: the table of `judge_units`.
export function judge(made, runs, left, units, members, level) {
  const { tree } = made, tail = (1 - level) / 2, parents = tree.parents.map((p) => p.code);
  const gaps = new Map(), ranks = new Map(), outs = new Map();
  for (const code of parents) {
    const base = made.scores.get(code), kept = runs.kept.get(code);
    const sorter = new Sorter(members.filter((i) => known(base[i])));
    const gap = units.map(() => new Float64Array(runs.n).fill(NaN));
    const rank = units.map(() => new Float64Array(runs.n).fill(NaN));
    for (let run = 0; run < runs.n; run++) {
      const scores = kept.subarray(run * runs.units, (run + 1) * runs.units);
      sorter.sort(scores);
      for (let j = 0; j < units.length; j++) {
        const own = scores[units[j]];
        if (!known(base[units[j]]) || !known(own)) continue;
        gap[j][run] = cut(own - sorter.middle, sorter.slack);
        rank[j][run] = 1 + sorter.countAbove(own);
      }
    }
    gaps.set(code, gap);
    ranks.set(code, rank);
    outs.set(code, left.map((one) => {
      const scores = one.scores.get(code);
      sorter.sort(scores);
      return units.map((i) => (known(base[i]) ? cut(scores[i] - sorter.middle, sorter.slack) : NaN));
    }));
  }
  return units.map((unit, j) => {
    const nodes = new Map();
    const without = new Map(parents.map((code) => [code, outs.get(code).map((own) => own[j])]));
    for (const code of parents) {
      const all = gaps.get(code)[j], whole = without.get(code)[0];
      const hinges = left.filter((one, i) => i && Math.sign(without.get(code)[i]) * Math.sign(whole) < 0)
        .map((one) => one.code);
      const own = sortKnown(all), placed = sortKnown(ranks.get(code)[j]);
      const row = { ...compare(made.scores.get(code), unit, members), hangs_on: hinges,
        gap_low: quantile(own, tail), gap_high: quantile(own, 1 - tail),
        rank_low: quantile(placed, tail, Math.floor), rank_high: quantile(placed, 1 - tail, Math.ceil),
        share_behind: countBelow(all) / runs.n };
      const kept = hinges.length ? sortKnown(all.filter((x, i) => !hinges.includes(runs.dropped[i]))) : own;
      nodes.set(code, { ...row, verdict: judgeGap(row, kept, tail) });
    }
    const own = tree.dimensions.map((code) => gaps.get(code)?.[j] ?? []);
    tree.dimensions.forEach((code, d) => {
      if (!nodes.has(code)) return; // an indicator right below the index
      let widest = 0;
      for (let run = 0; run < runs.n; run++) {
        let least = Infinity;
        for (let k = 0; k < own.length; k++) if (own[k][run] < least) least = own[k][run];
        if (own[d][run] === least) widest++;
      }
      nodes.get(code).share_widest = widest / runs.n;
    });
    for (const leaf of tree.leaves) {
      const row = compare(made.scores.get(leaf.code), unit, members);
      const { percentile: p } = row;
      const verdict = !known(row.score) ? "unmeasured" : p < EVEN_FROM ? "behind" : p > EVEN_TO ? "ahead" : "about even";
      nodes.set(leaf.code, { ...row, verdict });
    }
    return { nodes, priority: findPriority(tree, nodes, left, without) };
  });
}

function countBelow(xs) {
  let n = 0;
  for (let i = 0; i < xs.length; i++) if (xs[i] < 0) n++;
  return n;
}

function judgeGap(row, kept, tail) {
  if (!known(row.score)) return "unmeasured";
  const low = quantile(kept, tail), high = quantile(kept, 1 - tail);
  if (low <= 0 && high >= 0) return "about even";
  if (row.hangs_on.length) return "rests on one";
  return low > 0 ? "ahead" : "behind";
}

export function orderDimensions(tree, nodes) {
  return tree.dimensions.filter((code) => known(nodes.get(code).gap))
    .sort((a, b) => nodes.get(a).gap - nodes.get(b).gap);
}

function findPriority(tree, nodes, left, without) {
  const order = orderDimensions(tree, nodes).filter((code) => without.has(code));
  if (!order.length) return null;
  const code = order[0];
  if (nodes.get(code).gap >= 0) return { code, status: "none", hangs_on: [] };
  const lowest = (i) => tree.dimensions.filter((c) => without.has(c) && known(without.get(c)[i]))
    .reduce((a, c) => (a && !(without.get(c)[i] < without.get(a)[i]) ? a : c), "");
  const other = new Set(left.filter((one, i) => i && (lowest(i) !== code || !(without.get(code)[i] < 0)))
    .map((one) => one.code));
  const hangs = tree.leaves.map((leaf) => leaf.code).filter((c) => other.has(c));
  if (hangs.length) return { code, status: "hangs", hangs_on: hangs };
  return { code, status: nodes.get(code).gap_high < 0 ? "clear" : "open", hangs_on: [] };
}

// Ranks of some units among themselves over the runs: shares of runs by rank, and the interval.
export function rankAmong(made, runs, units, level) {
  const tail = (1 - level) / 2, base = made.scores.get(made.tree.root);
  const kept = runs.kept.get(made.tree.root), able = units.filter((i) => known(base[i]));
  const places = new Map(able.map((i) => [i, []]));
  for (let run = 0; run < runs.n; run++) {
    const scores = able.map((i) => kept[run * runs.units + i]);
    rankFigures(scores, true).forEach((rank, at) => known(rank) && places.get(able[at]).push(rank));
  }
  const now = rankFigures(units.map((i) => base[i]), true);
  return new Map(units.map((i, at) => {
    const own = Float64Array.from(places.get(i) || []).sort();
    const shares = units.map((_, rank) => own.length ? own.filter((x) => x === rank + 1).length / own.length : NaN);
    return [i, { rank: now[at], shares, low: quantile(own, tail, Math.floor), high: quantile(own, 1 - tail, Math.ceil) }];
  }));
}
