// The lesson above the graph: the equation at hand in MathML, its words, the paper's general form, and why.
const MATHML = "http://www.w3.org/1998/Math/MathML";
function tag(name, children, kind = "") {  // an element of MathML; a string is its text
  const made = document.createElementNS(MATHML, name);
  if (kind) made.setAttribute("class", kind);
  made.append(...[children].flat());
  return made;
}
const RAISED = Object.fromEntries([..."⁰0¹1²2³3⁴4⁵5⁶6⁷7⁸8⁹9⁺+⁻−⁽(⁾)ˡlᴸLᵀTᵏkʲjⁱiᵐmⁿnˣxᶻz"].reduce(
  (pairs, c, i, all) => i % 2 ? pairs : [...pairs, [c, all[i + 1]]], []));
const LOWERED = Object.fromEntries([..."₀0₁1₂2₃3₄4₅5₆6₇7₈8₉9₊+₋−ₐaᵢiⱼjₖkₗlₘmₙnᵣrᵥvₓx"].reduce(
  (pairs, c, i, all) => i % 2 ? pairs : [...pairs, [c, all[i + 1]]], []));
const scripted = (text, table) => [...text].map(c => table[c] ?? c).join("");
const up = `[${Object.keys(RAISED).join("")}]*`, low = `[${Object.keys(LOWERED).join("")},]*`;
const NAME = `[A-Za-zα-ωΣ∇ŷ]+(?:[\\w.]*\\w)?(?:\\[[\\w']+\\](?:\\.\\w+)*)*(?:#\\d+)?′?`;
const TOKEN = new RegExp(`∂(${NAME})(${up})(${low})(${up})/∂(${NAME})(${up})(${low})(${up})|(${NAME})(${up})(${low})(${up})|(\\d[\\d.]*(?:e−?\\d+)?)|(\\s+)|([^])`, "gu");
const KINDS = {a: "act", x: "act", w: "par", b: "par", z: "pre", δ: "pre", y: "tgt"};
const kindOfRow = {activation: "act", input: "act", weight: "par", bias: "par", "weighted-input": "pre", target: "tgt"};
const kindOfName = new Map(graph.nodes.map((node, i) => [node.name, kindOfRow[rows[i]?.classList[1]] ?? ""]));

function mathName(base, above, below, example = "") {  // w²₁₁ as w with both scripts, one above the other
  const kind = kindOfName.get(base + above + below + example) ?? (above || below || base.length === 1 ? KINDS[base] ?? "" : "");
  const prime = base.endsWith("′"), letter = tag("mi", prime ? base.slice(0, -1) : base);
  if (prime) return tag("mrow", [letter, operator("′", true)]);
  const script = (given, table) => tag("mrow", [...scripted(given, table).matchAll(/\d+|[a-z]|./gi)].map(
    ([part]) => tag(/\d/.test(part) ? "mn" : /[a-z]/i.test(part) ? "mi" : "mo", part)));
  const sup = script(above + example, RAISED), sub = script(below, LOWERED);
  if (base === "Σ") return tag("munder", [operator("∑"), sub]);
  return above + example && below ? tag("msubsup", [letter, sub, sup], kind)
    : above + example ? tag("msup", [letter, sup], kind) : below ? tag("msub", [letter, sub], kind) : tag("mi", base, kind);
}
function operator(sign, tight = false) {
  const made = tag("mo", sign);
  if (tight) for (const side of ["lspace", "rspace"]) made.setAttribute(side, "0");
  if ("()".includes(sign)) made.setAttribute("stretchy", "false");
  if (sign === "∑") made.setAttribute("movablelimits", "false");
  return made;
}
function mathOf(formula) {  // a formula of the steps, or of the paper, in Unicode
  const row = tag("mrow", []);
  for (const [, n1, u1, l1, e1, n2, u2, l2, e2, name, above, below, example, digits, space, other] of formula.matchAll(TOKEN)) {
    if (n1) {
      const kind = kindOfName.get(n2 + u2 + l2 + e2) ?? KINDS[n2] ?? "";
      const half = (...given) => tag("mrow", [tag("mi", "∂"), mathName(...given)]);
      const made = tag("mfrac", [half(n1, u1, l1, e1), half(n2, u2, l2, e2)], kind);
      for (const inner of made.querySelectorAll("[class]")) inner.removeAttribute("class");
      row.append(made);
    } else if (name) row.append(mathName(name, above, below, example));
    else if (digits) row.append(tag("mn", digits));
    else if (!space) row.append(operator(other, "()·′|".includes(other)));
  }
  return row;
}
function factors(formula) {  // cut at its + − · outside of brackets: [factor, sign, factor, …]
  const cut = [""];
  let depth = 0;
  for (let i = 0; i < formula.length; i++) {
    depth += (formula[i] === "(") - (formula[i] === ")");
    const sign = depth > 0 ? "" : formula[i] === "·" ? "·" : /^ [+−] /.test(formula.slice(i)) ? formula.slice(i, i + 3) : "";
    if (sign && i > 0) {
      cut.push(sign.trim(), "");
      i += sign.length - 1;
    } else cut[cut.length - 1] += formula[i];
  }
  return cut;
}
function equationOf(s, most = Infinity) {  // two rows, symbols and numbers, column by column; `most` factors on a line
  const {name, operand, formula, numbers} = graph.steps[s];
  const first = operand === null || reachedAt[operand] === s + 1, last = operand === null || completeAt[operand] === s + 1;
  let above = factors(filled(s, formula)), below = factors(filled(s, numbers));
  if (above.length !== below.length || above.some((part, k) => k % 2 && part !== below[k])) {
    [above, below] = [[filled(s, formula)], [filled(s, numbers)]];
  }
  const cell = (content, kind = "") => tag("mtd", content, kind);
  const sign = operand === null || (first && last) ? "=" : "+=";
  const before = first ? "=" : `= ${text(pass.before[s])} +`;
  const lines = [];
  for (let k = 0; k < above.length; k += 2 * most) {
    const begin = k ? k - 1 : 0, end = k + 2 * most - 1, filler = () => [cell([])];
    lines.push(
      tag("mtr", [...(k ? filler() : [cell(mathOf(name)), cell(operator(sign))]),
                  ...above.slice(begin, end).map((part, j) => cell((begin + j) % 2 ? operator(part) : mathOf(part)))]),
      tag("mtr", [...(k ? filler() : [cell(tag("mtext", text(pass.after[s])), "after"), cell(tag("mtext", before), "faint")]),
                  ...below.slice(begin, end).map(part => cell(tag("mtext", part)))], "nu"));
  }
  return tag("math", tag("mtable", lines));
}
function inWords(place, sentence) {  // names in the letters of formulas; "= number" stays on one line
  const parts = sentence.replaceAll(" = ", "\u00a0=\u00a0").split(/((?:∂[^\s/]+\/∂)?[A-Za-zδ]+[⁰¹²³⁴⁵⁶⁷⁸⁹]*[₀₁₂₃₄₅₆₇₈₉][₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾]*(?:,[₀₁₂₃₄₅₆₇₈₉]+)*)/);
  place.replaceChildren(...parts.map((part, k) => {
    if (k % 2 === 0) return part;
    const span = document.createElement("span");
    span.className = "name";
    span.textContent = part;
    return span;
  }));
}
function showEquation(s) {  // on one line if it fits, else in lines of four factors, of two, else as text
  const place = element("math"), fits = () => place.firstChild.getBoundingClientRect().width <= place.clientWidth;
  place.replaceChildren();
  if (s < 0) return;
  for (const most of [Infinity, 4, 2]) {
    place.replaceChildren(equationOf(s, most));
    if (fits()) return;
  }
  const {symbols, numbers} = lines(s);
  place.replaceChildren(Object.assign(document.createElement("p"), {textContent: `${symbols} ${numbers}`, className: "long"}));
}
function teach() {
  const s = at - 1, said = s >= 0 ? lines(s) : null;
  showEquation(s);
  inWords(element("words"), said ? words(s) : graph.steps.length > 0
    ? sentence("beginning", {root: graph.nodes[root].name})
    : "A graph of one leaf: there is nothing to compute.");
  const equation = said?.equation ?? "";
  element("equation").textContent = equation && `${equation} ${graph.equations[equation][0]}`;
  const step = graph.steps[s], isSigmoid = step && graph.sigmoid.includes(graph.nodes[step.node].op);
  element("form").replaceChildren(...[equation && graph.equations[equation][1], isSigmoid && graph.sigmoid[step.operand === null ? 0 : 1]]
    .filter(Boolean).map(formula => tag("math", mathOf(formula))));
  if (element("why").getAttribute("aria-expanded") === "true") because();
  else light(null);
}

