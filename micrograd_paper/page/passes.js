// The two passes of the graph and what each step says, in numbers and text alone; panel.js shows them.

const pristine = document.documentElement.outerHTML;  // before any script changes it: a saved page is this one

// The graph as the page's JSON describes it; `PROGRAM`, the table of operations as JavaScript, is the script before.
class Shown {  // a number that is no float: Python's text of it, short and whole
  constructor([text, whole]) { Object.assign(this, {text, whole}); }
}
const number = x => typeof x === "string" ? Number(x) : Array.isArray(x) ? new Shown(x) : x;  // "NaN", "Infinity"
const graph = JSON.parse(document.getElementById("graph").textContent);
for (const node of graph.nodes) {
  node.data = number(node.data);
  node.partials = node.partials.map(number);
}

// What the program calls: Python's functions, which raise where JavaScript gives nan or an infinity.
class DomainError extends Error {}
function raise(what) { throw new DomainError(graph.errors[what]); }
const abs = Math.abs, tanh = Math.tanh;
function exp(x) { const y = Math.exp(x); return y === Infinity && x !== Infinity ? raise("exp") : y; }
function log(x) { return x <= 0 ? raise("log") : Math.log(x); }
function log1p(x) { return x <= -1 ? raise("log") : Math.log1p(x); }
function sqrt(x) { return x < 0 ? raise("sqrt") : Math.sqrt(x); }
function sin(x) { return abs(x) === Infinity ? raise("sin") : Math.sin(x); }
function cos(x) { return abs(x) === Infinity ? raise("cos") : Math.cos(x); }
function divide(x, y) { return y === 0 ? raise("divide") : x / y; }
function power(x, n) {
  if (x === 0 && n < 0 && n !== -Infinity) raise("zero_power");
  if (x < 0 && x !== -Infinity && Number.isFinite(n) && !Number.isInteger(n)) raise("negative_power");
  const y = ieee_power(x, n);
  return abs(y) === Infinity && Number.isFinite(x) && Number.isFinite(n) ? raise("large_power") : y;
}
function ieee_divide(x, y) { return x / y; }
function ieee_power(x, n) { return x === 1 || (x === -1 && abs(n) === Infinity) ? 1 : Math.pow(x, n); }
function ieee_log(x) { return Math.log(x); }

// The engine: the forward pass in the order of the nodes, then the chain rule, once for each edge, in reverse.
function forward(leaves) {
  const data = [], partials = [];
  graph.nodes.forEach((node, i) => {
    if (node.op === null) {
      data.push(leaves.has(i) ? leaves.get(i) : node.data);
      partials.push([]);
      return;
    }
    const operands = node.operands.map(k => data[k]);
    try {
      data.push(PROGRAM[node.op].forward(...operands));
      partials.push(PROGRAM[node.op].partials(data[i], ...operands));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const op = graph.ops[node.op];
      const places = node.operands.slice(0, 4).map((k, j) => {
        const {called, name, origin} = graph.nodes[k];
        return `${called ?? name} = ${text(operands[j])}${origin ? ` (${origin})` : ""}`;
      });
      const more = node.operands.length > 4 ? ", …" : "";
      throw new DomainError(`${op.name} ${op.symbol} of ${places.join(", ")}${more}: ${error.message}`);
    }
  });
  return {data, partials};
}
function backward({data, partials}) {
  const grad = new Array(graph.nodes.length).fill(0);
  grad[graph.nodes.length - 1] = 1;
  const before = [], term = [], after = [];
  for (const {node, operand, position} of graph.steps) {
    const isForward = operand === null;
    before.push(isForward ? null : grad[operand]);
    term.push(isForward ? null : partials[node][position] * grad[node]);
    if (!isForward) grad[operand] = grad[operand] + term.at(-1);  // the chain rule, (18)
    after.push(isForward ? data[node] : grad[operand]);
  }
  return {data, partials, grad, before, term, after};
}

