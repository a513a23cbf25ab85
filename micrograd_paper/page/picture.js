// The picture at a step: numbers, gradients and marks on its rows; what is scrolled into view; its size.
const element = id => document.getElementById(id);
const drawing = element("drawing");
let svg = drawing.querySelector("svg"), folded = null;  // or the paint of a picture that is shown in its place
let at = 0;  // the step

// The rows.
const rows = graph.nodes.map(node => node.id === null ? null : element(node.id));  // null: not in the part that is drawn
let thick = [];  // the edges of the step at hand
const parts = rows.map(row => {
  if (row === null) return null;
  const [value, pill, gradient, delta, tip] = [".value", ".pill", ".gradient", ".delta", "title"].map(name => row.querySelector(name));
  const [data, operation, grad, ...rule] = tip.textContent.split("\n");
  const begin = line => line.slice(0, line.lastIndexOf(" = "));
  return {value, pill, gradient, delta, tip, data: begin(data), operation, grad: begin(grad), rule,
          made: row.querySelector(".operator")?.textContent.match(/\p{L}/u) ? `${row.querySelector(".operator").textContent} ` : "",
          onCost: value.classList.contains("on-cost"), last: {}};
});
const frames = Object.fromEntries(["from", "now"].map(name => {  // around a row, above everything
  const rectangle = document.createElementNS(svg.namespaceURI, "rect");
  rectangle.setAttribute("class", `highlight of-${name}`);
  rectangle.setAttribute("rx", 4);
  svg.querySelector(".graph").append(rectangle);
  return [name, rectangle];
}));

let largest = 0;  // |gradient|, the root's left out
function measure() {
  const sizes = pass.grad.slice(0, root).map(abs).filter(x => x > 0 && Number.isFinite(x)).sort((a, b) => a - b);
  largest = sizes.filter(x => x <= graph.beyond * sizes[(sizes.length - 1) >> 1]).pop() || 0;
  const [low, high] = svg.querySelectorAll(".legend .scale");
  if (!high) return;
  const rounded = Number(largest.toPrecision(2));
  low.textContent = text(0 - rounded);
  high.textContent = `${text(rounded)} · a step is √10`;
}
function shade(x) {
  if (x instanceof Shown) return 0;
  const size = abs(x);
  if (!Number.isFinite(x)) return null;
  if (!(largest > 0)) return 0;
  const steps = graph.shades.filter(step => size / largest >= step).length;
  return x < 0 ? -steps : steps;
}
const shadeClass = k => k === null ? "not-finite" : k === 0 ? "zero" : `${k < 0 ? "minus" : "plus"}-${abs(k)}`;

function put(i, key, value, apply) {  // only what changes touches the page; whether it did
  const {last} = parts[i], isNew = !Object.is(last[key], value);
  if (isNew) apply(last[key] = value);
  return isNew;
}
let long = [];  // texts that may be too long for their column
function write(place, shown) {
  place.textContent = shown;
  place.removeAttribute("textLength");
  if (shown.length > 6) long.push(place);
}
function condense() {  // all are measured before any is changed: a browser lays the page out anew in between
  const lengths = long.map(place => place.getComputedTextLength());
  long.forEach((place, k) => {
    if (lengths[k] <= graph.room) return;
    place.setAttribute("textLength", graph.room);
    place.setAttribute("lengthAdjust", "spacingAndGlyphs");
  });
  long = [];
}
function paint(marked = at - 1) {
  const grad = new Array(graph.nodes.length).fill(0);
  grad[root] = 1;
  for (let s = forwardSteps; s < at; s++) grad[graph.steps[s].operand] = pass.after[s];
  const marks = marksOf(marked);
  if (folded) return folded(grad, marks);
  rows.forEach((row, i) => { if (row !== null) paintRow(i, grad, marks); });
  condense();
  for (const edge of thick) edge.classList.remove("now");
  thick = marks.edges.flatMap(place => place in graph.edges ? [element(graph.edges[place])] : []);
  for (const edge of thick) edge.classList.add("now");
  for (const [name, rectangle] of Object.entries(frames)) frame(rectangle, marks[name]);
}
function paintRow(i, grad, marks) {
  const {value, pill, gradient, delta, onCost} = parts[i];
  const made = madeAt[i] <= at, reached = reachedAt[i] <= at;
  const isNew = [
    put(i, "data", made ? pass.data[i] : null, x => write(value, x === null ? "?" : text(x))),
    put(i, "grad", reached ? grad[i] : null, x => write(gradient, x === null ? "–" : text(x))),
  ];
  if (isNew.includes(true)) explain(i);
  const k = reached && i !== root ? shade(grad[i]) : 0;
  const ground = onCost ? " on-cost" : "";
  put(i, "pill", reached ? `pill ${shadeClass(k)}` : `pill not-computed${ground}`, name => pill.setAttribute("class", name));
  put(i, "ink", reached ? `on-${shadeClass(k)}` : `absent-ink${ground}`, ink => {
    gradient.setAttribute("class", `gradient ${ink}`);
    if (delta) delta.setAttribute("class", `delta ${ink}`);
  });
  const state = {
    todo: !made, untouched: !reached, growing: reached && completeAt[i] > at, edited: edits.has(i),
    now: marks.now === i, from: marks.from === i, used: marks.used.has(i),
  };
  for (const [name, on] of Object.entries(state)) put(i, name, on, yes => rows[i].classList.toggle(name, yes));
}
function explain(i) {  // a row's name for a screen reader, and its tooltip with all digits
  const {tip, data, operation, grad, rule, last, delta, made, value, gradient} = parts[i], absent = "not computed yet", name = graph.nodes[i].name;
  const said = x => x === null ? absent : text(x), written = x => x === null ? `is ${absent}` : `= ${exact(x)}`;
  const missing = last.data === null ? absent : last.grad === null ? `gradient ${absent}` : "";
  rows[i].setAttribute("aria-label", made + (delta && name.startsWith("z")  // what is seen, in its order
    ? `${name}: ${value.textContent}, δ${name.slice(1)} ${gradient.textContent}${missing && `, ${missing}`}`
    : `${name}: ${said(last.data)}, ${last.grad === null ? `gradient ${absent}` : `${text(last.grad)} gradient`}`));
  tip.textContent = [`${data} ${written(last.data)}`, operation, `${grad} ${written(last.grad)}`, ...rule].join("\n");
}

