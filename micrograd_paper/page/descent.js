// Gradient descent on this graph: (7) for biases, as (28); (29) for weights. The passes are those of passes.js.
const {parameters, weights, inputs, examples, held, m} = graph.descent;
const isWeight = new Set(weights), shownExample = () => Number(element("example").value);
const batch = () => element("on").value === "all" ? examples : [inputs.map(i => pass.data[i])];
let trail = [], lastStep = null, measured = null, chosenRow = null, running = null;

function learning(id) {
  const x = parsed(element(id).value);
  return x !== null && Number.isFinite(x) && x >= 0 ? x : null;
}
function costsAt(numbers) {  // mean cost with its penalty, (27), its gradient without, and the held-out cost
  const grads = parameters.map(() => 0), given = batch(), alpha = learning("alpha") ?? 0;
  let training = 0, heldOut = 0;
  for (const example of given) {
    const leaves = new Map(numbers);
    inputs.forEach((i, k) => leaves.set(i, example[k]));
    const {data, grad} = backward(forward(leaves));
    training += data[root];
    parameters.forEach((i, k) => { grads[k] += grad[i]; });
  }
  for (const example of element("on").value === "all" ? held : []) {
    const leaves = new Map(numbers);
    inputs.forEach((i, k) => leaves.set(i, example[k]));
    heldOut += forward(leaves).data[root];
  }
  const squares = weights.reduce((sum, w) => sum + numbers.get(w) * numbers.get(w), 0);
  return {
    grads, k: given.length, training: training / given.length + (alpha ? alpha / (2 * m) * squares : 0),
    heldOut: held.length && element("on").value === "all" ? heldOut / held.length : null,
  };
}
const numbersNow = () => new Map(leaves.map(i => [i, pass.data[i]]));
function descend() {  // one step; false if it cannot be made
  const eta = learning("eta"), alpha = learning("alpha");
  if (eta === null || alpha === null) return stop(`η and α are numbers from 0 on; got ${element(eta === null ? "eta" : "alpha").value || "nothing"}`);
  try {
    const before = numbersNow();
    measured ??= costsAt(before);
    if (trail.length === 0) trail.push(measured);
    const {grads, k, training} = measured, after = new Map(before);
    parameters.forEach((i, j) => {
      const old = before.get(i);
      after.set(i, (isWeight.has(i) ? (1 - eta * alpha / m) * old : old) - eta / k * grads[j]);
      if (!Number.isFinite(after.get(i))) throw new DomainError(`${graph.nodes[i].called ?? graph.nodes[i].name} became ${general(after.get(i))}`);
    });
    const then = costsAt(after);
    if (!Number.isFinite(then.training)) throw new DomainError(`the cost became ${general(then.training)}`);
    measured = then;
    trail.push(then);
    lastStep = {eta, alpha, k, grads: grads.map(g => g / k), before, after, from: training, to: then.training};
    change(after);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return stop(`stopped at step ${trail.length}: ${error.message}; a smaller η may help`);
  }
  return true;
}
function stop(why) {
  runDescent(false);
  say(why);
  return false;
}
function runDescent(on) {
  clearInterval(running);
  running = on ? setInterval(() => { if (!descend()) runDescent(false); }, 120) : null;
  element("run").textContent = on ? "Pause" : "Play";
}
function forget() {  // another example, α or choice: the curve begins anew
  [trail, lastStep, measured] = [[], null, null];
  if (mode === "descent") showDescent();
}
function moved(k) { return lastStep.after.get(parameters[k]) - lastStep.before.get(parameters[k]); }
function most() { return parameters.reduce((best, _, k) => abs(moved(k)) > abs(moved(best)) ? k : best, 0); }

