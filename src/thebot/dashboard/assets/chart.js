// The chart of the chosen symbol and timeframe: reads candles, joins older and newer ones, decides what is
// in view, and asks Plotly for a drawing when candles close or the user acts. What moves in between is overlay.js.
import { ask, Unreachable } from './api.js';
import { on, tell } from './bus.js';
import { wanted } from './choice.js';
import * as columns from './columns.js';
import { $, h } from './dom.js';
import { layout, traces } from './figure.js';
import { shift as zoneShift } from './format.js';
import { choose, digits } from './market.js';
import { panesOf, scale } from './panes.js';
import { past } from './past.js';
import * as plot from './plot.js';
import { settings } from './settings.js';
import { clockOffset, follow } from './stream.js';

const CHUNK = 500; // candles in one answer
const LARGE_CHUNK = 1500; // the most that one answer holds
const JUMPS = 40; // of these at most to a time in the past
const MOST = 20_000; // candles kept
const WIDEST = 3_000; // candles in view
const SPACING = 7.2; // px from candle to candle at first
const ROOM = 7; // candles of empty room after the newest
const AGAIN = 4000; // ms after which other indicators that could not be read are asked for again
const LAZY = 500; // ms between two drawings that only the moving price asks for

// What others may look at: the data, what is in view, the plots that have a pane below with the digits of each,
// and how it stands with what the viewer asked for.
export const chart = {
  symbol: '', timeframe: '', span: 60_000, shift: 0, data: null, panes: [], paneDigits: [], pending: new Map(), forming: null, computing: false, problem: '',
};
const changed = []; // called after each drawing or pan, with whether Plotly drew
let view = null; // {from, to} in ms UTC
let drawnRows = [0, -1];
let fit = null;
let asking = null; // AbortController of the reading of the chart
let toLookAt; // an instant that somebody wants to see as soon as there are candles
let older = false; // an older chunk is on its way
let exhausted = false;
let fitted = 0;
let listeners = null;

export const onDrawn = (heed) => changed.push(heed);

export function build() {
  listeners = plot.attach($('plot'), { moving: () => tellDrawn(false), moved, drawn: () => tellDrawn(true) });
  listeners.first = () => {
    $('plot').addEventListener('dblclick', showNewest);
    tellDrawn(true);
  };
  new ResizeObserver(resize).observe($('chart'));
  $('newest').onclick = showNewest;
  $('wider').onclick = () => zoom(1.5);
  $('closer').onclick = () => zoom(1 / 1.5);
  $('log').onclick = () => { settings.log = !settings.log; };
  on('chosen', open);
  on('symbols', () => { if (!chart.symbol && settings.symbol) choose(settings.symbol); });
  on('anew', () => chart.symbol && refresh(CHUNK));
  on('candle', () => refresh(10));
  on('signal', (signal) => { if (signal.symbol === chart.symbol && signal.timeframe === chart.timeframe) refresh(10); });
  on('past', redraw);
  on('look', (at) => { if (chart.data) goTo(at); else toLookAt = at; });
  on('frame', heedFrame);
  on('setting', (name) => {
    if (name === 'log') redraw();
    if (name === 'zone') redraw();
    if (name === 'indicators') drawOthers();
  });
}

// --- reading ---

// Answers to two questions fit together only if they are about the same.
const about = () => JSON.stringify([chart.symbol, chart.timeframe, wanted()]);
const read = async (more, signal) => columns.fromAnswer(await ask('/api/chart', { symbol: chart.symbol, timeframe: chart.timeframe, indicators: wanted(), ...more }, signal));

async function open({ symbol, timeframe, at }) {
  if (symbol === chart.symbol && timeframe === chart.timeframe && chart.data) {
    if (at) await goTo(at);
    return;
  }
  asking?.abort();
  asking = new AbortController();
  Object.assign(chart, { symbol, timeframe, data: null, forming: null, computing: false, problem: '', span: spanOf(timeframe) });
  $('chart').removeAttribute('data-computing');
  chart.pending.clear();
  follow(null);
  exhausted = older = false;
  state('loading', `Reading ${symbol} ${timeframe}`);
  const mine = asking;
  try {
    const [answer] = await Promise.all([read({ limit: CHUNK }, mine.signal), plot.load()]);
    if (mine !== asking) return;
    take(answer);
    if (!chart.data.time.length) return;
    showNewest();
    const instant = at ?? toLookAt;
    toLookAt = undefined;
    if (instant) await goTo(instant);
  } catch (error) {
    if (mine === asking) refused(error);
  }
}

function take(data) {
  const before = chart.data && columns.keys(chart.data);
  chart.data = data;
  for (const time of chart.pending.keys()) if (time <= data.time.at(-1)) chart.pending.delete(time);
  chart.panes = panesOf(data);
  if (before !== columns.keys(data)) {
    for (const candle of [...chart.pending.values(), chart.forming]) if (candle) candle.values = []; // they are those of other plots
    follow({ symbol: chart.symbol, timeframe: chart.timeframe, plots: data.plots.map((each) => each.key) });
    tell('plots');
  }
  if (data.time.length) state('');
  else state('empty', `No candle of ${chart.symbol} ${chart.timeframe} has closed yet`, 'The chart begins with the first one.');
}