// Numbers as text: four significant digits as Python rounds them, ties to even.
function general(x) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  let [digits, exponent] = x.toExponential(3).split("e");
  const mayTie = /^-?\d\.\d{3}5e/.test(x.toExponential());  // 60 digits take long, and few numbers need them
  const tie = mayTie && /^(-?\d\.\d\d(\d))50*e([-+]\d+)$/.exec(x.toExponential(60));
  if (tie && Number(tie[2]) % 2 === 0) [digits, exponent] = [tie[1], tie[3]];
  exponent = Number(exponent);
  const strip = text => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  if (exponent >= -4 && exponent < 4) return strip(Number(`${digits}e${exponent}`).toFixed(3 - exponent));
  return `${strip(digits)}e${exponent}`;
}
const text = x => x instanceof Shown ? x.text : general(x).replaceAll("-", "−");
const exact = x => x instanceof Shown ? x.whole : x === 0 || !Number.isFinite(x) ? general(x) : String(x);  // all digits, as `parsed` reads them
function parsed(given) {  // a number as people write it, or null
  const plain = given.trim().replaceAll("−", "-").toLowerCase();
  if (plain === "nan") return NaN;
  if (!/^[-+]?(inf|infinity|(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)$/.test(plain)) return null;
  return Number(plain.replace(/inf.*/, "Infinity"));
}

// The steps: 0 is before the first, graph.steps.length after the last.
const root = graph.nodes.length - 1;
const forwardSteps = graph.steps.filter(step => step.operand === null).length;
const madeAt = graph.nodes.map(() => 0), reachedAt = graph.nodes.map(() => Infinity), completeAt = graph.nodes.map(() => 0);
graph.steps.forEach(({node, operand}, s) => {
  if (operand === null) madeAt[node] = s + 1;
  else {
    reachedAt[operand] = Math.min(reachedAt[operand], s + 1);
    completeAt[operand] = s + 1;
  }
});
reachedAt[root] = completeAt[root] = forwardSteps + (graph.steps.length > forwardSteps ? 1 : 0);

const SINGLE = /^(?:[\p{L}\p{N}_.]+(?:e[-−]\d+)?|\[.*)$/u;  // a text that needs no brackets
const inBrackets = written => SINGLE.test(written) ? written : `(${written})`;
const numbersOf = graph => ({data: graph.nodes.map(node => node.data), partials: graph.nodes.map(node => node.partials)});
const given = graph.recorded;
const recorded = given ? {...numbersOf(graph), ...Object.fromEntries(Object.entries(given).map(([key, xs]) => [key, xs.map(number)]))}
  : backward(numbersOf(graph));
let pass = recorded;  // or another, after an edit
const edits = new Map();  // leaf → its number
const inOrder = new Intl.Collator("en", {numeric: true}).compare;
const leaves = graph.nodes.flatMap((node, i) => node.op === null ? [i] : []).sort((i, k) => {
  const [a, b] = [graph.nodes[i].key, graph.nodes[k].key];
  return b.startsWith("x") - a.startsWith("x") || inOrder(a, b);  // x₁ first
});

function hole(s, [quantity, node, position, bracketed]) {
  const step = graph.steps[s];
  const x = {
    data: () => pass.data[node], partial: () => pass.partials[node][position], term: () => pass.term[s],
    grad: () => pass.grad[node], before: () => pass.before[s], after: () => pass.after[s],
  }[quantity]();
  const written = text(x);
  return bracketed ? inBrackets(written) : written;
}
function filled(s, formula) { return formula.map(part => typeof part === "string" ? part : hole(s, part)).join(""); }
function lines(s) {  // what a step says, as Python's Step.text does
  const {name, operand, formula, numbers, result, equation} = graph.steps[s];
  const symbols = `${name} ${operand === null ? "=" : "+="} ${filled(s, formula)}`;
  const chain = [symbols];
  for (const next of [filled(s, numbers), hole(s, result)]) {
    if (!chain.at(-1).endsWith(`= ${next}`) && chain.at(-1) !== next) chain.push(next);
  }
  const isFirst = operand === null || reachedAt[operand] === s + 1, term = operand === null ? "" : text(pass.term[s]);
  const added = term.startsWith("−") && SINGLE.test(term.slice(1)) ? `− ${term.slice(1)}` : `+ ${inBrackets(term)}`;
  const total = isFirst ? "" : `${name} = ${text(pass.before[s])} ${added} = ${text(pass.after[s])}`;
  return {symbols, numbers: chain.slice(1).map(next => `= ${next}`).join(" "), total, equation};
}
function line(s) {  // all of it
  const {symbols, numbers, total, equation} = lines(s);
  return `${symbols}${numbers && ` ${numbers}`}${total && `; ${total}`}${equation && `   ${equation}`}`;
}
function brief(s) {  // without the sum, and where it is from
  const {symbols, numbers} = lines(s);
  return `${symbols} ${numbers}`;
}

// What a step does, in words: Python's table of templates, filled as Python's Step.words fills it.
function numberOf(s, [quantity, node, position]) {
  if (quantity === "data") return pass.data[node];
  if (quantity === "grad") return pass.grad[node];
  return quantity === "size" ? abs(pass.partials[node][position]) : pass.partials[node][position];
}
function largestTerms(i) {  // the terms w·a and b of a sum, the largest first; of equally large ones the first
  const {operands} = graph.nodes[i], half = operands.length >> 1, bias = operands.at(-1);
  const name = k => graph.nodes[k].name, terms = operands.slice(0, half).map((w, k) => {
    const a = operands[half + k];
    return [`${name(w)}·${name(a)}`, pass.data[w] * pass.data[a]];
  });
  return [...terms, [name(bias), pass.data[bias]]].sort((a, b) => abs(b[1]) - abs(a[1]));
}
function words(s) {
  const {node, operand, position, name, saying: [cases, given, tail]} = graph.steps[s];
  const [, , template] = cases.find(([condition, place]) => !condition || CONDITIONS[condition](numberOf(s, place)));
  const partial = pass.partials[node][position ?? 0];
  const slots = {
    node: graph.nodes[node].name, root: graph.nodes[root].name, value: text(pass.data[node]), partial: text(partial),
    operand: graph.nodes[operand]?.name, gradient: name, size: text(partial instanceof Shown ? partial : abs(partial)), grad: text(pass.grad[node]),
    term: text(pass.term[s]), after: text(pass.after[s]),
  };
  for (const [slot, parts] of Object.entries(given)) slots[slot] = filled(s, parts);
  if (template === "products") {
    [slots.first, slots.second] = largestTerms(node).map(([name, x]) => `${name} = ${text(x)}`);
  }
  return [template, tail].filter(Boolean)
    .map(key => graph.templates[key].replace(/\{(\w+)\}/g, (_, slot) => slots[slot])).join(" ");
}
