// What is said and done: the panel, play, edits, the address, names, keys. passes.js computes, picture.js draws.

// The panel.
let mode = "steps";  // or descent, or ask
let unfold = () => {};  // a picture of folded boxes is left for that of single nodes
const slider = element("slider");
function say(what) {
  element("message").textContent = what;
  if (what) element("message").scrollIntoView({block: "nearest"});
}
function enable(id, on) { element(id).setAttribute("aria-disabled", String(!on)); }  // `disabled` would lose the focus
// The steps that are gone through: those for ∂C/∂x and ∂C/∂y only if they are wanted.
let visible = [];  // the numbers of these steps, counted from 1
function choose() {
  const all = element("others").checked;
  visible = graph.steps.flatMap((step, s) => all || !step.skipped ? [s + 1] : []);
  slider.max = visible.length;
  element("turn").firstChild.value = placeOf(forwardSteps);  // a tick where the backward pass begins
  document.body.classList.toggle("fewer", visible.length < graph.steps.length);
}
const following = () => visible.find(s => s > at) ?? graph.steps.length;
const preceding = () => visible.findLast(s => s < at) ?? 0;
const placeOf = s => visible.filter(step => step <= s).length;
function describe() {
  const total = graph.steps.length, [phase, done, of] = at <= forwardSteps
    ? ["forward pass", at, forwardSteps] : ["backward pass", at - forwardSteps, total - forwardSteps];
  element("phase").textContent = total === 0 ? "a graph of one leaf: there is nothing to compute"
    : at === 0 ? `before the forward pass · ${total} steps` : `${phase} · ${done} of ${of} · step ${at} of ${total}`;
  const {symbols, numbers, total: sum} = at > 0 ? lines(at - 1)
    : {symbols: "the leaves are given", numbers: total > 0 ? "the next step computes the first node" : "", total: ""};
  element("symbols").textContent = symbols;
  element("numbers").textContent = numbers;
  element("sum").textContent = sum;
  const made = at > 0 ? graph.nodes[graph.steps[at - 1].node].origin : null;
  element("origin").textContent = made ? `made at ${made}` : "";
  slider.value = placeOf(at);
  slider.setAttribute("aria-valuetext", `step ${at} of ${total}`);
  for (const id of ["first", "back"]) enable(id, at > 0);
  for (const id of ["next", "last"]) enable(id, at < total);
  teach();
  around();
}
function around() {  // formula left, share right
  const list = element("around"), all = [0, ...visible], here = placeOf(mode === "ask" ? asked : at);
  const room = Math.max(3, Math.floor(list.clientHeight / 28)), start = Math.max(0, Math.min(here - (room >> 1), all.length - room));
  const held = list.contains(document.activeElement);
  list.replaceChildren();
  for (const s of all.slice(start, start + room)) {
    const item = document.createElement("li"), button = document.createElement("button");
    const [left, right] = [document.createElement("span"), document.createElement("span")];
    [left.textContent, right.textContent] = s === 0 ? ["the beginning", ""] : listed(s - 1);
    button.append(left, right);
    button.title = s === 0 || (mode === "ask" && s > at) ? "" : line(s - 1);
    button.addEventListener("click", () => go(s));
    button.tabIndex = -1;
    if (s === all[here]) button.setAttribute("aria-current", "step");
    if (s > at) button.className = "future";
    item.append(button);
    list.append(item);
    if (s === all[here] && held) button.focus();
  }
}
function listed(s) {
  const {name, operand, formula, result} = graph.steps[s];
  if (mode === "ask" && s + 1 > at) return [s + 1 === asked ? `${name} = ?` : name, ""];
  const written = filled(s, formula), sign = operand === null || (reachedAt[operand] === s + 1 && completeAt[operand] === s + 1) ? "=" : "+=";
  return [`${name} ${sign} ${written.includes(" + ") && operand === null ? "Σ …" : written}`, hole(s, result)];
}
function go(s, {quietly = false} = {}) {
  if (mode === "ask" && asked > 0) return;  // the questions go through the steps
  at = Math.max(0, Math.min(graph.steps.length, Math.round(s) || 0));
  if (at === graph.steps.length) play(false);
  if (!quietly && approaches && at > 0) {
    approaches = false;
    zoom(0.95);
  }
  paint();
  describe();
  follow(quietly ? "instant" : "auto");
  if (!quietly) remember();
}
function jump(i) {
  if (mode === "descent") {
    chosenRow = i;
    chooseLeaf(graph.nodes[i].op === null ? i : Number(leaf.value));
    return describeDescent();
  }
  const first = graph.steps.findIndex(({operand}) => operand === i);
  go(first >= 0 ? first + 1 : madeAt[i]);
  if (graph.nodes[i].op === null) chooseLeaf(i);
}

// Play.
let timer = null;
function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => go(following()), 1000 / Number(element("speed").value)) : null;
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
  paint(mode === "descent" ? -1 : at - 1);
  describe();
  remember();
  if (mode === "descent") showDescent();
}

