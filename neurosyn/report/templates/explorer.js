"use strict";
(async () => {
  const facts = JSON.parse(document.getElementById("explorer-facts").textContent);
  const find = (id) => document.getElementById(id);
  const packed = Uint8Array.from(atob(find("explorer-block").textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const kinds = { u2: Uint16Array, u4: Uint32Array, f4: Float32Array };
  const data = {};
  for (const [name, a] of Object.entries(facts.arrays)) data[name] = new kinds[a.type](buffer, a.at, a.length);

  const { side, rows, columns } = facts.mesh;
  const width = columns * side, height = rows * side, cores = data.x.length;
  const view = facts.view, right = view.x + view.width, upper = view.y + view.height;
  const coreAt = new Int32Array(width * height).fill(-1);
  for (let i = 0; i < cores; i++) coreAt[data.y[i] * width + data.x[i]] = i;
  const palettes = Object.fromEntries(Object.entries(facts.colours).map(([name, hex]) =>
    [name, Array.from({ length: 64 }, (_, i) => "#" + hex.slice(6 * i, 6 * i + 6))]));
  const colour = (palette, share) => palettes[palette][Math.max(0, Math.min(63, Math.floor(share * 64)))];
  const layerColour = (layer) => colour("viridis", facts.layers.length < 2 ? 0.5 : layer / (facts.layers.length - 1));
  const INK = "#1f2933", MARK = "#d55e00";
  const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const ROUTES = ["#0072b2", "#e69f00", "#009e73"];
  const MISSING = 65535;

  const short = (v) => {
    if (!isFinite(v)) return "–";
    if (v >= 1000) return Math.round(v).toLocaleString("en");
    return v === 0 ? "0" : String(+v.toPrecision(3));
  };
  const scaled = (v, units) => {
    let step = 0;
    while (Math.abs(v) >= 1000 && step < units.length - 1) { v /= 1000; step++; }
    return short(v) + " " + units[step];
  };
  const written = (v, unit) => !isFinite(v) ? "–"
    : unit === "pJ" ? scaled(v, ["pJ", "nJ", "µJ", "mJ"]) : unit === "ps" ? scaled(v, ["ps", "ns", "µs", "ms"])
    : unit === "%" ? short(100 * v) + " %" : short(v);

  const state = { measure: facts.measures[0].key, tick: -1, layer: -1, core: -1, link: "packets", router: -1, time: -1 };
  const measures = Object.fromEntries(facts.measures.map((m) => [m.key, m]));
  const value = (key, core, tick = state.tick) => {
    if (tick < 0) return data["mean_" + key][core];
    const raw = data["tick_" + key][tick * cores + core];
    return raw === MISSING ? NaN : raw * measures[key].scale;
  };
  const largest = (array, scale = 1) => {
    let most = 0;
    for (const v of array) if (v > most && v !== MISSING) most = v;
    return most * scale;
  };
  const most = {};
  for (const m of facts.measures) {
    most[m.key] = [largest(data["mean_" + m.key])];
    if (m.scale !== null) most[m.key].push(largest(data["tick_" + m.key], m.scale));
  }
  const top = (key) => most[key][state.tick < 0 || most[key].length < 2 ? 0 : 1];

  const context = (canvas, w, h) => {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    const c = canvas.getContext("2d");
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, w, h);
    return c;
  };
  const size = (canvas) => Math.max(160, Math.floor(canvas.parentElement.clientWidth));
  const cellOf = (w) => Math.min(w / view.width, Math.max(620 / view.height, 1));
  const borders = (c, cell) => {
    c.fillStyle = theme("paper");
    for (let x = side; x < width; x += side) if (x > view.x && x < right) c.fillRect((x - view.x) * cell - 1, 0, 2, view.height * cell);
    for (let y = side; y < height; y += side) if (y > view.y && y < upper) c.fillRect(0, (upper - y) * cell - 1, view.width * cell, 2);
  };
  const ring = (c, cell, x, y, stroke) => {
    const s = Math.max(cell, 5), left = (x - view.x + 0.5) * cell - s / 2, up = (upper - y - 0.5) * cell - s / 2;
    c.lineWidth = 4; c.strokeStyle = "#fff"; c.strokeRect(left - 2, up - 2, s + 4, s + 4);
    c.lineWidth = 2; c.strokeStyle = stroke; c.strokeRect(left - 2, up - 2, s + 4, s + 4);
  };
  const bar = (id, palette, low, high) => {
    const box = find(id);
    box.querySelector("i").style.background = `linear-gradient(90deg, ${palettes[palette].join(",")})`;
    box.querySelector("span").textContent = low;
    box.querySelector("span:last-child").textContent = high;
  };
  const place = (core) => `(${data.x[core]}, ${data.y[core]})`;
  const layerName = (layer) => facts.layers[layer];
  const lastCore = () => {
    const tick = facts.ticks[state.tick];
    return tick && tick.last_core !== null && tick.last_core !== undefined ? tick.last_core : -1;
  };

  function drawCores() {
    const canvas = find("core-map"), w = size(canvas), cell = cellOf(w);
    const c = context(canvas, w, view.height * cell);
    canvas.style.height = view.height * cell + "px";
    const key = state.measure, m = measures[key], high = m ? top(key) : 0;
    const gap = cell > 6 ? 0.75 : 0;
    c.fillStyle = theme("unused");
    c.fillRect(0, 0, view.width * cell, view.height * cell);
    for (let i = 0; i < cores; i++) {
      const v = m ? value(key, i) : 0;
      c.fillStyle = !m ? layerColour(data.layer[i]) : isNaN(v) ? theme("paper") : colour(m.colours, high ? v / high : 0);
      c.globalAlpha = state.layer < 0 || data.layer[i] === state.layer ? 1 : 0.13;
      c.fillRect((data.x[i] - view.x) * cell, (upper - 1 - data.y[i]) * cell, Math.max(cell - gap, 0.5), Math.max(cell - gap, 0.5));
    }
    c.globalAlpha = 1;
    borders(c, cell);
    if (lastCore() >= 0) ring(c, cell, data.x[lastCore()], data.y[lastCore()], MARK);
    if (state.core >= 0) ring(c, cell, data.x[state.core], data.y[state.core], INK);
    if (m) bar("core-bar", m.colours, "0", written(high, m.unit));
    else bar("core-bar", "viridis", "first layer", "last layer");
    const when = state.tick < 0 ? "" : ` in tick ${facts.ticks[state.tick].tick}`;
    canvas.setAttribute("aria-label", `Map of the cores coloured by ${m ? m.title.toLowerCase() : "layer"}${when}. ` +
      "Arrow keys go from core to core.");
  }

  const linkScales = { packets: ["link_packets", ""], busy: ["link_busy", "%"], wait: ["link_wait", "ps"] };
  const directions = facts.directions;
  const linksAt = new Map();
  if (data.link_x) data.link_x.forEach((x, i) => {
    if (x < view.x || x >= right || data.link_y[i] < view.y || data.link_y[i] >= upper) return;
    const at = data.link_y[i] * width + x;
    if (!linksAt.has(at)) linksAt.set(at, {});
    linksAt.get(at)[directions[data.link_direction[i]]] = i;
  });
  function drawLinks() {
    const canvas = find("link-map"), w = size(canvas), cell = cellOf(w);
    const c = context(canvas, w, view.height * cell);
    canvas.style.height = view.height * cell + "px";
    c.fillStyle = theme("unused");
    c.fillRect(0, 0, view.width * cell, view.height * cell);
    const [name, unit] = linkScales[state.link], values = data[name];
    const high = largest(values.filter((_, i) => data.link_direction[i] !== 4));
    const gap = cell > 6 ? 0.75 : 0;
    for (const [at, links] of linksAt) {
      let worst = -1;
      for (const i of Object.values(links)) if (data.link_direction[i] !== 4) worst = Math.max(worst, values[i]);
      if (worst < 0) continue;
      c.fillStyle = colour("cividis", high ? worst / high : 0);
      c.fillRect((at % width - view.x) * cell, (upper - 1 - Math.floor(at / width)) * cell, Math.max(cell - gap, 0.5), Math.max(cell - gap, 0.5));
    }
    borders(c, cell);
    if (state.router >= 0) ring(c, cell, state.router % width, Math.floor(state.router / width), INK);
    bar("link-bar", "cividis", "0", written(high, unit));
  }

  const show = (id, title, pairs) => {
    const box = find(id);
    box.textContent = "";
    const head = document.createElement("strong");
    head.textContent = title;
    box.append(head);
    for (const [name, text] of pairs) {
      const item = document.createElement("span"), label = document.createElement("small");
      label.textContent = name;
      item.append(label, " ", text);
      box.append(item);
    }
  };
  function describeCore() {
    if (state.core < 0) return show("core-details", "Point at a core, or go there with the arrow keys.", []);
    const i = state.core;
    show("core-details", `Core ${i} at ${place(i)}, layer ${layerName(data.layer[i])}`,
      facts.measures.map((m) => [m.title, written(value(m.key, i), m.unit)]));
  }
  function describeRouter() {
    if (state.router < 0) return show("link-details", "Point at a router, or go there with the arrow keys.", []);
    const links = linksAt.get(state.router) || {}, [name, unit] = linkScales[state.link];
    show("link-details", `Router (${state.router % width}, ${Math.floor(state.router / width)})`,
      directions.map((direction) => [direction === "core" ? "to its core" : direction,
        direction in links ? written(data[name][links[direction]], unit) : "–"]));
  }

  const pointer = (canvas, event) => {
    const box = canvas.getBoundingClientRect(), cell = cellOf(size(canvas));
    const x = view.x + Math.floor((event.clientX - box.left) / cell);
    const y = upper - 1 - Math.floor((event.clientY - box.top) / cell);
    return x >= view.x && x < right && y >= view.y && y < upper ? y * width + x : -1;
  };
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const nextStop = (from, key, stops) => {
    if (from < 0) return stops(0) ? 0 : Array.from({ length: width * height }, (_, i) => i).find(stops) ?? -1;
    const [dx, dy] = steps[key];
    let x = from % width, y = Math.floor(from / width);
    for (;;) {
      x += dx; y += dy;
      if (x < 0 || y < 0 || x >= width || y >= height) return from;
      if (stops(y * width + x)) return y * width + x;
    }
  };
  const navigate = (canvas, current, stops, go) => {
    canvas.addEventListener("pointermove", (event) => {
      const at = pointer(canvas, event);
      if (at >= 0 && stops(at) && at !== current()) go(at);
    });
    canvas.addEventListener("keydown", (event) => {
      if (!(event.key in steps)) return;
      event.preventDefault();
      const at = nextStop(current(), event.key, stops);
      if (at >= 0) go(at);
    });
  };

  let bands = [];
  function drawTimeline() {
    const canvas = find("timeline");
    if (!measures.load) return;
    const w = size(canvas), layers = facts.layers.length, band = layers > 40 ? 8 : 17;
    const flight = facts.flights.indexOf(state.tick), below = flight < 0 ? 0 : 96;
    const left = w < 560 ? 34 : 128, right = 12, h = layers * band + below + 26;
    const c = context(canvas, w, h);
    canvas.style.height = h + "px";
    const tick = facts.ticks[state.tick];
    const end = (tick && tick.makespan_ps) || top("load") || 1, span = w - left - right;
    const across = (time) => left + span * time / end;
    c.font = "11px system-ui, sans-serif";
    c.textBaseline = "middle";
    bands = facts.layers.map(() => []);
    for (let i = 0; i < cores; i++) {
      const v = value("load", i);
      if (!isNaN(v)) bands[data.layer[i]].push(v);
    }
    c.strokeStyle = theme("line");
    c.lineWidth = 1;
    const floor = layers * band + below;
    const rough = end / Math.max(2, Math.floor(span / 110)), ten = 10 ** Math.floor(Math.log10(rough));
    const stride = [1, 2, 5, 10].map((f) => f * ten).find((s) => s >= rough);
    for (let t = 0; t <= end; t += stride) {
      c.beginPath(); c.moveTo(across(t), 0); c.lineTo(across(t), floor); c.stroke();
      c.fillStyle = theme("muted");
      c.textAlign = t === 0 ? "left" : across(t) > w - 44 ? "right" : "center";
      c.fillText(t === 0 ? "0" : written(t, "ps"), across(t), floor + 12);
    }
    bands.forEach((times, layer) => {
      times.sort((a, b) => b - a);
      const up = layer * band, tall = band - 3;
      c.globalAlpha = state.layer < 0 || state.layer === layer ? 1 : 0.25;
      c.fillStyle = theme("unused");
      c.fillRect(left, up, span, tall);
      c.fillStyle = layerColour(layer);
      c.beginPath();
      c.moveTo(left, up + tall);
      times.forEach((time, i) => {
        c.lineTo(across(time), up + tall - tall * i / times.length);
        c.lineTo(across(time), up + tall - tall * (i + 1) / times.length);
      });
      c.lineTo(left, up);
      c.fill();
      if (band > 10) {
        c.fillStyle = theme("ink");
        c.textAlign = "right";
        let name = w < 560 ? String(layer + 1) : layerName(layer);
        while (name.length > 3 && c.measureText(name).width > left - 14) name = name.slice(0, -2) + "…";
        c.fillText(name, left - 8, up + tall / 2);
      }
      c.globalAlpha = 1;
    });
    if (flight >= 0) {
      const bins = facts.bins, base = layers * band + below - 2, tall = below - 14;
      const underWay = (route, bin) => data.flights[(flight * facts.routes.length + route) * bins + bin];
      let peak = 1;
      facts.routes.forEach((_, r) => { for (let b = 0; b < bins; b++) peak = Math.max(peak, underWay(r, b)); });
      c.fillStyle = theme("muted");
      c.textAlign = "right";
      c.fillText(w < 560 ? "" : "packets under way", left - 8, base - tall / 2 - 7);
      c.fillText(`0 – ${short(peak)}`, left - 8, base - tall / 2 + 7);
      facts.routes.forEach((_, r) => {
        c.strokeStyle = ROUTES[r];
        c.lineWidth = 1.5;
        c.setLineDash([[], [6, 2], [2, 2]][r]);
        c.beginPath();
        for (let b = 0; b < bins; b++) c.lineTo(left + span * (b + 0.5) / bins, base - tall * underWay(r, b) / peak);
        c.stroke();
      });
      c.setLineDash([]);
    }
    find("timeline-legend").hidden = flight < 0;
    if (state.time >= 0) {
      c.strokeStyle = theme("ink");
      c.lineWidth = 1;
      c.beginPath(); c.moveTo(across(state.time * end), 0); c.lineTo(across(state.time * end), floor); c.stroke();
    }
    canvas.dataset.left = left;
    canvas.dataset.span = span;
    const last = lastCore();
    const by = !tick ? "the longest time of each core in any tick"
      : tick.makespan_ps === null ? `tick ${tick.tick} was not timed`
      : tick.last_arrival_ps !== null && tick.last_arrival_ps > tick.last_core_ps
        ? `tick ${tick.tick} took ${written(tick.makespan_ps, "ps")}; a packet was last`
        : `tick ${tick.tick} took ${written(tick.makespan_ps, "ps")}; core ${last} of layer ${layerName(data.layer[last])} was last`;
    find("timeline-caption").textContent = by[0].toUpperCase() + by.slice(1) + (tick && flight < 0 ? "; its packets are not in the page." : ".");
    canvas.setAttribute("aria-label", `When the cores of each layer are at work: ${by}. Left and right arrow keys move through it.`);
    describeTime(end, flight);
  }
  function describeTime(end, flight) {
    if (state.time < 0) return show("timeline-details", "Point at a time, or go there with the arrow keys.", []);
    const time = state.time * end;
    const pairs = [["Cores at work", short(bands.reduce((n, times) => n + times.filter((t) => t > time).length, 0))]];
    const still = bands.map((times, layer) => [times.filter((t) => t > time).length, layer]).filter(([n]) => n);
    if (flight >= 0) facts.routes.forEach((route, r) => {
      const bin = Math.min(facts.bins - 1, Math.floor(state.time * facts.bins));
      pairs.push([`Packets ${route}`, short(data.flights[(flight * facts.routes.length + r) * facts.bins + bin])]);
    });
    if (still.length && still.length <= 4) pairs.push(["In", still.map(([n, layer]) => `${layerName(layer)}: ${short(n)}`).join(", ")]);
    show("timeline-details", `At ${written(time, "ps")}`, pairs);
  }

  const goCore = (at) => { state.core = coreAt[at]; drawCores(); describeCore(); };
  const goRouter = (at) => { state.router = at; drawLinks(); describeRouter(); };
  const options = (id, pairs, change) => {
    const select = find(id);
    for (const [key, text] of pairs) select.add(new Option(text, key));
    select.addEventListener("change", () => change(select.value));
  };
  options("core-measure", [...facts.measures.map((m) => [m.key, m.title]), ["layer", "Layer"]],
    (key) => { state.measure = key; drawCores(); });
  options("core-layer", [[-1, "All layers"], ...facts.layers.map((name, i) => [i, name])],
    (layer) => { state.layer = +layer; drawCores(); drawTimeline(); });
  const slider = find("tick"), label = find("tick-text");
  const goTick = () => {
    state.tick = +slider.value;
    const tick = facts.ticks[state.tick];
    label.textContent = tick ? `tick ${tick.tick}` + (tick.makespan_ps ? `, ${written(tick.makespan_ps, "ps")}` : "")
      : `mean of ${short(facts.mean_of)} ${facts.timed ? "timed " : ""}ticks`;
    slider.setAttribute("aria-valuetext", label.textContent);
    drawCores(); describeCore(); drawTimeline();
  };
  slider.max = facts.ticks.length - 1;
  slider.addEventListener("input", goTick);
  find("tick-box").hidden = !facts.ticks.length;

  document.documentElement.classList.add("lively");
  navigate(find("core-map"), () => state.core < 0 ? -1 : data.y[state.core] * width + data.x[state.core],
    (at) => coreAt[at] >= 0, goCore);
  if (data.link_x) {
    options("link-measure", [["packets", "Packets in a tick"], ["busy", "Share of the time busy"], ["wait", "Longest wait in its queue"]],
      (key) => { state.link = key; drawLinks(); describeRouter(); });
    navigate(find("link-map"), () => state.router, (at) => linksAt.has(at), goRouter);
  } else find("link-box").hidden = true;
  const timeline = find("timeline");
  if (measures.load) {
    const goTime = (share) => { state.time = Math.max(0, Math.min(1, share)); drawTimeline(); };
    timeline.addEventListener("pointermove", (event) => goTime(
      (event.clientX - timeline.getBoundingClientRect().left - timeline.dataset.left) / timeline.dataset.span));
    timeline.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -0.01, ArrowRight: 0.01 }[event.key];
      if (by) { event.preventDefault(); goTime(Math.max(0, state.time) + by); }
    });
  } else find("timeline-box").hidden = true;
  const drawAll = () => { drawCores(); if (data.link_x) drawLinks(); drawTimeline(); };
  window.addEventListener("resize", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  const longest = facts.ticks.reduce((best, tick, i) => tick.makespan_ps > (best < 0 ? 0 : facts.ticks[best].makespan_ps) ? i : best, -1);
  slider.value = -1;
  goTick(); drawAll(); describeCore(); describeRouter();
  const jump = find("tick-longest");
  jump.hidden = longest < 0;
  jump.addEventListener("click", () => { slider.value = longest; goTick(); });
  document.documentElement.dataset.ready = "yes";
})();