// What is seen of it: in each parameter's row the gradient that made the change, and the change; above, one of them.
const pills = new Map();  // how the drawing had them
function showDescent() {
  if (at !== graph.steps.length) go(graph.steps.length, {quietly: true});
  paint(-1);
  const peak = lastStep ? Math.max(...lastStep.grads.map(abs)) : 0;
  parameters.forEach((i, k) => {
    if (rows[i] === null) return;
    const {pill, gradient} = parts[i], row = rows[i];
    if (!pills.has(i)) {
      pills.set(i, [pill.width.baseVal.value, gradient.getAttribute("x")]);
      const note = document.createElementNS(svg.namespaceURI, "text");
      note.setAttribute("x", gradient.getAttribute("x"));
      note.setAttribute("y", gradient.getAttribute("y"));
      row.append(note);
    }
    const [width, x] = pills.get(i), narrow = width * 0.53;
    row.classList.add("descends");
    pill.setAttribute("width", narrow);
    gradient.setAttribute("x", Number(x) - width + narrow);
    const g = lastStep?.grads[k], change = lastStep ? moved(k) : 0;
    const size = abs(g) / peak, steps = graph.shades.filter(step => size >= step).length;
    const kind = !lastStep ? null : shadeClass(steps ? Math.sign(g) * steps : 0);
    pill.setAttribute("class", kind ? `pill ${kind}` : "pill not-computed");
    gradient.setAttribute("class", kind ? `gradient on-${kind}` : "gradient absent-ink");
    gradient.textContent = kind ? short(g) : "–";
    const note = row.lastElementChild;
    note.setAttribute("class", `change ${change > 0 ? "up" : "down"}`);
    note.textContent = !lastStep || change === 0 ? "" : `${change > 0 ? "▲" : "▼"}${short(abs(change))}`;
    for (const [label, room] of [[note, width - narrow - 6], [gradient, narrow - 8]]) {
      label.removeAttribute("textLength");
      if (label.textContent.length < 7 || label.getComputedTextLength() <= room) continue;
      label.setAttribute("textLength", room);
      label.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  });
  const [low, high] = svg.querySelectorAll(".legend .scale");
  if (high) [low.textContent, high.textContent] = lastStep ? [short(-peak), `${short(peak)} · of the last step`] : ["–", "–"];
  describeDescent();
  drawCurve();
}
function short(x) { return text(Number(x.toPrecision(3))); }
function hideDescent() {
  runDescent(false);
  for (const [i, [width, x]] of pills) {
    parts[i].pill.setAttribute("width", width);
    parts[i].gradient.setAttribute("x", x);
    rows[i].classList.remove("descends");
    rows[i].lastElementChild.textContent = "";
    parts[i].last.pill = parts[i].last.grad = parts[i].last.ink = undefined;  // painted anew in the other modes
  }
  measure();
}
function describeDescent() {
  const fill = (key, slots) => graph.templates[key].replace(/\{(\w+)\}/g, (_, slot) => slots[slot]);
  const decays = (lastStep?.alpha ?? learning("alpha") ?? 0) > 0, equation = decays ? "(29)" : "(7)";
  element("equation").textContent = `${equation} ${graph.descent.equations[equation][0]}${batch().length > 1 ? `, k = ${batch().length}` : ""}`;
  element("form").replaceChildren(tag("math", mathOf(graph.descent.equations[equation][1])));
  element("origin").textContent = "";
  if (!lastStep) {
    element("phase").textContent = "before the first step";
    element("math").replaceChildren();
    inWords(element("words"), fill("descent-start", {}));
    return;
  }
  const k = parameters.includes(chosenRow) ? parameters.indexOf(chosenRow) : most(), i = parameters[k];
  const {name} = graph.nodes[i], {eta, alpha, grads, before, after, from, to} = lastStep, change = moved(k);
  element("phase").textContent = `after step ${trail.length - 1} · shown: ${chosenRow === i ? name : "what moved most; click another row to see its own"}`;
  const cell = (content, kind = "") => tag("mtd", content, kind), number = x => tag("mtext", x < 0 ? `(${text(x)})` : text(x));
  const shrinks = isWeight.has(i) && alpha > 0, factor = shrinks ? [[operator("("), mathOf("1 − ηα/m"), operator(")")], operator("·")] : [];
  const nu = shrinks ? [number(1 - eta * alpha / m), tag("mtext", "·")] : [];
  element("math").replaceChildren(tag("math", tag("mtable", [
    tag("mtr", [mathOf(name), operator("←"), ...factor.map(part => tag("mrow", part)), mathOf(name), operator("−"), tag("mi", "η"), operator("·"),
                mathOf(`∂C/∂${name}`)].map(part => cell(part))),
    tag("mtr", [cell(tag("mtext", text(after.get(i))), "after"), ...[tag("mtext", "="), ...nu, number(before.get(i)), tag("mtext", "−"), tag("mtext", text(eta)),
                tag("mtext", "·"), number(grads[k])].map(part => cell(part))], "nu"),
  ])));
  const key = to < from ? "descent-fell" : to > from ? "descent-rose" : "descent-even";
  const said = fill(key, {size: text(abs(to - from)), cost: text(to)});
  const why = change === 0 ? fill("descent-still", {name}) : fill(alpha > 0 ? "descent-moved" : change > 0 ? "descent-up" : "descent-down",
    {name, gradient: text(grads[k]), eta: text(eta), size: text(abs(grads[k])), change: text(alpha > 0 ? change : abs(change))});
  inWords(element("words"), `${said} ${why}`);
}
function drawCurve() {
  const make = (name, given, content = "") => {
    const made = document.createElementNS(svg.namespaceURI, name);
    for (const [key, x] of Object.entries(given)) made.setAttribute(key, x);
    made.textContent = content;
    return made;
  };
  const last = trail.at(-1), place = element("curve"), cost = element("costs");
  const shown = (x, what) => [Object.assign(document.createElement("b"), {textContent: text(x)}), what];
  cost.replaceChildren(...(last ? [["training", "training cost"], ["heldOut", "held-out cost"]] : []).flatMap(([key, what]) => {
    if (last[key] === null) return [];
    const item = document.createElement("span");
    item.append(...shown(last[key], what));
    return [item];
  }));
  place.replaceChildren();
  if (!last) return;
  const all = trail.flatMap(({training, heldOut}) => heldOut === null ? [training] : [training, heldOut]);
  const top = Math.max(...all) || 1, x = s => 36 + 226 * s / Math.max(1, trail.length - 1), y = c => 160 - 146 * c / top;
  for (const share of [0, 0.5, 1]) {
    place.append(make("path", {class: "line", d: `M36 ${y(share * top)}H262`}),
                 make("text", {x: 32, y: y(share * top) + 4, "text-anchor": "end"}, short(share * top)));
  }
  place.append(make("text", {x: 36, y: 178}, "0"), make("text", {x: 262, y: 178, "text-anchor": "end"}, `step ${trail.length - 1}`));
  for (const [key, kind] of [["heldOut", "held"], ["training", "training"]]) {
    if (last[key] === null) continue;
    place.append(make("path", {class: kind, d: trail.map((costs, s) => `${s ? "L" : "M"}${x(s).toFixed(1)} ${y(costs[key]).toFixed(1)}`).join("")}));
  }
}

element("descend").addEventListener("click", () => { if (descend()) say(""); });
element("run").addEventListener("click", () => runDescent(running === null));
element("restart").addEventListener("click", () => {
  runDescent(false);
  change(parameters.map(i => [i, graph.nodes[i].data]));
  forget();
});
for (const [id, base] of [["eta", x => 10 ** x], ["alpha", x => x]]) {
  element(`${id}-slider`).addEventListener("input", event => {
    element(id).value = String(Number(base(Number(event.target.value)).toPrecision(2)));
    if (id === "alpha") forget();
  });
  element(id).addEventListener("change", () => {
    const x = learning(id);
    if (x !== null) element(`${id}-slider`).value = id === "eta" ? Math.log10(x || 1e-3) : x;
    if (id === "alpha") forget();
  });
}
element("on").addEventListener("change", forget);
element("example").addEventListener("change", () => {
  change(inputs.map((i, k) => [i, [...examples, ...held][shownExample()][k]]));
  if (element("on").value === "all") showDescent();
  else forget();
});
element("on").append(...(examples.length > 1 ? [new Option(`all ${examples.length} for training`, "all")] : []), new Option("the example shown", "one"));
element("example").append(...[...examples, ...held].map((_, k) => new Option(
  k < examples.length ? `example ${k + 1}` : `held-out example ${k - examples.length + 1}`, k)));
element("example").parentElement.hidden = examples.length + held.length < 2;
element("eta").value = graph.descent.eta;
element("alpha").value = graph.descent.alpha;
element("eta-slider").value = Math.log10(graph.descent.eta);
element("alpha-slider").value = graph.descent.alpha;

// The modes.
function choose_mode(name) {
  if ((name === "descent" && (graph.unwritable || parameters.length === 0)) || (name === "ask" && graph.recorded)) {
    return say(graph.unwritable ?? "this graph has no weights and no other named numbers to descend with");
  }
  if (mode === "descent" && name !== "descent") hideDescent();
  if (mode === "ask" && name !== "ask") endQuestions();
  play(false);
  if (name !== "steps") unfold();
  mode = document.body.dataset.mode = name;
  for (const button of document.querySelectorAll("[data-mode]:is(button)")) button.setAttribute("aria-pressed", String(button.dataset.mode === name));
  askWhy(false);
  say("");
  if (name === "ask") beginQuestions();
  else go(at, {quietly: true});
  if (name === "descent") showDescent();
}
for (const button of document.querySelectorAll("button[data-mode]")) button.addEventListener("click", () => choose_mode(button.dataset.mode));