// The address: #step=17&w2_1_1=0.5
let remembering = null;
function remember() {  // a moment later: browsers refuse an address that changes too often
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const numbers = [...edits].map(([i, x]) => `&${graph.nodes[i].key}=${exact(x).replace("+", "")}`);  // + would be a space
    try {
      history.replaceState(null, "", `#step=${at}${numbers.length > 200 ? "" : numbers.join("")}`);
    } catch { /* a page in a sandbox has no address */ }
  }, 200);
}
function restore() {
  const given = new URLSearchParams(location.hash.slice(1) || document.documentElement.dataset.start), wanted = new Map(leaves.map(i => [i, graph.nodes[i].data]));
  const wrong = [];
  for (const [name, value] of given) {
    if (name === "step" || name === "view" || name === "mode" || name === "kind") continue;
    const i = leaves.find(i => graph.nodes[i].key === name), x = parsed(value);
    if (i === undefined || x === null) wrong.push(`the address has ${name}=${value}, which is no leaf of this graph and its number`);
    else wanted.set(i, x);
  }
  change(wanted);
  if (wrong.length && !element("message").textContent) say(wrong[0]);
  go(Number(given.get("step")), {quietly: true});
  clearTimeout(remembering);
  if (given.get("view") === "present") present(true);
  const kinds = [...element("kind").options].map(option => option.value);
  if (kinds.includes(given.get("kind"))) element("kind").value = given.get("kind");
  if (["descent", "ask"].includes(given.get("mode")) && given.get("mode") !== mode) choose_mode(given.get("mode"));
}

// Names.
// w2_1_3, w²₁₃, ∂C/∂w²₁₃, dC/dw2_1_3, delta2_1; or the beginning of one name alone.
function find(name) {
  const bare = name.trim().replace(/^[∂d][^/]*\/[∂d]/, ""), wanted = bare.replace(/^(delta|δ)(?=[\d⁰¹²³⁴⁵⁶⁷⁸⁹_])/, "z");
  for (const key of ["key", "name", "label"]) {
    const found = graph.nodes.findIndex(node => node[key] === wanted || node[key] === name.trim());
    if (found >= 0) return found;
  }
  const begins = graph.nodes.flatMap((node, i) => node.key.startsWith(wanted) || node.name.startsWith(wanted) ? [i] : []);
  return wanted && begins.length === 1 ? begins[0] : -1;
}

// The rows are one stop of the Tab key; arrow keys go from row to row: up and down in the picture, left to an operand,
// right to what it is used for.
let current = rows.findIndex(row => row !== null);
function focusRow(i) {
  if (rows[i] === null) return;
  rows[current].setAttribute("tabindex", "-1");
  rows[current = i].setAttribute("tabindex", "0");
  rows[i].focus();
}
function neighbour(i, key) {
  if (key === "ArrowLeft") return graph.nodes[i].operands.at(-1) ?? i;
  if (key === "ArrowRight") return graph.nodes.findIndex(node => node.operands.includes(i));
  const here = rows[i].getBoundingClientRect(), down = key === "ArrowDown" ? 1 : -1;
  let best = -1, least = Infinity;
  rows.forEach((row, k) => {
    if (row === null) return;
    const there = row.getBoundingClientRect(), by = (there.top - here.top) * down;
    if (by > 1 && abs(there.left - here.left) < here.width / 2 && by < least) [best, least] = [k, by];
  });
  return best;
}

// What a person does.
const sized = action => () => { approaches = false; action(); };
const pressed = {
  first: () => go(0), back: () => go(preceding()), play: togglePlay, next: () => go(following()), last: () => go(graph.steps.length),
  reset: () => change(leaves.map(i => [i, graph.nodes[i].data])),
  smaller: sized(smaller), larger: sized(larger), real: sized(() => zoom(1)), 
  fit: sized(() => { for (const _ of "12") zoom(Math.min(whole(), 1.5)); }),  // once more without scroll bars
};
for (const [id, action] of Object.entries(pressed)) element(id).addEventListener("click", action);
element("speed").addEventListener("change", () => { if (timer !== null) play(true); });
slider.addEventListener("input", () => go(visible[Number(slider.value) - 1] ?? 0));
element("others").addEventListener("change", () => { choose(); go(at); });
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
  row.setAttribute("tabindex", i === current ? "0" : "-1");
  row.setAttribute("role", "button");
  row.addEventListener("click", () => { if (!drag?.moved) jump(i); });
  row.addEventListener("keydown", event => {
    const goes = event.key.startsWith("Arrow");
    if (!goes && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (!goes) return jump(i);
    const to = neighbour(i, event.key);
    if (to >= 0) focusRow(to);
  });
});
const keys = {
  ArrowRight: pressed.next, ArrowLeft: pressed.back, PageDown: pressed.next, PageUp: pressed.back, Home: pressed.first, End: pressed.last, " ": togglePlay,
  "+": pressed.larger, "=": pressed.larger, "-": pressed.smaller, "0": pressed.real, "/": () => element("symbol").focus(),
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

choose();
const others = graph.steps.filter(step => step.skipped).length;
element("others-too").hidden = others === 0;
element("others-too").lastElementChild.textContent = `also the steps for inputs and targets: ${others}`;
svg.setAttribute("role", "group");
element("symbol").placeholder = graph.nodes[graph.steps.at(-1)?.operand ?? root].key;
element("symbols-of-the-graph").append(...graph.nodes.map(node => new Option(node.name, node.key)));
leaf.append(...leaves.map(i => {  // what has no label is known by its number
  const {name, label, data} = graph.nodes[i];
  return new Option(label === null ? `${name} = ${text(data)}` : name, i);
}));
chooseLeaf(leaves[0]);
measure();
const opensWhole = innerWidth >= 480 && size.width > 0;
if (opensWhole) zoom(Math.min(whole(), 1));
let approaches = opensWhole && whole() < 0.75;  // what is too small to read is followed at a size that is not
