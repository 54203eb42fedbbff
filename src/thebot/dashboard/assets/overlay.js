// What moves between two drawings of Plotly: the forming candle, its volume, the last pieces of the lines, the
// price line with its tag and the time left. A canvas over the chart; one drawing takes a fraction of a
// millisecond where Plotly takes 60.
import { on } from './bus.js';
import { chart, onDrawn, serverNow } from './chart.js';
import { $, h } from './dom.js';
import { barColour, COLOURS, dotColour, styled } from './figure.js';
import { countdown, price } from './format.js';
import { digits, market, row } from './market.js';
import * as plot from './plot.js';

const WIDTH = 0.6; // of the distance between candles, as Plotly's
const TAG = 18; // px, height of the price tag
let canvas = null;
let ink = null;
let tag = null;
let line = null;
let dirty = null; // the piece of canvas that was drawn on: only that is wiped
let lines = [];
let linesOf = null;

export function build() {
  canvas = $('overlay');
  ink = canvas.getContext('2d');
  // Elements that only slide cost less than pixels that are painted anew.
  line = h('div', { id: 'price-line', hidden: true });
  tag = h('div', { id: 'price-tag', hidden: true }, h('b'), h('i'));
  $('chart').append(line, tag);
  onDrawn((whole) => {
    if (whole) size();
    draw();
  });
  on('frame', draw);
  on('chosen', () => setTimeout(draw));
}

function size() {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = $('chart');
  if (canvas.width === Math.round(width * ratio) && canvas.height === Math.round(height * ratio)) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  dirty = null;
}

function draw() {
  if (dirty) ink.clearRect(...dirty);
  dirty = null;
  if (!chart.data?.time.length || !plot.ready()) {
    line.hidden = tag.hidden = true;
    return;
  }
  const axes = plot.axes();
  const area = plot.box(axes.x);
  const step = (chart.span * area.size) / (plot.valueAt(axes.x, area.start + area.size) - plot.valueAt(axes.x, area.start));
  // Pending candles have closed, and wait for their final figures.
  const live = [...[...chart.pending.values()].sort((a, b) => a.time - b.time), chart.forming].filter((candle) => candle && candle.time > chart.data.time.at(-1));
  if (live.length) {
    const left = plot.pixel(axes.x, chart.data.time.at(-1) + chart.shift) - 2;
    const right = Math.min(area.start + area.size, plot.pixel(axes.x, live.at(-1).time + chart.shift) + step);
    if (left < area.start + area.size && right > area.start) {
      dirty = [left - 2, 0, right - left + 4, canvas.height];
      ink.save();
      ink.beginPath();
      ink.rect(area.start, 0, area.size, canvas.height);
      ink.clip();
      live.forEach((candle) => drawCandle(candle, axes, step));
      drawLines(live, axes, step);
      ink.restore();
    }
  }
  drawPrice(axes);
}

function drawCandle(candle, axes, step) {
  const x = plot.pixel(axes.x, candle.time + chart.shift);
  const width = Math.max(1, step * WIDTH);
  const rising = candle.close >= candle.open;
  const floor = plot.pixel(axes.volume, 0);
  ink.fillStyle = rising ? 'rgba(46,189,133,.28)' : 'rgba(246,70,93,.28)';
  const top = plot.pixel(axes.volume, candle.volume);
  ink.fillRect(x - width / 2, top, width, floor - top);
  ink.fillStyle = rising ? COLOURS.up : COLOURS.down;
  const [high, low, open, close] = [candle.high, candle.low, candle.open, candle.close].map((value) => plot.pixel(axes.price, value));
  ink.fillRect(Math.round(x) - 0.5, high, 1, Math.max(1, low - high));
  ink.fillRect(x - width / 2, Math.min(open, close), width, Math.max(1, Math.abs(close - open)));
}

