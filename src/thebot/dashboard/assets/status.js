// The header: connection, latency, updates a second, the exchange's clock; the chosen symbol's figures; and the
// banner that says that what is shown is old.
import { on, tell } from './bus.js';
import { $, h, press, write } from './dom.js';
import { clock, compact, percent, price } from './format.js';
import { choose, market, row } from './market.js';
import { settings } from './settings.js';
import { clockOffset, isLost } from './stream.js';

const WINDOW = 60; // frames that the latency is typical of
const STARTING = 120; // seconds in which history may be on its way
const TITLE = 1000; // ms between two titles of the browser's tab
const latencies = [];
let lostAt = 0;
let health = null;
let lastFrame = null;
let rates = [];
let titled = 0;
let notice = 0;
let parts = null;
const after = new MessageChannel();
let painted = null;

export function build() {
  // A message posted in an animation frame arrives after that frame was painted.
  after.port1.onmessage = () => {
    if (!painted) return;
    latencies.push(performance.timeOrigin + performance.now() + clockOffset() - painted.sentAt);
    if (latencies.length > WINDOW) latencies.shift();
  };
  $('zone').onclick = () => { settings.zone = settings.zone === 'UTC' ? 'local' : 'UTC'; };
  on('setting', (name) => name === 'zone' && showZone());
  on('frame', heedFrame);
  on('status', (status) => { health = status; say(); });
  on('lost', () => { lostAt = Date.now(); document.body.classList.add('lost'); say(); });
  on('alive', () => { document.body.classList.remove('lost'); latencies.length = 0; rates = []; say(); });
  on('notice', (event) => showNotice(event.text));
  on('symbols', () => { buildTimeframes(); buildQuote(); });
  on('chosen', () => { buildTimeframes(); buildQuote(); });
  $('quote').append(h('b', { class: 'symbol' }, ' '));
  setInterval(say, 500);
  showZone();
}

function showZone() {
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  write($('zone'), settings.zone === 'UTC' ? 'UTC' : 'Local');
  $('zone').title = settings.zone === 'UTC' ? 'Times are in UTC. Click for your own time zone.' : `Times are in ${mine}. Click for UTC.`;
  tell('zone');
}

// --- connection ---

function heedFrame(frame) {
  lastFrame = frame;
  painted = frame;
  after.port2.postMessage(0);
  const now = performance.now();
  if (!rates.length || now - rates.at(-1)[0] > 250) {
    rates.push([now, frame.updates]);
    while (rates.length > 9) rates.shift();
  }
  paintQuote(frame);
}

function say() {
  const connection = $('connection');
  if (isLost()) {
    const seconds = Math.max(0, Math.round((Date.now() - lostAt) / 1000));
    mark(connection, 'bad', `Lost ${seconds} s`, 'The server does not answer. This page asks again by itself.');
    const at = lastFrame ? ` Everything below is as it was at ${clock(lastFrame.exchangeTime, settings.zone)}.` : '';
    banner(`The server does not answer.${at} Reconnecting…`, 'bad');
    write($('latency'), '–');
    write($('rate'), '–');
    return;
  }
  if (!lastFrame) return;
  const wrong = trouble();
  mark(connection, wrong ? 'warn' : 'good', wrong ? (wrong.name ?? 'Degraded') : 'Live', wrong ? wrong.text : 'Server and exchange are there.');
  if (wrong?.loud) banner(wrong.text, 'warn');
  else banner(market.error, 'warn');
  const sorted = [...latencies].sort((a, b) => a - b);
  if (sorted.length) write($('latency'), `${Math.max(0, Math.round(sorted[sorted.length >> 1]))} ms`);
  if (rates.length > 1) {
    const [[t0, u0], [t1, u1]] = [rates[0], rates.at(-1)];
    write($('rate'), `${Math.max(0, Math.round(((u1 - u0) * 1000) / (t1 - t0))).toLocaleString('en')}/s`);
  }
  write($('clock'), clock(lastFrame.exchangeTime, settings.zone));
}

