// The crosshair with its tags, the legends with what a candle and its indicators were, and why a signal fired.
// Plotly's own hover would search all traces at each move of the pointer; an index needs no search.
import { on, tell } from './bus.js';
import { chart, onDrawn } from './chart.js';
import { decidingRow } from './columns.js';
import { $, h, write } from './dom.js';
import { styled } from './figure.js';
import { compact, minute, day, percent, price, reading } from './format.js';
import { digits } from './market.js';
import { isBelow } from './panes.js';
import * as plot from './plot.js';
import { settings } from './settings.js';

const LIVE = 200; // ms between two writings of the live legend
let pointer = null; // {x, y} in the chart, null outside
let parts = {};
let drawing = 0;
let written = 0;
let head = ''; // which legend is built
let builtOf = null; // and of which data
let read = []; // {p, l, values, digitsOf, place} of each line whose value is shown in it

export function build() {
  const home = $('chart');
  parts = { x: h('div', { class: 'cross x' }), y: h('div', { class: 'cross y' }), at: h('div', { class: 'tag at' }), value: h('div', { class: 'tag value' }) };
  home.append(...Object.values(parts));
  home.addEventListener('pointermove', (event) => follow(event), { passive: true });
  home.addEventListener('pointerdown', (event) => follow(event), { passive: true });
  home.addEventListener('pointerleave', () => { pointer = null; ask(); });
  onDrawn(ask);
  document.addEventListener('chart-blank', () => { pointer = null; head = ''; $('legend').replaceChildren(); $('pane-legends').replaceChildren(); ask(); });
  on('frame', () => { if (row_() < 0 && performance.now() - written > LIVE) ask(); });
  on('chosen', () => { head = ''; });
}

function follow(event) {
  const box = $('chart').getBoundingClientRect();
  pointer = { x: event.clientX - box.left, y: event.clientY - box.top };
  ask();
}

function ask() {
  drawing ||= requestAnimationFrame(show);
}

// The row under the pointer; -1 for the forming candle, which is also shown when the pointer is elsewhere.
function row_() {
  if (!pointer || !chart.data?.time.length || !plot.ready()) return -1;
  const { x } = plot.axes();
  const time = plot.valueAt(x, pointer.x) - chart.shift + chart.span / 2;
  const at = chart.data.time.findLastIndex((t) => t <= time);
  const beyond = at === chart.data.time.length - 1 && time >= chart.data.time[at] + chart.span;
  return beyond ? -1 : at;
}

function show() {
  drawing = 0;
  written = performance.now();
  if (!chart.data?.time.length || !plot.ready()) {
    for (const part of Object.values(parts)) part.hidden = true;
    $('why').hidden = true;
    return;
  }
  const at = row_();
  legend(at);
  cross(at);
  why(at);
}

function cross(at) {
  const axes = plot.axes();
  const area = plot.box(axes.x);
  const inside = pointer && pointer.x >= area.start && pointer.x <= area.start + area.size;
  const pane = inside ? [axes.price, ...axes.panes].find((axis) => pointer.y >= axis._offset && pointer.y <= axis._offset + axis._length) : null;
  for (const part of Object.values(parts)) part.hidden = !pane;
  if (!pane) return;
  const time = at >= 0 ? chart.data.time[at] : (chart.forming?.time ?? NaN);
  const near = Number.isFinite(time) ? plot.pixel(axes.x, time + chart.shift) : pointer.x;
  parts.x.style.transform = `translateX(${near.toFixed(1)}px)`;
  parts.y.style.transform = `translateY(${pointer.y}px)`;
  parts.y.style.width = `${area.size}px`;
  parts.value.style.transform = `translateY(${pointer.y - 9}px)`;
  parts.value.style.left = `${area.size}px`;
  write(parts.value, reading(plot.valueAt(pane, pointer.y), pane === axes.price ? digits(chart.symbol) : chart.paneDigits[axes.panes.indexOf(pane)]));
  if (Number.isFinite(time)) write(parts.at, chart.span >= 86_400_000 ? day(time, settings.zone) : minute(time, settings.zone));
  parts.at.style.transform = `translateX(${near.toFixed(1)}px) translateX(-50%)`;
}

