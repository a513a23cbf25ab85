// A leaf's number is changed where it stands: dragged, or typed over it after a double click, Enter or a digit.
const overlay = element("overlay");
let edited = null, pulled = null;
function writeOver(i, begin = null) {
  if (graph.nodes[i].op !== null || mode === "ask") return;
  const box = parts[i].value.getBoundingClientRect(), around = element("picture").getBoundingClientRect();
  edited = i;
  overlay.hidden = false;
  overlay.value = begin ?? exact(pass.data[i]);
  overlay.setAttribute("aria-label", `the number of ${graph.nodes[i].name}`);
  Object.assign(overlay.style, {left: `${Math.max(0, box.right - around.left - 96)}px`, top: `${box.top - around.top - 7}px`});
  overlay.focus();
  if (begin === null) overlay.select();
}
function writeEnd(keep) {
  const i = edited, x = parsed(overlay.value);
  if (i === null) return;
  edited = null;
  overlay.hidden = true;
  if (keep && x === null) say(`expected a number such as 0.5 or -1e-3; got ${overlay.value || "nothing"}`);
  else if (keep) change([[i, x]]);
  focusRow(i);
}
overlay.addEventListener("keydown", event => {
  event.stopPropagation();
  if (event.key === "Enter" || event.key === "Escape") writeEnd(event.key === "Enter");
});
overlay.addEventListener("blur", () => writeEnd(true));
leaves.filter(i => rows[i] !== null).forEach(i => {
  const {value} = parts[i];
  rows[i].classList.add("given");
  rows[i].addEventListener("dblclick", () => writeOver(i));
  rows[i].addEventListener("keydown", event => {
    if (!/^[-\d.]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    writeOver(i, event.key);
  });
  value.addEventListener("pointerdown", event => {
    if (event.button !== 0 || mode === "ask" || !Number.isFinite(pass.data[i])) return;
    event.stopPropagation();
    const from = pass.data[i];
    pulled = {i, from, x: event.clientX, unit: 10 ** Math.floor(Math.log10(abs(from) || 1)) / 50, to: null};
  });
});
addEventListener("pointermove", event => {  // at most one change a frame
  if (!pulled) return;
  if (event.buttons === 0) return void (pulled = null);
  const {i, from, x, unit, to} = pulled;
  if (to === null && abs(event.clientX - x) < 4) return;
  pulled.to = Number((from + (event.clientX - x) * unit).toPrecision(6));
  if (to === null || pulled.frame === undefined) pulled.frame = requestAnimationFrame(() => {
    if (!pulled) return;
    pulled.frame = undefined;
    change([[i, pulled.to]]);
  });
});
addEventListener("pointerup", () => {
  if (!pulled) return;
  const {i, to} = pulled;
  pulled = null;
  if (to === null) return;
  change([[i, to]]);
  drag = {moved: true};  // what ends here is no click on the row
});
