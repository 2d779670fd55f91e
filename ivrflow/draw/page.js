// Search, fold, move and read the lines of YAML. All that is shown comes from the
// page's own data and goes in as text, never as HTML.
"use strict";

const steps = JSON.parse(document.getElementById("steps").textContent);
const byId = new Map(steps.map((step) => [step.flow + "/" + step.step, step]));
const main = document.querySelector("main");
const aside = document.querySelector("aside");
const field = document.getElementById("search");
const found = document.getElementById("found");
const pictures = [...document.querySelectorAll("details[data-flow]")].map(picture);
let zoom = 1;
let hits = [];
let at = -1;

function make(tag, text, attributes) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  for (const [name, value] of Object.entries(attributes || {}))
    node.setAttribute(name, value);
  return node;
}

// Pictures ---------------------------------------------------------------------------

function picture(details) {
  const svg = details.querySelector("svg");
  const boxes = new Map();
  const ways = [];
  for (const group of svg.querySelectorAll(".step")) {
    const [x, y, width, height] = group.dataset.rect.split(",").map(Number);
    boxes.set(group.dataset.step, { group, x, y, width, height, out: [], into: 0 });
  }
  for (const group of svg.querySelectorAll(".way")) {
    const points = group.dataset.points
      .split(" ")
      .map((point) => point.split(",").map(Number));
    const [line, tip] = group.children;
    const weight = Number(line.getAttribute("stroke-width"));
    const { from, to } = group.dataset;
    ways.push({ group, line, tip, points, weight, from, to });
    boxes.get(from).out.push(to);
    boxes.get(to).into += 1;
  }
  const labels = [...svg.querySelectorAll(".label")].map((group) => {
    const [x, y, width, height] = group.dataset.rect.split(",").map(Number);
    return { group, x, y, width, height, from: group.dataset.from, to: group.dataset.to };
  });
  const [left, top, width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const self = {
    flow: details.dataset.flow, details, svg, boxes, ways, labels,
    left, top, full: { width, height }, width, height, folded: new Set(),
  };
  for (const [name, box] of boxes) addHandle(self, name, box);
  return self;
}

function addHandle(self, name, box) {
  const { group } = box;
  const step = byId.get(self.flow + "/" + name);
  if (step) {
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", "0");
    group.setAttribute("aria-label", name + ", " + step.verb);
    group.addEventListener("click", (event) => {
      const leads = event.target.dataset && event.target.dataset.leads;
      if (leads && self.boxes.has(leads)) show(self, leads);
      else choose(self, name);
    });
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(self, name);
      }
      if (event.key === "-" || event.key === "+") fold(self, name);
    });
  }
  if (!box.out.length || !step) return;
  const svgNode = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const handle = svgNode("g");
  handle.setAttribute("class", "handle");
  handle.setAttribute("transform", `translate(${box.width / 2 + 14} ${box.height})`);
  const circle = svgNode("circle");
  circle.setAttribute("r", "7");
  const sign = svgNode("text");
  sign.setAttribute("text-anchor", "middle");
  sign.setAttribute("y", "4");
  sign.textContent = "\u2212";
  const title = svgNode("title");
  title.textContent = "fold what only this step leads to";
  handle.append(title, circle, sign);
  handle.addEventListener("click", (event) => {
    event.stopPropagation();
    fold(self, name);
  });
  group.append(handle);
  box.handle = handle;
  box.sign = sign;
}

// Folding ----------------------------------------------------------------------------

function fold(self, name, folded) {
  const now = folded === undefined ? !self.folded.has(name) : folded;
  if (now) self.folded.add(name);
  else self.folded.delete(name);
  arrange(self);
}

// What is still seen: all that some entry leads to without passing a folded step.
function seen(self) {
  const visible = new Set();
  const todo = [...self.boxes.keys()].filter((name) => !self.boxes.get(name).into);
  while (todo.length) {
    const name = todo.pop();
    if (visible.has(name)) continue;
    visible.add(name);
    if (!self.folded.has(name)) todo.push(...self.boxes.get(name).out);
  }
  return visible;
}