function marksOf(s) {  // the row that a step changes, the one whose gradient it takes, those whose numbers it uses
  const marks = {now: null, from: null, used: new Set(), edges: []};
  if (s < 0) return marks;
  const {node, operand, position, numbers} = graph.steps[s];
  if (operand === null) {
    marks.now = node;
    graph.nodes[node].operands.forEach((k, j) => { marks.used.add(k); marks.edges.push(`${node},${j}`); });
  } else {
    marks.now = operand;
    marks.from = node;
    marks.edges.push(`${node},${position}`);
    for (const part of numbers) if (part[0] === "data") marks.used.add(part[1]);
  }
  marks.used.delete(marks.now);
  return marks;
}
function frame(rectangle, i) {
  const isShown = i !== null && rows[i] !== null;
  rectangle.style.display = isShown ? "" : "none";
  if (!isShown) return;
  const box = rows[i].querySelector(".fill").getBBox();
  for (const side of ["x", "y", "width", "height"]) rectangle.setAttribute(side, box[side]);
}

// Where one looks.
function follow(behavior = "auto") {  // what is framed is scrolled into view, both rows if they fit; at the beginning x₁
  if (folded) return;
  const {node, operand} = at > 0 ? graph.steps[at - 1] : {node: leaves[0], operand: null};
  const {left, top} = drawing.getBoundingClientRect(), room = 24;
  const low = [left + room, top + room];
  const high = [left + drawing.clientWidth - room, top + drawing.clientHeight - room - element("zoom").offsetHeight];
  const there = [rows[operand ?? node], rows[node]].filter(row => row !== null);
  if (!there.length) return;
  const boxes = there.map(row => row.getBoundingClientRect());
  const both = {
    left: Math.min(...boxes.map(b => b.left)), right: Math.max(...boxes.map(b => b.right)),
    top: Math.min(...boxes.map(b => b.top)), bottom: Math.max(...boxes.map(b => b.bottom)),
  };
  const fits = both.right - both.left <= high[0] - low[0] && both.bottom - both.top <= high[1] - low[1];
  const box = fits ? both : boxes[0];
  const shift = (begin, end, low, high) => begin < low ? begin - low : end > high ? Math.min(end - high, begin - low) : 0;
  drawing.scrollBy({
    left: shift(box.left, box.right, low[0], high[0]), top: shift(box.top, box.bottom, low[1], high[1]), behavior,
  });
}

// Size: the drawing grows; the region around it scrolls.
let size = sizeOf(svg);
function sizeOf({viewBox: {baseVal: {width, height}}}) { return {width, height}; }
let scale = 1;
function zoom(to, focus = null) {
  const old = scale, view = drawing.getBoundingClientRect();
  scale = Math.max(0.1, Math.min(4, to));
  const x = focus ? focus.clientX - view.left : view.width / 2, y = focus ? focus.clientY - view.top : view.height / 2;
  const left = (drawing.scrollLeft + x) * scale / old - x, top = (drawing.scrollTop + y) * scale / old - y;
  svg.setAttribute("width", size.width * scale);
  svg.setAttribute("height", size.height * scale);
  drawing.scrollTo({left, top, behavior: "instant"});
}
const larger = () => zoom(scale * 1.25), smaller = () => zoom(scale / 1.25);
const whole = () => Math.min(drawing.clientWidth / size.width, (drawing.clientHeight - 60) / size.height);
drawing.addEventListener("wheel", event => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  zoom(scale * Math.exp(-event.deltaY / 300), event);
}, {passive: false});
let drag = null;
drawing.addEventListener("pointerdown", event => {
  if (event.pointerType === "touch" || event.button !== 0) return;  // a finger scrolls by itself
  drag = {x: event.clientX, y: event.clientY, left: drawing.scrollLeft, top: drawing.scrollTop, moved: false};
});
addEventListener("pointermove", event => {
  if (!drag) return;
  if (event.buttons === 0) return drop();  // released outside of the window
  const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
  drag.moved ||= Math.hypot(dx, dy) > 4;
  if (!drag.moved) return;
  drawing.classList.add("dragged");
  drawing.scrollTo({left: drag.left - dx, top: drag.top - dy, behavior: "instant"});
});
addEventListener("pointerup", () => setTimeout(drop));  // after the click that ends a drag
function drop() {
  drag = null;
  drawing.classList.remove("dragged");
}
