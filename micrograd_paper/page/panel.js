"use strict";
// What is said and done: the panel, play, edits, the address, names, keys. passes.js computes, picture.js draws.

// The panel.
const slider = element("slider");
function say(what) {
  element("message").textContent = what;
  if (what) element("message").scrollIntoView({block: "nearest"});
}
function enable(id, on) { element(id).setAttribute("aria-disabled", String(!on)); }  // `disabled` would lose the focus
function describe() {
  const total = graph.steps.length;
  const [phase, done, of] = at <= forwardSteps
    ? ["forward pass", at, forwardSteps] : ["backward pass", at - forwardSteps, total - forwardSteps];
  element("phase").textContent = total === 0 ? "a graph of one leaf: there is nothing to compute"
    : at === 0 ? `before the forward pass · ${total} steps` : `${phase} · ${done} of ${of} · step ${at} of ${total}`;
  const {symbols, numbers, total: sum, equation} = at > 0 ? lines(at - 1)
    : {symbols: "the leaves are given", numbers: total > 0 ? "the next step computes the first node" : "", total: "", equation: ""};
  element("symbols").textContent = symbols;
  element("numbers").textContent = numbers;
  element("sum").textContent = sum;
  element("equation").textContent = equation && `${equation} ${graph.equations[equation]}`;
  const made = at > 0 ? graph.nodes[graph.steps[at - 1].node].origin : null;
  element("origin").textContent = made ? `made at ${made}` : "";
  slider.value = at;
  slider.setAttribute("aria-valuetext", `step ${at} of ${total}`);
  for (const id of ["first", "back"]) enable(id, at > 0);
  for (const id of ["next", "last"]) enable(id, at < total);
  around();
}
function around() {
  const size = 7, start = Math.max(0, Math.min(at - 3, graph.steps.length + 1 - size));
  const list = element("around"), held = list.contains(document.activeElement);
  list.replaceChildren();
  for (let s = start; s < Math.min(start + size, graph.steps.length + 1); s++) {
    const item = document.createElement("li"), button = document.createElement("button");
    button.textContent = s === 0 ? "the beginning" : brief(s - 1);
    button.title = s === 0 ? "" : line(s - 1);
    button.addEventListener("click", () => go(s));
    button.tabIndex = -1;
    if (s === at) button.setAttribute("aria-current", "step");
    if (s > at) button.className = "future";
    item.append(button);
    list.append(item);
    if (s === at && held) button.focus();
  }
}
function go(s, {quietly = false} = {}) {
  at = Math.max(0, Math.min(graph.steps.length, Math.round(s) || 0));
  if (at === graph.steps.length) play(false);
  paint();
  describe();
  follow(quietly ? "instant" : "auto");
  if (!quietly) remember();
}
function jump(i) {
  const first = graph.steps.findIndex(({operand}) => operand === i);
  go(first >= 0 ? first + 1 : madeAt[i]);
  if (graph.nodes[i].op === null) chooseLeaf(i);
}

// Play.
let timer = null;
function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => go(at + 1), 1000 / Number(element("speed").value)) : null;
  element("play").setAttribute("aria-label", on ? "Pause" : "Play");
  element("step").setAttribute("aria-live", on ? "off" : "polite");  // nobody can listen as fast
}
function togglePlay() {
  if (timer === null && at === graph.steps.length) go(0);
  play(timer === null);
}

// Change a number.
const leaf = element("leaf"), field = element("number");
function chooseLeaf(i) {
  leaf.value = i;
  field.value = exact(pass.data[i]);
}
function change(changes) {  // an edit that cannot be computed leaves everything as it was
  const wanted = new Map(edits);
  for (const [i, x] of changes) Object.is(x, graph.nodes[i].data) ? wanted.delete(i) : wanted.set(i, x);
  try {
    if (wanted.size && graph.unwritable) throw new DomainError(graph.unwritable);
    pass = wanted.size ? backward(forward(wanted)) : recorded;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    say(error.message);
    return;
  }
  edits.clear();
  for (const [i, x] of wanted) edits.set(i, x);
  say("");
  enable("reset", edits.size > 0);
  measure();
  chooseLeaf(Number(leaf.value));
  go(at);
}