// From the last closed value of each line to its value if the candle closed now.
function drawLines(live, axes, step) {
  if (linesOf !== chart.data) {
    linesOf = chart.data;
    lines = styled(chart.data);
  }
  for (const each of lines) {
    const { at, line: number, values, axis, dash, width } = each;
    const scale = axis === 'y2' ? axes.price : axes.panes[axis.slice(1) - 3];
    if (!scale) continue;
    const points = live.map((candle) => [candle.time, candle.values[at]?.[number], candle]).filter(([, value]) => Number.isFinite(value));
    if (!points.length) continue;
    if (each.marks) {
      for (const [, value, candle] of points) if (value) mark(candle, value > 0, each.offset, axes);
      continue;
    }
    if (each.dots) {
      for (const [time, value] of points) dot(axes.x, scale, time, dotColour(value));
      continue;
    }
    if (each.bars) {
      for (const [time, value] of points) bar(axes.x, scale, time, value);
      continue;
    }
    if (each.steps) {
      ink.fillStyle = each.colour;
      for (const [time, value] of points) ink.fillRect(plot.pixel(axes.x, time + chart.shift), plot.pixel(scale, value) - width / 2, step, width);
      continue;
    }
    const way = each.turns && live.at(-1).values[at]?.[each.turnsAt];
    const goesOn = values.at(-1) !== null && !(each.turns && Math.sign(each.turns.at(-1)) !== Math.sign(way));
    if (goesOn) points.unshift([chart.data.time.at(-1), values.at(-1)]);
    ink.strokeStyle = ink.fillStyle = each.turns ? COLOURS[way > 0 ? 'up' : 'down'] : each.colour;
    ink.lineWidth = width;
    ink.setLineDash(dash === 'dot' ? [2, 3] : []);
    ink.beginPath();
    for (const [time, value] of points) ink.lineTo(plot.pixel(axes.x, time + chart.shift), plot.pixel(scale, value));
    ink.stroke();
    if (points.length === 1) {
      ink.beginPath();
      ink.arc(plot.pixel(axes.x, points[0][0] + chart.shift), plot.pixel(scale, points[0][1]), 2, 0, 7);
      ink.fill();
    }
  }
  ink.setLineDash([]);
}

function mark(candle, rising, offset, axes) {
  const x = plot.pixel(axes.x, candle.time + chart.shift);
  const y = plot.pixel(axes.price, rising ? candle.low : candle.high) + (rising ? 1 : -1) * (9 + offset);
  ink.fillStyle = rising ? COLOURS.up : COLOURS.down;
  ink.beginPath();
  for (const [dx, dy] of [[0, -3], [3, 0], [0, 3], [-3, 0]]) ink.lineTo(x + dx, y + dy);
  ink.fill();
}

function bar(x, scale, time, value) {
  const middle = plot.pixel(x, time + chart.shift);
  const half = Math.abs(plot.pixel(x, time + chart.shift + chart.span * WIDTH * 0.5) - middle);
  const [zero, end] = [plot.pixel(scale, 0), plot.pixel(scale, value)];
  ink.fillStyle = barColour(value);
  ink.fillRect(middle - half, Math.min(zero, end), half * 2, Math.abs(zero - end));
}

function dot(x, scale, time, colour) {
  ink.fillStyle = colour;
  ink.beginPath();
  ink.arc(plot.pixel(x, time + chart.shift), plot.pixel(scale, 0), 2, 0, 2 * Math.PI);
  ink.fill();
}

function drawPrice(axes) {
  const value = market.frame?.price[row(chart.symbol)] ?? chart.forming?.close;
  const area = plot.box(axes.price);
  const y = Number.isFinite(value) ? plot.pixel(axes.price, value) : NaN;
  const seen = y >= area.start && y <= area.start + area.size;
  line.hidden = tag.hidden = !seen;
  if (!seen) return;
  const rising = value >= (chart.forming?.open ?? value);
  line.style.transform = `translateY(${y.toFixed(1)}px)`;
  line.className = tag.className = rising ? 'up' : 'down';
  tag.style.transform = `translateY(${(y - TAG / 2).toFixed(1)}px)`;
  const right = `${plot.box(axes.x).size}px`;
  if (tag.style.left !== right) tag.style.left = line.style.width = right;
  const text = price(value, digits(chart.symbol));
  if (tag.firstChild.textContent !== text) tag.firstChild.textContent = text;
  // The exchange's clock decides when a candle closes; in a replay it runs at another pace than ours.
  const left = chart.forming ? countdown(chart.forming.time + chart.span - (market.frame?.exchangeTime ?? serverNow())) : '';
  if (tag.lastChild.textContent !== left) tag.lastChild.textContent = left;
}