// The viewer wants other indicators: the same candles are read with those, and what is in view stays.
async function drawOthers() {
  if (!chart.symbol) return;
  if (!chart.data) {
    asking?.abort();
    open({ symbol: chart.symbol, timeframe: chart.timeframe });
    return;
  }
  const mine = about();
  computing(true);
  try {
    const answer = await read({ limit: CHUNK }); // older ones follow when they are looked at
    if (mine !== about() || !chart.data) return;
    exhausted = false;
    take(answer);
    redraw();
    computing(false);
  } catch (error) {
    if (mine !== about()) return;
    computing(false, error.message);
    setTimeout(() => mine === about() && chart.problem && drawOthers(), AGAIN);
  }
}

function computing(now, problem = '') {
  Object.assign(chart, { computing: now, problem });
  $('chart').toggleAttribute('data-computing', now);
  tell('plots');
}

// The newest candles once more: after one closed, or when something may have been missed.
async function refresh(limit) {
  const { symbol, timeframe } = chart;
  if (!chart.data) {
    if (!asking || asking.done) open({ symbol, timeframe });
    return;
  }
  const mine = about();
  try {
    const answer = await read({ limit });
    if (mine !== about() || !chart.data) return;
    if (chart.problem) computing(false); // what could not be read then has been read now
    // What sums without end has begun elsewhere: its newest values do not go on from ours.
    if (limit < CHUNK && columns.beginnings(answer) !== columns.beginnings(chart.data)) { await refresh(CHUNK); return; }
    const following = isFollowing();
    const last = chart.data.time.at(-1);
    const all = columns.joined(chart.data, answer, chart.span);
    if (!all && limit < CHUNK) { await refresh(CHUNK); return; }
    take(all ?? answer); // with candles missing in between, the newest alone are the truth
    if (!chart.data.time.length) return;
    if (!view || !all) { showNewest(); return; }
    const moved_ = chart.data.time.at(-1) - (last ?? chart.data.time.at(-1));
    if (following && moved_ > 0) view = { from: view.from + moved_, to: view.to + moved_ };
    redraw();
  } catch (error) {
    if (!(error instanceof Unreachable)) console.warn('chart not refreshed:', error.message);
  }
}

async function readOlder(limit = CHUNK) {
  if (older || exhausted || !chart.data?.time.length || chart.data.time.length >= MOST) return;
  older = true;
  const mine = about();
  try {
    const answer = await read({ limit, end: chart.data.time[0] });
    if (mine !== about() || !chart.data) return;
    if (!answer.time.length) { exhausted = true; return; }
    const before = chart.data.time.length;
    // The edge of what is known may lie in a hole of the history itself: that is no reason to read anew.
    take(columns.joined(answer, chart.data, Infinity) ?? chart.data);
    exhausted = chart.data.time.length === before;
    redraw();
  } catch (error) {
    if (!(error instanceof Unreachable)) console.warn('no older candles:', error.message);
    await new Promise((resolve) => { setTimeout(resolve, 2000); });
  } finally {
    older = false;
  }
  if (view && view.from < chart.data.time[0] && !exhausted) await readOlder();
}

function refused(error) {
  if (error.name === 'AbortError') return;
  asking.done = true;
  const again = h('button', { type: 'button', class: 'plain', onclick: () => open({ symbol: chart.symbol, timeframe: chart.timeframe }) }, 'Try again');
  const near = (error.suggestions ?? []).map((name) => h('button', { type: 'button', class: 'plain', onclick: () => choose(name) }, name));
  state('failed', `${chart.symbol} ${chart.timeframe} cannot be shown`, error.message, [...near, again]);
}

function state(kind, title = '', text = '', buttons = []) {
  const box = $('chart-state');
  box.className = `state ${kind}`;
  box.replaceChildren(...(title ? [h('strong', {}, title), h('p', {}, text), h('div', {}, ...buttons)] : []));
  $('chart').dataset.state = kind || 'ready';
  if (kind === 'empty' || kind === 'failed') document.dispatchEvent(new Event('chart-blank'));
}

// --- what is in view ---

const spanOf = (name) => parseInt(name, 10) * { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, M: 2_592_000_000 }[name.at(-1)];
export const newestTime = () => chart.forming?.time ?? (chart.data?.time.at(-1) ?? 0) + chart.span;
const isFollowing = () => view && chart.data?.time.length && view.to > chart.data.time.at(-1) + chart.span / 2;

export function showNewest() {
  if (!chart.data?.time.length) return;
  const count = Math.max(20, Math.floor(($('chart').clientWidth - 70) / SPACING));
  const to = newestTime() + ROOM * chart.span;
  view = { from: to - count * chart.span, to };
  redraw();
}