// The address: #step=17&w2_1_1=0.5
let remembering = null;
function remember() {  // a moment later: browsers refuse an address that changes too often
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const numbers = [...edits].map(([i, x]) => `&${graph.nodes[i].key}=${exact(x).replace("+", "")}`);  // + would be a space
    history.replaceState(null, "", `#step=${at}${numbers.join("")}`);
  }, 200);
}
function restore() {
  const given = new URLSearchParams(location.hash.slice(1)), wanted = new Map(leaves.map(i => [i, graph.nodes[i].data]));
  const wrong = [];
  for (const [name, value] of given) {
    if (name === "step") continue;
    const i = leaves.find(i => graph.nodes[i].key === name), x = parsed(value);
    if (i === undefined || x === null) wrong.push(`the address has ${name}=${value}, which is no leaf of this graph and its number`);
    else wanted.set(i, x);
  }
  change(wanted);
  if (wrong.length && !element("message").textContent) say(wrong[0]);
  go(Number(given.get("step")), {quietly: true});
  clearTimeout(remembering);
}

// Names.
function find(name) {
  const wanted = name.trim().replace(/^∂[^/]*\/∂/, "").replace(/^(delta|δ)/, "z");
  const same = key => graph.nodes.findIndex(node => node[key] === wanted);
  const found = [same("key"), same("name"), same("label")].find(i => i >= 0);
  if (found !== undefined) return found;
  const begins = graph.nodes.flatMap((node, i) => node.key.startsWith(wanted) || node.name.startsWith(wanted) ? [i] : []);
  return wanted && begins.length === 1 ? begins[0] : -1;
}

// What a person does.
const pressed = {
  first: () => go(0), back: () => go(at - 1), play: togglePlay, next: () => go(at + 1), last: () => go(graph.steps.length),
  reset: () => change(leaves.map(i => [i, graph.nodes[i].data])),
  smaller, larger, real: () => zoom(1), fit: () => zoom(Math.min(whole(), 1.5)),
};
for (const [id, action] of Object.entries(pressed)) element(id).addEventListener("click", action);
element("speed").addEventListener("change", () => { if (timer !== null) play(true); });
slider.addEventListener("input", () => go(Number(slider.value)));
leaf.addEventListener("change", () => chooseLeaf(Number(leaf.value)));
element("search").addEventListener("submit", event => {
  event.preventDefault();
  const name = element("symbol").value, i = find(name);
  say(i >= 0 ? "" : `no node of this graph is named ${name || "so: the field is empty"}`);
  if (i >= 0) jump(i);
});
element("edit").addEventListener("submit", event => {
  event.preventDefault();
  const x = parsed(field.value);
  if (x === null) say(`expected a number such as 0.5 or -1e-3; got ${field.value || "nothing"}`);
  else change([[Number(leaf.value), x]]);
});
rows.forEach((row, i) => {
  if (row === null) return;
  row.setAttribute("tabindex", "0");
  row.setAttribute("role", "button");
  row.addEventListener("click", () => { if (!drag?.moved) jump(i); });
  row.addEventListener("keydown", event => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    jump(i);
  });
});
const keys = {
  ArrowRight: pressed.next, ArrowLeft: pressed.back, Home: pressed.first, End: pressed.last, " ": togglePlay,
  "+": larger, "=": larger, "-": smaller, "0": pressed.real, "/": () => element("symbol").focus(),
};
addEventListener("keydown", event => {
  const {key, target} = event;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (target.closest?.("select, input:not([type=range])")) {
    if (key === "Escape") drawing.focus();
    return;
  }
  if (key === " " && target.closest?.("button, summary")) return;
  if (!Object.hasOwn(keys, key)) return;
  event.preventDefault();
  keys[key]();
});
addEventListener("hashchange", restore);

slider.max = graph.steps.length;
svg.setAttribute("role", "group");
element("symbol").placeholder = graph.nodes[graph.steps.at(-1)?.operand ?? root].key;
element("symbols-of-the-graph").append(...graph.nodes.map(node => new Option(node.name, node.key)));
leaf.append(...leaves.map(i => {  // what has no label is known by its number
  const {name, label, data} = graph.nodes[i];
  return new Option(label === null ? `${name} = ${text(data)}` : name, i);
}));
chooseLeaf(leaves[0]);
measure();
if (innerWidth > 760) zoom(whole() < 0.6 ? 0.8 : Math.min(whole(), 1));  // the whole, if that can be read
restore();
