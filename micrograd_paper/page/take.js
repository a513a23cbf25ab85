// To take along: the picture, the page as it stands, a link; and the page for a projector.
function offer(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
const fileName = end => `${document.title.replace(/[^\w-]+/g, "-").replace(/^-|-$/g, "").slice(0, 60) || "backprop"}-step-${at}.${end}`;
function picture() {  // the drawing with the marks of this step, which the page's own style makes
  const copied = svg.cloneNode(true), values = getComputedStyle(document.documentElement);
  const rules = [...document.styleSheets[0].cssRules].flatMap(rule =>
    rule.selectorText?.startsWith("#drawing .") ? [rule.cssText.replaceAll("#drawing ", "svg ")] : []);
  copied.querySelector("style").textContent += rules.join("\n").replace(/var\((--[\w-]+)\)/g, (_, name) => values.getPropertyValue(name));
  copied.setAttribute("width", size.width);
  copied.setAttribute("height", size.height);
  return new Blob([new XMLSerializer().serializeToString(copied)], {type: "image/svg+xml"});
}
function pixels() {  // a promise of the same as PNG, two pixels a unit
  const image = new Image(), source = URL.createObjectURL(picture());
  return new Promise((done, fail) => {
    image.onload = () => {
      const canvas = Object.assign(document.createElement("canvas"), {width: 2 * size.width, height: 2 * size.height});
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(source);
      canvas.toBlob(done, "image/png");
    };
    image.onerror = fail;
    image.src = source;
  });
}
function state() {
  const more = [mode === "steps" ? "" : `&mode=${mode}`, document.body.dataset.view ? "&view=present" : ""];
  return `step=${at}${more.join("")}${[...edits].map(([i, x]) => `&${graph.nodes[i].key}=${exact(x).replace("+", "")}`).join("")}`;
}
function wholePage() {  // as it was loaded, and where it begins: at this step, with these numbers
  const start = state().replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<!doctype html>\n${pristine.replace(/^<html lang="en"(?: data-start="[^"]*")?/, () => `<html lang="en" data-start="${start}"`)}`;
}
function present(on) {
  if (on) document.body.dataset.view = "present";
  else delete document.body.dataset.view;
  element("present").setAttribute("aria-pressed", String(on));
  approaches = false;
  folded ? paint() : zoom(on ? Math.max(1.28, Math.min(whole(), 2)) : Math.min(whole(), 1));
  teach();
  follow("instant");
}
const takes = {
  "save-svg": () => offer(picture(), fileName("svg")),
  "save-png": () => pixels().then(blob => offer(blob, fileName("png")), () => say("this browser makes no picture of it; the SVG holds the same")),
  "save-page": () => offer(new Blob([wholePage()], {type: "text/html"}), fileName("html")),
  "copy-link": () => copy(`${location.href.split("#")[0]}#${state()}`),
  present: () => present(true),
};
for (const [id, action] of Object.entries(takes)) {
  element(id).addEventListener("click", () => {
    element("save").open = false;
    action();
  });
}
// A frame's own text has no address that a link could lead to.
for (const id of ["copy-link", "copy-exercise"]) element(id).hidden = location.protocol === "about:";
addEventListener("keydown", ({key}) => { if (key === "Escape" && document.body.dataset.view) present(false); });

restore();