// Why: all terms of ∂C/∂x of the node at hand; each lights its ways to the root.
function light(node, operand = null) {
  for (const lit of svg.querySelectorAll(".path")) lit.classList.remove("path");
  if (node === null) return;
  const above = new Set([node]);
  graph.nodes.forEach((each, i) => { if (each.operands.some(k => above.has(k))) above.add(i); });  // operands come first
  for (const i of [...above, operand]) rows[i]?.classList.add("path");
  for (const [place, id] of Object.entries(graph.edges)) {
    const [to, position] = place.split(",").map(Number), from = graph.nodes[to].operands[position];
    if (above.has(to) && (above.has(from) || (to === node && from === operand))) element(id)?.classList.add("path");
  }
}
function because() {
  const {node, operand} = graph.steps[at - 1] ?? {node: root, operand: null}, i = operand ?? node, place = element("terms");
  const shares = graph.steps.flatMap((step, s) => step.operand === i ? [s] : []);
  const heading = document.createElement("span"), end = document.createElement("span");
  heading.textContent = shares.length ? `${graph.steps[shares[0]].name} = ` : `${graph.nodes[i].name} is the end of the graph, and reacts to itself alike.`;
  const missing = shares.filter(s => s >= at).length, none = missing === shares.length;
  end.textContent = !shares.length ? "" : missing && !none
    ? sentence("so-far", {sum: text(pass.grad[i]), after: text(pass.after[shares.findLast(s => s < at)])}) : `= ${text(pass.grad[i])}`;
  place.replaceChildren(heading, ...shares.flatMap((s, k) => {
    const button = document.createElement("button"), step = graph.steps[s];
    button.textContent = `${filled(s, step.formula)} = ${text(pass.term[s])}`;
    button.className = s >= at ? "future" : "";
    button.setAttribute("aria-label", `${button.textContent}: through ${graph.nodes[step.node].name}`);
    for (const event of ["mouseenter", "focus", "click"]) button.addEventListener(event, () => light(step.node, i));
    return k ? ["+", button] : [button];
  }), end);
  light(null);
}
function askWhy(on) {
  element("why").setAttribute("aria-expanded", on);
  element("terms").hidden = !on;
  element("words").hidden = on;
  if (on) because();
  else light(null);
}
element("why").addEventListener("click", () => askWhy(element("terms").hidden));