function arrange(self) {
  const visible = seen(self);
  const there = (way) =>
    visible.has(way.from) && visible.has(way.to) && !self.folded.has(way.from);
  const boxes = [...self.boxes].filter(([name]) => visible.has(name));
  const ways = self.ways.filter(there);
  const labels = self.labels.filter(there);
  const rects = [...boxes.map(([, box]) => box), ...labels];
  const all = visible.size === self.boxes.size && ways.length === self.ways.length;
  const same = (value) => value;
  const mapX = all ? same : closed([
    ...rects.map((r) => [r.x, r.x + r.width]),
    ...ways.flatMap((w) => w.points.map(([x]) => [x - 8, x + 8])),
  ]);
  const mapY = all ? same : closed([
    ...rects.map((r) => [r.y, r.y + r.height]),
    ...ways.flatMap((w) => w.points.map(([, y]) => [y - 7, y + 7])),
  ]);
  for (const [name, box] of self.boxes) {
    box.group.toggleAttribute("hidden", !visible.has(name));
    move(box, mapX, mapY);
    if (box.handle) {
      const folded = self.folded.has(name);
      box.handle.classList.toggle("folded", folded);
      box.sign.textContent = folded ? "+" : "\u2212";
    }
  }
  for (const label of self.labels) {
    label.group.toggleAttribute("hidden", !there(label));
    move(label, mapX, mapY);
  }
  for (const way of self.ways) {
    way.group.toggleAttribute("hidden", !there(way));
    drawWay(way, way.points.map(([x, y]) => [mapX(x), mapY(y)]));
  }
  self.width = self.full.width;
  self.height = self.full.height;
  if (!all) {
    self.width = Math.max(...rects.map((r) => mapX(r.x + r.width))) - 2 * self.left;
    self.height = Math.max(...rects.map((r) => mapY(r.y + r.height))) - 2 * self.top;
  }
  size(self);
}

function move(thing, mapX, mapY) {
  const x = mapX(thing.x);
  thing.group.setAttribute("transform", `translate(${x} ${mapY(thing.y)})`);
}

// A map of one coordinate that closes what no interval covers to GAP pixels at most.
function closed(intervals) {
  const GAP = 30;
  const ends = [];
  for (const [low, high] of intervals.sort((a, b) => a[0] - b[0])) {
    const last = ends[ends.length - 1];
    if (last && low <= last[1]) last[1] = Math.max(last[1], high);
    else ends.push([low, high]);
  }
  const cuts = [];
  let shift = ends.length ? Math.max(ends[0][0], 0) : 0;
  cuts.push([-Infinity, shift]);
  for (let n = 1; n < ends.length; n++) {
    const free = ends[n][0] - ends[n - 1][1];
    if (free > GAP) shift += free - GAP;
    cuts.push([ends[n][0], shift]);
  }
  return (value) => {
    let by = 0;
    for (const [from, cut] of cuts) if (value >= from) by = cut;
    return Math.round((value - by) * 100) / 100;
  };
}

function drawWay(way, points) {
  const [x, y] = points[points.length - 1];
  const reach = 7 + way.weight;
  const half = 3 + way.weight * 0.7;
  const line = [...points.slice(0, -1), [x, y - reach + 1]];
  let path = `M${line[0][0]} ${line[0][1]}`;
  for (let n = 1; n + 1 < line.length; n++) {
    const here = line[n];
    const radius = Math.min(7, far(line[n - 1], here) / 2, far(here, line[n + 1]) / 2);
    const a = toward(here, line[n - 1], radius);
    const b = toward(here, line[n + 1], radius);
    path += `L${a[0]} ${a[1]}Q${here[0]} ${here[1]} ${b[0]} ${b[1]}`;
  }
  const end = line[line.length - 1];
  way.line.setAttribute("d", `${path}L${end[0]} ${end[1]}`);
  const tip = `M${x} ${y - 0.5}L${x - half} ${y - reach}L${x + half} ${y - reach}Z`;
  way.tip.setAttribute("d", tip);
}

function far(a, b) {
  return Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);
}

function toward(here, there, by) {
  const whole = far(here, there) || 1;
  return here.map((value, n) => value + ((there[n] - value) * by) / whole);
}

// The chosen step --------------------------------------------------------------------

function choose(self, name) {
  for (const group of document.querySelectorAll(".chosen, .near"))
    group.classList.remove("chosen", "near");
  self.boxes.get(name).group.classList.add("chosen");
  const above = self.svg.querySelector(".label, .step");
  for (const way of self.ways) {
    if (way.from !== name && way.to !== name) continue;
    way.group.classList.add("near");
    above.before(way.group); // or others that share its stretch would hide it
  }
  tell(self, byId.get(self.flow + "/" + name));
  history.replaceState(null, "", "#" + encodeURIComponent(self.flow + "/" + name));
}