function legend(at) {
  const d = digits(chart.symbol);
  const candle = at >= 0 ? atRow(at) : (chart.forming ?? atRow(chart.data.time.length - 1));
  const built = [chart.symbol, chart.timeframe, ...chart.data.plots.map((each) => each.key)].join('|');
  if (head !== built) {
    head = built;
    buildLegend();
  } else if (builtOf !== chart.data) for (const each of read) each.values = chart.data.plots[each.p].lines[each.l].values;
  builtOf = chart.data;
  plot.axes().panes.forEach((axis, k) => {
    const place = $('pane-legends').children[k];
    const top = `${plot.box(axis).start - 2}px`;
    if (place && place.style.top !== top) place.style.top = top;
  });
  const figures = $('legend').firstChild.children;
  write(figures[1].lastChild, price(candle.open, d));
  write(figures[2].lastChild, price(candle.high, d));
  write(figures[3].lastChild, price(candle.low, d));
  write(figures[4].lastChild, price(candle.close, d));
  write(figures[5], percent((candle.close / candle.open - 1) * 100));
  write(figures[6].lastChild, compact(candle.volume));
  $('legend').firstChild.className = `ohlc ${candle.close >= candle.open ? 'up' : 'down'}`;
  for (const { p, l, values, digitsOf, place } of read) {
    const value = at >= 0 ? values[at] : (candle.values?.[p]?.[l] ?? values.at(-1));
    write(place, reading(value ?? NaN, digitsOf(value)));
  }
}

function atRow(i) {
  const { data } = chart;
  return { time: data.time[i], open: data.open[i], high: data.high[i], low: data.low[i], close: data.close[i], volume: data.volume[i] };
}

function buildLegend() {
  const figure = (letter) => h('span', {}, h('i', {}, letter), h('b', {}));
  const ohlc = h('div', { class: 'ohlc' }, h('strong', {}, `${chart.symbol} · ${chart.timeframe}`), figure('O'), figure('H'), figure('L'), figure('C'), h('em'), figure('Vol'));
  read = [];
  const above = chart.data.plots.filter((each) => each.overlay).map((each) => named(each, (line) => !isBelow(each, line)));
  $('legend').replaceChildren(ohlc, h('div', { class: 'lines' }, ...above));
  $('pane-legends').replaceChildren(...chart.panes.map((each) => h('div', { class: 'pane-legend' }, named(each, (line) => !each.overlay || isBelow(each, line)))));
}

// A plot's name, which opens its form, and a place for the value of each of its lines.
function named(each, belongs) {
  const p = chart.data.plots.indexOf(each);
  const colours = new Map(styled(chart.data).filter((drawn) => drawn.plot === each).map((drawn) => [drawn.line, drawn.colour]));
  const places = each.lines.flatMap((line, l) => {
    if (!belongs(line)) return [];
    const place = h('b', { style: `color:${colours.get(l) ?? 'var(--soft)'}`, title: line.name, 'data-line': `${p}.${l}` });
    const k = chart.panes.indexOf(each);
    // flags and counts stand beside figures in one pane: 1 is not 1.00
    const whole = line.values.every((value) => value === null || Number.isNaN(value) || Number.isInteger(value));
    const digitsOf = (value) => (line.overlay ? digits(chart.symbol) : whole && Number.isInteger(value) ? 0
      : isBelow(each, line) ? chart.paneDigits[k] ?? 2 : Number.isInteger(value) ? 0 : 2);
    read.push({ p, l, values: line.values, digitsOf, place });
    return [place];
  });
  const name = h('button', { type: 'button', class: 'named', title: `Change or remove ${each.label}`, onclick: () => tell('edit', each.key) }, each.label);
  return h('span', { class: 'line' }, name, ...places);
}

// The reasons of the signals that the candle under the pointer decided.
function why(at) {
  const box = $('why');
  const found = at >= 0 && pointer ? chart.data.signals.filter((signal) => decidingRow(chart.data, signal.at) === at) : [];
  box.hidden = !found.length;
  if (!found.length) return;
  const key = found.map((signal) => signal.at + signal.side + signal.strategy).join();
  if (box.dataset.key !== key) {
    box.dataset.key = key;
    box.replaceChildren(...found.map((signal) => h('div', { class: `because ${signal.side.toLowerCase()}` },
      h('div', {}, h('span', { class: `side ${signal.side.toLowerCase()}` }, signal.side), ' ', h('b', {}, signal.strategy), ' ', h('i', {}, signal.level)),
      ...signal.reasons.map((reason) => h('p', {}, reason)))));
  }
  const width = $('chart').clientWidth;
  const room = box.offsetWidth + 24;
  box.style.left = `${pointer.x + room > width ? pointer.x - room + 8 : pointer.x + 16}px`;
  box.style.top = `${Math.max(4, Math.min(pointer.y + 14, $('chart').clientHeight - box.offsetHeight - 32))}px`;
}
