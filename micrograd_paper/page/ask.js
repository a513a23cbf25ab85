// Questions: what a step computes is hidden, typed or picked by the learner, and judged against the step's own terms.
let asked = 0, answered = false, tries = 0;  // the step that is asked, counted from 1
const tally = {right: 0, helped: 0, shown: 0};
const asking = () => visible.filter(s => element("kind").value === "all" || s > forwardSteps);
const sentence = (key, slots = {}) => graph.templates[key].replace(/\{(\w+)\}/g, (_, slot) => slots[slot]);
const expected = s => graph.steps[s].operand === null ? pass.after[s] : pass.term[s];
const near = (x, y) => x === y || abs(x - y) <= 0.005 * abs(y);  // three digits will do

function beginQuestions() {
  Object.assign(tally, {right: 0, helped: 0, shown: 0});
  element("kind").value === "factors" ? element("reply").hidden = true : element("reply").hidden = false;
  pose(asking().find(s => s > at) ?? asking()[0] ?? 0);
}
function endQuestions() {
  asked = 0;
  for (const id of ["answer", "verdict"]) element(id).hidden = true;
  element("words").hidden = element("math").hidden = false;
}
function pose(s) {
  [asked, answered, tries] = [s, false, 0];
  const questions = asking(), done = questions.indexOf(s);
  at = s > 0 ? s - 1 : graph.steps.length;
  paint(-1);
  light(null);
  for (const id of ["symbols", "numbers", "sum", "origin", "verdict"]) element(id).textContent = "";
  for (const id of ["words", "math"]) element(id).hidden = true;
  element("answer").hidden = s === 0;
  element("verdict").hidden = false;
  score();
  if (s === 0) {
    element("phase").textContent = "the end of the questions";
    inWords(element("verdict"), sentence("ask-end", {right: tally.right, helped: tally.helped, shown: tally.shown}));
    around();
    return;
  }
  const {node, operand, name} = graph.steps[s - 1], picks = element("kind").value === "factors";
  const first = operand === null || (reachedAt[operand] === s && completeAt[operand] === s);
  frame(frames.now, operand ?? node);
  frame(frames.from, null);
  element("phase").textContent = `question ${done + 1} of ${questions.length} · ${picks ? "pick the term" : "type a number, three digits will do"}`
    + (first ? "" : ` · the share that comes through ${graph.nodes[node].name}`);
  element("asked").replaceChildren(tag("math", tag("mrow", [mathOf(name), tag("mo", first ? "=" : "+=")])));
  element("reply").value = "";
  element("check").textContent = "Check";
  for (const id of ["asked", "hint", "reveal", "skip"]) element(id).hidden = false;
  element("check").hidden = picks;
  element("reply").hidden = picks;
  element("choices").replaceChildren(...(picks ? options(s - 1) : []));
  const equation = graph.steps[s - 1].equation;
  element("equation").textContent = equation && `${equation} ${graph.equations[equation][0]}`;
  element("form").replaceChildren(...(equation ? [tag("math", mathOf(graph.equations[equation][1]))] : []));
  around();
  follow("auto");
  if (!picks) element("reply").focus({preventScroll: true});
}
function options(s) {  // its own term, and those of steps beside it
  const own = filled(s, graph.steps[s].formula), {node, operand} = graph.steps[s];
  const beside = graph.steps.flatMap((step, k) => step.operand !== null && k !== s
    && (step.node === node || step.operand === operand || step.equation === graph.steps[s].equation) ? [[filled(k, step.formula), k]] : []);
  const found = new Map([[own, s]]);
  for (const [formula, k] of beside) if (found.size < 4 && !found.has(formula)) found.set(formula, k);
  return [...found].sort(([a], [b]) => inOrder(a, b)).map(([formula, k]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = formula;
    button.addEventListener("click", () => k === s ? settle(tries === 0 ? "right" : "helped")
      : refuse(sentence("ask-other-step", {reply: formula, name: graph.steps[k].name, node: graph.nodes[graph.steps[k].node].name})));
    return button;
  });
}
function judge(x, s) {  // which mistake gives this number; "" if it is right
  const {node, operand, position, saying} = graph.steps[s], names = graph.nodes.map(each => each.name);
  const truth = expected(s), slots = {reply: text(x), node: names[node], operand: names[operand], root: names[root]};
  if (near(x, truth) || text(x) === text(truth)) return "";
  if (near(x, -truth)) return sentence("ask-sign", slots);
  const op = graph.ops[graph.nodes[node].op].name, {operands} = graph.nodes[node];
  if (operand === null) {
    if (op === "weighted_sum" && near(x, truth - pass.data[operands.at(-1)])) return sentence("ask-bias", {...slots, bias: names[operands.at(-1)]});
    if (operands.length === 1 && near(x, pass.data[operands[0]])) return sentence("ask-function", {...slots, operand: names[operands[0]]});
    return sentence("ask-wrong", slots);
  }
  const grad = pass.grad[node], partial = pass.partials[node][position];
  slots.error = saying[1].error?.join("") ?? "1";
  if (near(x, grad)) return sentence(saying[1].other ? "ask-factor" : "ask-slope", {...slots, other: saying[1].other?.[0]});
  if (near(x, partial)) return sentence("ask-error", slots);
  if (reachedAt[operand] !== s + 1 && near(x, pass.after[s])) return sentence("ask-sum", slots);
  for (const step of graph.steps) {
    const other = step.saying[1].other?.[0];
    if (step.operand === null || !other || !saying[1].other || other === saying[1].other[0]) continue;
    if (near(x, pass.partials[step.node][step.position] * grad)) return sentence("ask-other-factor", {...slots, wrong: other, other: saying[1].other[0]});
  }
  for (const step of graph.steps) {
    if (step.operand === null || step.node === node || graph.nodes[step.node].op !== graph.nodes[node].op) continue;
    if (near(x, pass.grad[step.node] * partial)) return sentence("ask-other-error", {...slots, wrong: step.saying[1].error?.join("") ?? names[step.node]});
  }
  return sentence("ask-wrong", slots);
}
function refuse(why) {
  tries++;
  inWords(element("verdict"), `Not yet. ${why}`);
}
function settle(how) {  // answered: the step is shown, and counts
  answered = true;
  tally[how]++;
  at = asked;
  paint();
  element("math").hidden = false;
  showEquation(asked - 1);
  inWords(element("verdict"), `${how === "shown" ? "" : "Right. "}${words(asked - 1)}`);
  element("choices").replaceChildren();
  for (const id of ["asked", "hint", "reveal", "skip", "reply"]) element(id).hidden = true;
  element("check").hidden = false;
  element("check").textContent = "Next";
  element("check").focus({preventScroll: true});
  score();
  around();
}
function score() {
  const left = asking().length - tally.right - tally.helped - tally.shown;
  element("score").textContent = `${tally.right} right at once · ${tally.helped} after help · ${tally.shown} shown · ${Math.max(0, left)} to go`;
}
const further = () => pose(asking().find(s => s > asked) ?? 0);
element("answer").addEventListener("submit", event => {
  event.preventDefault();
  if (answered) return further();
  const x = parsed(element("reply").value);
  if (x === null) return refuse(`${element("reply").value || "Nothing"} is no number such as 0.5.`);
  const why = judge(x, asked - 1);
  if (why) refuse(why);
  else settle(tries === 0 ? "right" : "helped");
});
element("hint").addEventListener("click", () => {
  const {node, operand, saying} = graph.steps[asked - 1], names = graph.nodes.map(each => each.name);
  tries++;
  inWords(element("verdict"), operand === null ? sentence("ask-hint-forward", {node: names[node], operands: graph.nodes[node].operands.slice(0, 6).map(k => names[k]).join(", ")})
    : sentence("ask-hint", {error: saying[1].error?.join("") ?? "1", operand: names[operand], node: names[node]}));
});
element("reveal").addEventListener("click", () => settle("shown"));
element("skip").addEventListener("click", further);
element("kind").addEventListener("change", beginQuestions);
function copy(address) {
  const shown = () => say(`the link: ${address}`);
  if (navigator.clipboard) navigator.clipboard.writeText(address).then(() => say("the link is copied"), shown);
  else shown();
}
element("copy-exercise").addEventListener("click", () => copy(
  `${location.href.split("#")[0]}#${state().replace(/^step=\d+/, `step=0&kind=${element("kind").value}`)}`));