// What is wrong, when something is: a sentence, and whether it is worth a banner over everything.
function trouble() {
  if (!health || health.status === 'ok') return null;
  const stale = health.stale ?? health.feed?.stale ?? 0;
  const { warm, symbols, connected } = health.feed ?? {};
  if (connected === false && warm < symbols && (health.uptime_seconds ?? 0) < STARTING) {
    return { loud: false, text: `Reading history: ${warm} of ${symbols} symbols.`, name: 'Starting' };
  }
  if (connected === false) return { loud: true, text: health.notice || 'The exchange does not answer. Prices are old until it does; asking again.' };
  if (health.database?.failing) return { loud: true, text: 'Signals and candles cannot be stored. They are kept in memory meanwhile.' };
  if (stale) return { loud: stale === health.symbols, text: stale === health.symbols ? 'No symbol ticks.' : `${stale} of ${health.symbols} symbols do not tick.` };
  return { loud: false, text: health.notice || 'Not everything works. System says more.' };
}

function mark(element, kind, text, title) {
  write(element, text);
  if (element.dataset.kind !== kind) element.dataset.kind = kind;
  if (element.title !== title) element.title = title;
}

function banner(text, kind = '') {
  const box = $('banner');
  if (box.hidden !== !text) box.hidden = !text;
  write(box, text);
  if (text) box.className = kind;
}

function showNotice(text) {
  clearTimeout(notice);
  write($('notice'), text);
  $('notice').title = text;
  notice = setTimeout(() => write($('notice'), ''), 15_000);
}

// --- the chosen symbol ---

function buildTimeframes() {
  const home = $('timeframes');
  if (home.dataset.of !== market.timeframes.join()) {
    home.dataset.of = market.timeframes.join();
    home.replaceChildren(...market.timeframes.map((name) => h('button', { type: 'button', role: 'radio', 'data-timeframe': name,
      onclick: () => choose(settings.symbol, name) }, name)));
  }
  for (const button of home.children) button.setAttribute('aria-checked', String(button.dataset.timeframe === settings.timeframe));
}

function buildQuote() {
  const listed = market.bySymbol.get(settings.symbol);
  if (!listed) {
    parts = null;
    $('quote').replaceChildren(h('b', { class: 'symbol' }, settings.symbol || ' '));
    return;
  }
  const figure = (name, text) => h('span', { class: 'fact' }, h('i', {}, name), text instanceof Element ? text : h('b', {}, text));
  // The 24-hour figures come once a minute; a new high in between is known from the price itself.
  const { high_24h: most, low_24h: least } = listed;
  parts = { digits: listed.price_digits, most: most ?? NaN, least: least ?? NaN, high: h('b'), low: h('b'), value: NaN, price: h('b', { class: 'price' }, '–'), change: h('b', { class: 'change' }, '–') };
  $('quote').replaceChildren(
    h('b', { class: 'symbol' }, listed.base, h('i', {}, `/${listed.quote}`)), parts.price,
    h('span', { class: 'fact keep' }, h('i', {}, '24 h change'), parts.change),
    figure('24 h high', parts.high), figure('24 h low', parts.low),
    figure(`24 h volume (${listed.quote})`, compact(listed.quote_volume_24h)),
    ...(listed.trading ? [] : [h('span', { class: 'halted' }, 'HALTED')]),
  );
  if (lastFrame) paintQuote(lastFrame);
}

function paintQuote(frame) {
  if (!parts || frame.version !== market.version) return;
  const at = row(settings.symbol);
  const value = frame.price[at];
  if (value !== parts.value) {
    write(parts.price, price(value, parts.digits));
    if (!Number.isNaN(parts.value)) parts.price.className = `price ${value > parts.value ? 'up' : 'down'}`;
    parts.value = value;
    if (!(value <= parts.most)) parts.most = value;
    if (!(value >= parts.least)) parts.least = value;
    write(parts.high, price(parts.most, parts.digits));
    write(parts.low, price(parts.least, parts.digits));
  }
  write(parts.change, percent(frame.change[at]));
  const way = frame.change[at] >= 0 ? 'change up' : 'change down';
  if (parts.change.className !== way) parts.change.className = way;
  $('quote').classList.toggle('stale', frame.isStale(at));
  const now = performance.now();
  if (now - titled > TITLE && $('desk').dataset.page === 'markets') {
    titled = now;
    document.title = `${price(value, parts.digits)} ${settings.symbol} · THEBOT`;
  }
}