async function goTo(at) {
  // Without reading for ever: what is older than this is shown at the oldest candle there is.
  const mine = about();
  const far = () => chart.data?.time[0] > at - 40 * chart.span;
  for (let i = 0; i < JUMPS && mine === about() && far() && !exhausted; i++) {
    if (older) await new Promise((resolve) => { setTimeout(resolve, 50); }); // one is on its way
    else await readOlder(chart.data.time[0] - at > CHUNK * chart.span ? LARGE_CHUNK : CHUNK);
  }
  if (!view || mine !== about() || !chart.data) return;
  const width = view.to - view.from;
  if (at > view.from + width * 0.1 && at < view.to - width * 0.1) return;
  view = { from: at - width * 0.6, to: at + width * 0.4 };
  redraw();
}

function zoom(factor) {
  if (!view) return;
  const anchor = isFollowing() ? view.to : (view.from + view.to) / 2;
  view = { from: anchor - (anchor - view.from) * factor, to: anchor + (view.to - anchor) * factor };
  redraw();
}

function moved(change) {
  if (!('xaxis.range[0]' in change || 'xaxis.range' in change)) return;
  const { from, to } = plot.shownRange();
  const now = { from: from - chart.shift, to: to - chart.shift };
  if (Math.abs(now.from - view.from) < 1 && Math.abs(now.to - view.to) < 1) return;
  view = now;
  redraw();
}

function bounded() {
  const [first, last] = [chart.data.time[0], newestTime()];
  let width = Math.min(Math.max(view.to - view.from, 12 * chart.span), WIDEST * chart.span);
  let to = view.to;
  if (to > last + width * 0.7) to = last + width * 0.7;
  if (exhausted && to < first + width * 0.3) to = first + width * 0.3;
  view = { from: to - width, to };
}

function visible() {
  return [Math.max(0, columns.rowAt(chart.data, view.from)), columns.rowAt(chart.data, view.to)];
}

// Price range of what is in view, with room for the eye (and for volume at the foot).
function fitted_() {
  const [first, last] = visible();
  const seen = columns.extent(chart.data, first, last);
  if (chart.forming && chart.forming.time <= view.to) {
    seen.low = Math.min(seen.low, chart.forming.low);
    seen.high = Math.max(seen.high, chart.forming.high);
    seen.volume = Math.max(seen.volume, chart.forming.volume);
  }
  const panes = chart.panes.map((each) => scale(each, liveOf(each), first, last));
  if (!(seen.high >= seen.low)) return { ...(fit ?? { low: 1, high: 2, volume: 1 }), panes };
  const [low, high] = settings.log ? [Math.log(seen.low), Math.log(seen.high)] : [seen.low, seen.high];
  const room = (high - low || Math.abs(high) * 0.01 || 1) * 0.08;
  const back = (value) => (settings.log ? Math.exp(value) : value);
  return { low: back(low - room * 2), high: back(high + room * 1.2), volume: seen.volume, panes };
}

const liveOf = (each) => chart.forming?.values[chart.data.plots.indexOf(each)];

// --- drawing ---

function redraw() {
  if (!chart.data?.time.length || !view || !$('chart').clientWidth) return;
  bounded();
  fit = fitted_();
  fitted = performance.now();
  chart.paneDigits = fit.panes.map((each) => each.digits);
  chart.shift = zoneShift(chart.data.time.at(-1), settings.zone);
  const [first, last] = visible();
  const margin = last - first + 1; // a screen to each side, so that a pan has candles to show
  drawnRows = [Math.max(0, first - margin), Math.min(chart.data.time.length - 1, last + margin)];
  const given = { rows: drawnRows, shift: chart.shift, span: chart.span, gpu: plot.hasGpu(), symbol: chart.symbol, past: past.trades };
  const { clientWidth: width, clientHeight: height } = $('chart');
  plot.draw(traces(chart.data, given), layout({
    view: { from: view.from + chart.shift, to: view.to + chart.shift }, fit, log: settings.log, panes: chart.panes,
    digits: digits(chart.symbol), width, height, narrow: width < 560,
  }), listeners);
  if (view.from < chart.data.time[0] + 30 * chart.span) readOlder();
}

function tellDrawn(whole) {
  if (!plot.ready()) return;
  for (const heed of changed) heed(whole);
}

function resize() {
  const { clientWidth: width, clientHeight: height } = $('chart');
  if (!width || !height) return; // another tab of a narrow screen is open
  redraw();
}

function heedFrame(frame) {
  const candle = frame.candle;
  if (!candle || !chart.data) return;
  if (chart.forming && candle.time > chart.forming.time) {
    chart.pending.set(chart.forming.time, chart.forming); // closed, and until its closing has been read
    if (chart.data.time.at(-1) >= chart.forming.time) chart.pending.delete(chart.forming.time);
  }
  chart.forming = candle;
  if (!fit || !view || !plot.ready()) return;
  const out = candle.low < fit.low || candle.high > fit.high || candle.volume > fit.volume * 1.05;
  if (out && isFollowing() && performance.now() - fitted > LAZY) redraw();
}

export const serverNow = () => performance.timeOrigin + performance.now() + clockOffset();
