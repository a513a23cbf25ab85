// A large graph is shown with what is alike in one box. Below it stands what the step at hand needs; a click opens the
// single nodes there, and the back button folds them again.

const single = svg, boxes = drawing.querySelectorAll("svg")[1];
const make = (name, attributes) => {
  const made = document.createElementNS(svg.namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const folds = graph.folds.rows.map(([id, nodes]) => {
  const row = element(id), [value, pill, gradient, tip] = [".value", ".pill", ".gradient", "title"].map(name => row.querySelector(name));
  return {row, nodes, value, pill, gradient, tip, name: tip.textContent.split("\n")[0].replace(/ = .*/, ""),
          seen: [...row.querySelectorAll(".operator, .symbol, .label, .low")].map(part => part.textContent).join(" "), sign: row.querySelector(".delta") ? `${row.querySelector(".delta").textContent} ` : "", onCost: value.classList.contains("on-cost"),
          cells: [...row.querySelectorAll("rect")].filter(rect => rect.getAttribute("height") === "14")};
});
const foldOf = new Map(folds.flatMap(({nodes}, at) => nodes.map(node => [node, at])));
const around_folds = ["from", "now"].map(name => [name, boxes.querySelector(".graph").appendChild(make("rect", {class: `highlight of-${name}`, rx: 4}))]);
const opened = drawing.appendChild(make("svg", {class: boxes.getAttribute("class"), "aria-hidden": "true"}));
opened.style.justifySelf = "center";

// The numbers of many nodes: their norm, or how many of them there are already; never a norm of some.
const norm = xs => xs.some(x => x instanceof Shown) ? "–" : text(Math.hypot(...xs));
function summed(nodes, isThere, numberOf, absent) {
  const there = nodes.filter(isThere).length;
  if (there === 0) return absent;
  if (there < nodes.length) return `${there}/${nodes.length}`;
  return nodes.length === 1 ? text(numberOf(nodes[0])) : norm(nodes.map(numberOf));
}
function paintFolds(grad, marks) {
  for (const {row, nodes, value, pill, gradient, tip, name, seen, sign, cells, onCost} of folds) {
    const isOne = nodes.length === 1, isComplete = i => completeAt[i] > 0 && completeAt[i] <= at;
    write(value, summed(nodes, i => madeAt[i] <= at, i => pass.data[i], "?"));
    write(gradient, summed(nodes, isComplete, i => grad[i], "–"));
    if (isOne) {
      const ground = onCost ? " on-cost" : "", k = nodes[0] === root ? 0 : shade(grad[nodes[0]]), there = isComplete(nodes[0]);
      pill.setAttribute("class", there ? `pill ${shadeClass(k)}` : `pill not-computed${ground}`);
      gradient.setAttribute("class", `gradient ${there ? `on-${shadeClass(k)}` : `absent-ink${ground}`}`);
    }
    const size = Math.ceil(nodes.length / cells.length), most = Math.max(...nodes.map(i => abs(grad[i])).filter(Number.isFinite), 0);
    cells.forEach((cell, k) => {
      const x = nodes.slice(k * size, (k + 1) * size).filter(isComplete).reduce((best, i) => abs(grad[i]) > abs(best) ? grad[i] : best, 0);
      const steps = most > 0 ? graph.shades.filter(step => abs(x) / most >= step).length : 0;
      cell.setAttribute("class", shadeClass(Number.isFinite(x) ? (x < 0 ? -steps : steps) : null));
    });
    row.classList.toggle("todo", value.textContent === "?");
    row.setAttribute("aria-label", `${seen}: ${value.textContent}, ${sign}${gradient.textContent} gradient`);
    tip.textContent = [name, `${isOne ? "value" : "norm of the values"}: ${value.textContent}`,
                       `${isOne ? "gradient" : "norm of the gradients"}: ${gradient.textContent}`].join("\n");
  }
  for (const band of boxes.querySelectorAll(".graph > .now")) band.classList.remove("now");
  for (const [node, position] of marks.edges.map(edge => edge.split(",").map(Number))) {
    const band = graph.folds.bands[`${foldOf.get(graph.nodes[node].operands[position])},${foldOf.get(node)}`];
    if (band) element(band).classList.add("now");
  }
  for (const [name, rectangle] of around_folds) {
    const fold = folds[foldOf.get(marks[name])];
    rectangle.style.display = fold ? "" : "none";
    if (fold) surround(rectangle, fold.row);
  }
  close_up(grad, marks);
  condense();
}
function surround(rectangle, row) {
  const box = row.querySelector(".fill").getBBox();
  for (const side of ["x", "y", "width", "height"]) rectangle.setAttribute(side, box[side]);
}

// The rows that the step takes, those of its node's box on the right, in it what is multiplied beside what it is
// multiplied with; of many the first and the last.
const MOST = 8, APART = 90;
function close_up(grad, marks) {
  opened.replaceChildren();
  const node = at > 0 ? graph.steps[at - 1].node : null;
  opened.toggleAttribute("hidden", node === null);
  if (node === null) return;
  const {operands} = graph.nodes[node], wanted = new Set([node, marks.now, marks.from, ...marks.used].filter(i => i !== null && rows[i] !== null));
  const boxOf = i => rows[i].parentElement, all = [...wanted].sort((i, k) => i - k);
  const own = [...boxOf(node).querySelectorAll(".node")].map(row => rows.indexOf(row)).filter(i => wanted.has(i));
  const partner = i => {
    const k = operands.indexOf(i), half = operands.length >> 1;
    return [operands[k - half], operands[k + half]].find(other => k >= 0 && other !== i && own.includes(other)) ?? node;
  };
  const few = list => list.filter((i, k) => list.length <= MOST || k < MOST - 2 || k === list.length - 1 || i === node || i === marks.now || i === marks.from);
  const right = few(own), others = all.filter(i => boxOf(i) !== boxOf(node));
  const left = few(others).filter(i => others.length <= MOST || partner(i) === node || right.includes(partner(i)));
  for (const i of [...left, ...right]) paintRow(i, grad, marks);
  const inside = opened.appendChild(make("g", {class: "graph"})), lines = inside.appendChild(make("g", {class: "now"}));
  const copies = new Map([...left, ...right].map(i => {
    const copy = rows[i].cloneNode(true);
    for (const name of ["id", "tabindex", "role"]) copy.removeAttribute(name);
    copy.addEventListener("click", () => open(i));
    return [i, inside.appendChild(copy)];
  }));
  for (const copy of copies.values()) long.push(copy.querySelector(".value"), copy.querySelector(".gradient"));
  const sizes = new Map([...copies].map(([i, copy]) => [i, copy.querySelector(".fill").getBBox()]));
  const wide = list => Math.max(0, ...list.map(i => sizes.get(i).width)), x = left.length ? wide(left) + APART : 0;
  const tops = new Map();
  let y = 4;
  for (const [k, i] of right.entries()) {
    const between = k ? own.indexOf(i) - own.indexOf(right[k - 1]) - 1 : 0;
    if (between) {
      inside.append(Object.assign(make("text", {class: "title", x: x + 18, y: y + 13}), {textContent: `⋮ ${between} more`}));
      y += 20;
    }
    tops.set(i, y);
    y += sizes.get(i).height + 5;
  }
  const middle = i => tops.get(i) + sizes.get(i).height / 2;
  let low = y;
  const pairs = left.some(i => partner(i) !== node && tops.has(partner(i)));
  y = pairs ? 4 : Math.max(4, (low - left.reduce((sum, i) => sum + sizes.get(i).height + 8, 0)) / 2);
  for (const i of left) {
    const beside = partner(i) === node || !tops.has(partner(i)) ? y : middle(partner(i)) - sizes.get(i).height / 2;
    tops.set(i, Math.max(y, beside));
    y = tops.get(i) + sizes.get(i).height + 3;
  }
  low = Math.max(low, y) + 4;
  for (const [i, copy] of copies) {
    const {x: from, y: top, width, height} = sizes.get(i), isLeft = left.includes(i), to = isLeft ? wide(left) - width + 4 : x + 4;
    copy.setAttribute("transform", `translate(${to - from} ${tops.get(i) - top})`);
    const frame = {x: to, y: tops.get(i), width, height, rx: 5};
    inside.appendChild(make("g", {class: boxOf(i).getAttribute("class")})).append(make("rect", {class: "outline", ...frame}));
    for (const name of ["from", "now"]) if (marks[name] === i) inside.append(make("rect", {class: `highlight of-${name}`, ...frame}));
    if (!isLeft) continue;
    const into = tops.has(partner(i)) ? partner(i) : node, [begin, end] = [wide(left) + 4, x + 4], half = (begin + end) / 2;
    lines.append(make("path", {class: "edge", d: `M${begin} ${middle(i)}C${half} ${middle(i)} ${half} ${middle(into)} ${end - 7} ${middle(into)}`}));
    lines.append(make("path", {class: "arrow", d: `M${end} ${middle(into)}l-7-3v6z`}));
  }
  const size = [x + wide(right) + 8, low];
  opened.setAttribute("viewBox", `0 0 ${size.join(" ")}`);
  const zoomed = Math.min(document.body.dataset.view ? 1.8 : 1.1, (drawing.clientWidth - 8) / size[0]);
  ["width", "height"].forEach((side, k) => opened.setAttribute(side, size[k] * zoomed));
  const low_end = drawing.getBoundingClientRect().bottom - (element("zoom").offsetHeight && 60), {top, bottom} = opened.getBoundingClientRect();
  drawing.scrollTop += Math.max(0, Math.min(bottom - low_end + 8, top - drawing.getBoundingClientRect().top - 8));
}

function show(isFolded) {
  svg = isFolded ? boxes : single;
  folded = isFolded ? paintFolds : null;
  size = sizeOf(svg);
  single.toggleAttribute("hidden", isFolded);
  for (const part of [boxes, opened]) part.toggleAttribute("hidden", !isFolded);
  Object.assign(drawing.style, isFolded ? {placeContent: "safe start safe center", gap: "20px"} : {placeContent: "", gap: ""});
  scale = 1;
  zoom(isFolded ? Math.min(whole(), 1.5) : 0.95);
  approaches = false;
  measure();
  if (!isFolded) for (const part of parts) if (part) long.push(part.value, part.gradient);  // which had no width until now
  paint(mode === "descent" ? -1 : at - 1);
}
function address(add) {
  try {
    history[add ? "pushState" : "replaceState"](null, "", `#${state()}`);
  } catch { /* a page in a sandbox has no address */ }
}
unfold = () => {
  if (!folded) return;
  clearTimeout(remembering);
  address(false);
  address(true);
  show(false);
};
function open(i) {  // where it stands; the step stays
  unfold();
  rows[i].scrollIntoView({block: "center", inline: "center", behavior: "instant"});
  focusRow(i);
}
function fold() {
  if (folded) return;
  if (mode !== "steps") choose_mode("steps");
  play(false);
  show(true);
}
addEventListener("popstate", () => {
  if (folded) return;
  fold();
  address(false);  // what was changed stays
});
element("fit").addEventListener("click", fold);
element("fit").title = "The whole graph, folded";

// One stop of the Tab key, and arrow keys between the rows.
folds.forEach(({row, nodes}, at) => {
  row.setAttribute("tabindex", at ? "-1" : "0");
  row.setAttribute("role", "button");
  const begin = nodes.find(i => graph.nodes[i].op !== null) ?? nodes[0];
  row.addEventListener("click", () => { if (!drag?.moved) open(begin); });
  row.addEventListener("keydown", event => {
    const by = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1}[event.key] ?? 0, to = folds[at + by]?.row;
    if (!by && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (!by) return open(begin);
    if (!to) return;
    row.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  });
});
boxes.setAttribute("role", "group");
show(true);