function tell(self, step) {
  aside.replaceChildren(make("h2", step.step), make("p", step.about));
  const place = make("p", "", { class: "place" });
  const where = `${step.file}:${step.line}`;
  place.append(step.link ? make("a", where, { href: step.link }) : where);
  aside.append(place);
  for (const line of step.told) aside.append(make("p", line));
  const code = make("pre");
  step.yaml.forEach((line, n) =>
    code.append(make("span", line || " ", { "data-line": step.line + n })));
  aside.append(make("h3", "As it is written"), code);
  if (step.says) aside.append(make("h3", "What is said"), make("p", step.says));
  list("Leads to", step.ways, self);
  list("Comes from", step.from, self);
  if (step.others.length) {
    aside.append(make("h3", "What calls did besides"));
    const items = make("ul");
    for (const other of step.others) items.append(make("li", other));
    aside.append(items);
  }
  if (step.opens) {
    aside.append(make("h3", "Calls the flow"), go(step.opens, () => {
      const other = pictures.find((one) => one.flow === step.opens);
      if (!other) return;
      other.details.open = true;
      other.details.scrollIntoView({ block: "start" });
    }));
  }
  const box = self.boxes.get(step.step);
  if (box.handle) {
    const folded = self.folded.has(step.step);
    const button = make("button", folded ? "Unfold" : "Fold what follows");
    button.addEventListener("click", () => {
      fold(self, step.step);
      tell(self, step);
    });
    const row = make("p");
    row.append(button);
    aside.append(row);
  }
}

function list(title, ways, self) {
  if (!ways.length) return;
  const items = make("ul");
  for (const [step, why] of ways) {
    const item = make("li");
    if (self.boxes.has(step)) item.append(go(step, () => show(self, step)));
    else item.append(step);
    if (why) item.append(` (${why})`);
    items.append(item);
  }
  aside.append(make("h3", title), items);
}

function go(text, act) {
  const link = make("a", text, { href: "#" });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    act();
  });
  return link;
}

// Unfold until the step is seen, scroll to it, choose it.
function show(self, name) {
  self.details.open = true;
  if (!seen(self).has(name)) {
    self.folded.clear();
    arrange(self);
  }
  const { group } = self.boxes.get(name);
  group.scrollIntoView({ block: "center", inline: "center" });
  if (byId.has(self.flow + "/" + name)) choose(self, name);
}

// Search -----------------------------------------------------------------------------

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  hits = [];
  at = -1;
  for (const self of pictures) {
    for (const [name, box] of self.boxes) {
      const step = byId.get(self.flow + "/" + name);
      const text = step ? step.search : "";
      const hit = words.length > 0 && words.every((word) => text.includes(word));
      box.group.classList.toggle("hit", hit);
      if (hit) hits.push([self, name]);
    }
    self.svg.classList.toggle("searching", words.length > 0);
  }
  const count = hits.length;
  found.textContent = words.length ? `${count} step${count === 1 ? "" : "s"}` : "";
}

function next(by) {
  if (!hits.length) return;
  at = (at + by + hits.length) % hits.length;
  show(...hits[at]);
  found.textContent = `${at + 1} of ${hits.length}`;
}

field.addEventListener("input", search);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") next(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") {
    field.value = "";
    search();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  }
});

// Size and place ---------------------------------------------------------------------

function size(self) {
  const { svg, width, height } = self;
  svg.setAttribute("viewBox", `${self.left} ${self.top} ${width} ${height}`);
  svg.setAttribute("width", width * zoom);
  svg.setAttribute("height", height * zoom);
}

function setZoom(value, x, y) {
  const before = zoom;
  zoom = Math.min(3, Math.max(0.15, value));
  const px = x === undefined ? main.clientWidth / 2 : x;
  const py = y === undefined ? main.clientHeight / 2 : y;
  const left = ((main.scrollLeft + px) * zoom) / before - px;
  const top = ((main.scrollTop + py) * zoom) / before - py;
  pictures.forEach(size);
  main.scrollTo(left, top);
}

main.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const area = main.getBoundingClientRect();
  const by = Math.exp(-event.deltaY / 400);
  setZoom(zoom * by, event.clientX - area.left, event.clientY - area.top);
}, { passive: false });

main.addEventListener("pointerdown", (event) => {
  if (event.button || event.target.closest(".step, summary, text")) return;
  const from = [event.clientX, event.clientY, main.scrollLeft, main.scrollTop];
  const move_ = (now) => {
    main.classList.add("drag");
    main.scrollTo(from[2] - now.clientX + from[0], from[3] - now.clientY + from[1]);
  };
  const end = () => {
    main.classList.remove("drag");
    removeEventListener("pointermove", move_);
    removeEventListener("pointerup", end);
  };
  addEventListener("pointermove", move_);
  addEventListener("pointerup", end);
});

const acts = {
  closer: () => setZoom(zoom * 1.2),
  farther: () => setZoom(zoom / 1.2),
  fit: () => {
    const widest = Math.max(...pictures.map((self) => self.width));
    setZoom((main.clientWidth - 40) / widest);
  },
  unfold: () => pictures.forEach((self) => {
    self.folded.clear();
    arrange(self);
  }),
};
for (const [name, act] of Object.entries(acts))
  document.getElementById(name).addEventListener("click", act);

// Compared as `choose` writes it: what somebody else wrote there may not be decodable.
for (const self of pictures)
  for (const name of self.boxes.keys())
    if (location.hash === "#" + encodeURIComponent(self.flow + "/" + name))
      show(self, name);
