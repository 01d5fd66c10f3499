"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const bytes = Uint8Array.from(atob(data.scores), (c) => c.charCodeAt(0));
  const scores = new Float32Array(bytes.buffer);
  const length = data.protein.length;
  const ROW = 17, GAP = 4, MEAN = 16, RESIDUES = 20, AXIS = 24;
  const WIDTHS = [2, 4, 7, 10, 14, 18, 24];
  const $ = (id) => document.getElementById(id);
  const scroll = $("scroll"), wide = $("wide"), map = $("map"), overview = $("overview");
  const tip = $("tip"), said = $("said");

  // Where each row begins, groups a little apart.
  const tops = [];
  let y = MEAN + RESIDUES;
  for (const [, count] of data.groups) {
    for (let n = 0; n < count; n++, y += ROW) tops.push(y);
    y += GAP;
  }
  const bottom = y - GAP, height = bottom + AXIS;

  const score = (row, column) => scores[row * length + column];
  const isWild = (row, column) => data.rows[row] === data.protein[column];
  const means = new Float32Array(length);
  for (let column = 0; column < length; column++) {
    let sum = 0, count = 0;
    for (let row = 0; row < 20; row++) {
      const value = score(row, column);
      if (!isWild(row, column) && !Number.isNaN(value)) { sum += value; count++; }
    }
    means[column] = count ? sum / count : NaN;
  }
  const known = new Map(data.known.map(([position, alt, harmful]) =>
    [(position - data.first) + alt, harmful]));

  let cell = 14, cursor = null, pending = false;

  function color(value) {
    const part = (value - data.low) / (data.high - data.low);
    return data.steps[Math.max(0, Math.min(255, Math.round(part * 255)))];
  }

  function prepared(canvas, width, tall) {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(tall * ratio);
    canvas.style.width = width + "px";
    canvas.style.height = tall + "px";
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  function hatching(context, line) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const stroke = tile.getContext("2d");
    stroke.strokeStyle = line;
    stroke.beginPath();
    stroke.moveTo(-1, 7); stroke.lineTo(7, -1);
    stroke.moveTo(-1, 1); stroke.lineTo(1, -1);
    stroke.moveTo(5, 7); stroke.lineTo(7, 5);
    stroke.stroke();
    return context.createPattern(tile, "repeat");
  }

  // In a corner, so that the colour of the cell stays visible.
  function mark(context, x, top, across, harmful) {
    const size = Math.min(across * 0.85, ROW * 0.65), right = x + across, bottom = top + ROW;
    context.beginPath();
    if (harmful) {
      context.moveTo(right - size, top); context.lineTo(right, top);
      context.lineTo(right, top + size);
    } else {
      context.moveTo(x, bottom - size); context.lineTo(x + size, bottom);
      context.lineTo(x, bottom);
    }
    context.closePath();
    context.fillStyle = data.marks[harmful];
    context.strokeStyle = data.marks[1 - harmful];
    context.lineWidth = 0.8;
    context.fill();
    context.stroke();
    context.lineWidth = 1;
  }

  function drawMap() {
    pending = false;
    const left = scroll.scrollLeft, view = scroll.clientWidth;
    const style = getComputedStyle(document.documentElement);
    const text = style.getPropertyValue("--text"), line = style.getPropertyValue("--line");
    const context = prepared(map, Math.min(view, length * cell), height);
    const pattern = hatching(context, line);
    const start = Math.max(0, Math.floor(left / cell));
    const end = Math.min(length, Math.ceil((left + view) / cell));
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let column = start; column < end; column++) {
      // Whole pixels, so that no seams show between cells.
      const x = Math.round(column * cell - left);
      const across = Math.round((column + 1) * cell - left) - x, middle = x + across / 2;
      const mean = means[column];
      context.fillStyle = Number.isNaN(mean) ? pattern : color(mean);
      context.fillRect(x, 0, across, MEAN - 2);
      if (cell >= 10 && data.protein[column] !== "*") {
        context.fillStyle = text;
        context.fillText(data.protein[column], middle, MEAN + RESIDUES / 2 - 1);
      }
      for (let row = 0; row < 20; row++) {
        const value = score(row, column), wild = isWild(row, column);
        context.fillStyle = wild ? data.wild : Number.isNaN(value) ? pattern : color(value);
        context.fillRect(x, tops[row], across, ROW);
        if (wild) {
          context.fillStyle = data.dot;
          context.beginPath();
          context.arc(middle, tops[row] + ROW / 2, Math.min(2.2, cell / 3), 0, 7);
          context.fill();
        }
        const harmful = known.size ? known.get(column + data.rows[row]) : undefined;
        if (harmful !== undefined) mark(context, x, tops[row], across, harmful);
      }
      number(context, column, middle, text);
    }
    if (cursor) outline(context, left, style.getPropertyValue("--mark"));
    drawOverview(left, view, style);
  }

  function number(context, column, middle, text) {
    const position = data.first + column;
    const every = cell >= 24 ? 5 : cell >= 7 ? 10 : cell >= 4 ? 50 : 100;
    if (position % every && column) return;
    if (!column && every - (position % every) < 3) return;
    context.fillStyle = text;
    context.fillRect(middle - 0.5, bottom + 2, 1, 4);
    const half = context.measureText(position).width / 2;
    const edge = scroll.clientWidth;
    context.fillText(position, Math.max(half, Math.min(middle, edge - half)), bottom + 14);
  }

  function outline(context, left, stroke) {
    const x = Math.round(cursor.column * cell - left);
    const across = Math.round((cursor.column + 1) * cell - left) - x;
    // Black within white: one of them shows on any colour.
    for (const [ring, width] of [["#fff", 4], ["#000", 2]]) {
      context.strokeStyle = ring;
      context.lineWidth = width;
      context.strokeRect(x - 1, tops[cursor.row] - 1, across + 2, ROW + 2);
    }
    context.fillStyle = stroke;
    context.fillRect(x, bottom + 1, across, 3);
  }

  function drawOverview(left, view, style) {
    const whole = length * cell;
    overview.hidden = whole <= view;
    if (overview.hidden) return;
    const width = overview.clientWidth, tall = 30;
    const context = prepared(overview, width, tall);
    overview.style.width = "";
    for (let x = 0; x < width; x++) {
      const from = Math.floor(x * length / width);
      const to = Math.max(from + 1, Math.floor((x + 1) * length / width));
      let sum = 0, count = 0;
      for (let column = from; column < to && column < length; column++) {
        if (!Number.isNaN(means[column])) { sum += means[column]; count++; }
      }
      if (count) {
        context.fillStyle = color(sum / count);
        context.fillRect(x, 5, 1, tall - 10);
      }
    }
    context.strokeStyle = style.getPropertyValue("--mark");
    context.lineWidth = 2;
    context.strokeRect(left / whole * width + 1, 1, Math.max(4, view / whole * width - 2), tall - 2);
  }

  function redraw() {
    if (!pending) { pending = true; requestAnimationFrame(drawMap); }
  }

  function resize() {
    wide.style.width = length * cell + "px";
    wide.style.height = height + "px";
    redraw();
  }

  function setCell(next, around) {
    const middle = around ?? (scroll.scrollLeft + scroll.clientWidth / 2) / cell;
    cell = next;
    resize();
    scroll.scrollLeft = middle * cell - scroll.clientWidth / 2;
  }

  function describe({ row, column }) {
    const residue = data.protein[column], alt = data.rows[row], value = score(row, column);
    const name = (residue === "*" ? "X" : residue) + (data.first + column) + alt;
    const lines = [];
    if (residue === alt) lines.push(name + ": the protein's own residue");
    else if (Number.isNaN(value)) lines.push(name + ": no score");
    else lines.push(name + ": " + data.score + " " + value.toFixed(4));
    const harmful = known.get(column + alt);
    if (harmful !== undefined) lines.push("known " + (harmful ? "harmful" : "harmless"));
    const mean = means[column];
    if (!Number.isNaN(mean)) lines.push("mean at " + (data.first + column) + ": " + mean.toFixed(4));
    return lines;
  }

  function cellAt(event) {
    const box = map.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left + scroll.scrollLeft) / cell);
    const down = event.clientY - box.top;
    const row = tops.findIndex((top) => down >= top && down < top + ROW);
    return row < 0 || column < 0 || column >= length ? null : { row, column };
  }

  function showTip(event, found) {
    tip.hidden = !found;
    if (!found) return;
    tip.textContent = describe(found).join("\n");
    const { offsetWidth: wideness, offsetHeight: tall } = tip;
    let x = event.clientX + 14, top = event.clientY - tall - 10;
    if (x + wideness > document.documentElement.clientWidth) x = event.clientX - wideness - 14;
    if (top < 0) top = event.clientY + 18;
    tip.style.left = Math.max(2, x) + "px";
    tip.style.top = top + "px";
  }

  function choose(found) {
    cursor = found;
    said.textContent = describe(found).join(", ");
    const x = found.column * cell, view = scroll.clientWidth;
    if (x < scroll.scrollLeft) scroll.scrollLeft = x - cell;
    else if (x + cell > scroll.scrollLeft + view) scroll.scrollLeft = x + 2 * cell - view;
    redraw();
  }

  function moved(key) {
    const now = cursor ?? { row: 0, column: Math.floor(scroll.scrollLeft / cell) };
    const last = length - 1;
    const page = Math.max(1, Math.floor(scroll.clientWidth / cell) - 1);
    const steps = {
      ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
      PageUp: [0, -page], PageDown: [0, page], Home: [0, -length], End: [0, length],
    };
    if (!(key in steps)) return null;
    if (!cursor) return now;
    const [down, right] = steps[key];
    return {
      row: Math.max(0, Math.min(19, now.row + down)),
      column: Math.max(0, Math.min(last, now.column + right)),
    };
  }

  function goTo(event) {
    event.preventDefault();
    const found = /^\s*(?:p\.)?([A-Za-z]?)(\d+)([A-Za-z]?)\s*$/.exec($("where").value);
    const column = found ? Number(found[2]) - data.first : -1;
    if (!found || column < 0 || column >= length) {
      said.textContent = "There is no such position; expected one from " + data.first + " to " +
        (data.first + length - 1) + ", such as 130 or R130Q.";
      return;
    }
    const there = data.protein[column], ref = found[1].toUpperCase();
    if (ref && there !== "*" && ref !== there) {
      said.textContent = "The protein has " + there + " at " + found[2] + ", not " + ref + ".";
      return;
    }
    const row = Math.max(0, data.rows.indexOf(found[3] ? found[3].toUpperCase() : there));
    scroll.scrollLeft = (column + 0.5) * cell - scroll.clientWidth / 2;
    choose({ row, column });
  }

  function follow(event) {
    const box = overview.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    scroll.scrollLeft = part * length * cell - scroll.clientWidth / 2;
  }

  function labels() {
    const add = (parent, text, middle, name) => {
      const span = document.createElement("span");
      span.textContent = text;
      span.style.top = middle + "px";
      if (name) span.className = name;
      $(parent).append(span);
    };
    add("letters", "mean", MEAN / 2 - 1, "mean");
    tops.forEach((top, row) => add("letters", data.rows[row], top + ROW / 2));
    let row = 0;
    for (const [name, count] of data.groups) {
      add("groups", name, (tops[row] + tops[row + count - 1] + ROW) / 2);
      row += count;
    }
  }

  labels();
  wide.style.width = length * WIDTHS[WIDTHS.length - 1] + "px"; // to see how much room there is
  const fitting = WIDTHS.filter((width) => width * length <= scroll.clientWidth).pop();
  cell = Math.max(fitting ?? 0, Math.min(14, cell));
  resize();
  scroll.addEventListener("scroll", () => { tip.hidden = true; redraw(); }, { passive: true });
  window.addEventListener("resize", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  map.addEventListener("pointermove", (event) => showTip(event, cellAt(event)));
  map.addEventListener("pointerleave", () => { tip.hidden = true; });
  map.addEventListener("click", (event) => {
    const found = cellAt(event);
    showTip(event, found);
    if (found) choose(found);
  });
  scroll.addEventListener("keydown", (event) => {
    const next = moved(event.key);
    if (next) { event.preventDefault(); tip.hidden = true; choose(next); }
  });
  $("go").addEventListener("submit", goTo);
  $("narrower").addEventListener("click", () =>
    setCell(WIDTHS.filter((width) => width < cell).pop() ?? cell));
  $("wider").addEventListener("click", () => setCell(WIDTHS.find((width) => width > cell) ?? cell));
  overview.addEventListener("pointerdown", (event) => {
    overview.setPointerCapture(event.pointerId);
    follow(event);
  });
  overview.addEventListener("pointermove", (event) => { if (event.buttons) follow(event); });
})();
