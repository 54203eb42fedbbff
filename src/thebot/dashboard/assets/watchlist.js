// All symbols with their prices. Rows are plain elements with text nodes that are written directly, and only
// those in sight: with 100 symbols at twenty frames a second this is what keeps the main thread free.
import { on } from './bus.js';
import { $, flag, h, press, write } from './dom.js';
import { percent, price } from './format.js';
import { choose, market } from './market.js';
import { settings } from './settings.js';
import { drawSpark, sparkLine } from './spark.js';
import { isLost } from './stream.js';
import { showTab } from './tabs.js';

let ROW = 30; // px; style.css says it, and more on a narrow screen
const FLASH = 350; // ms that a price keeps the colour of its last move
const RESORT = 2000; // ms: a list that re-orders at every tick cannot be read or clicked
const rows = new Map(); // symbol -> {element, price, change, ...}
let order = []; // symbols as shown
let search = '';
let box = null;
let top = 0;
let height = 0;
let handled = 0; // when the pointer last moved over the list
let opening = 0;

export function build() {
  box = $('rows');
  const input = h('input', {
    id: 'search', type: 'search', placeholder: 'Search symbols', autocomplete: 'off', spellcheck: 'false',
    'aria-label': 'Search symbols', oninput: () => find(input.value), onkeydown: searchKey,
  });
  $('search-box').append(input);
  $('only-stars').onclick = () => {
    settings.onlyStars = !settings.onlyStars;
    arrange();
  };
  for (const button of document.querySelectorAll('[data-sort]')) button.onclick = () => sortBy(button.dataset.sort);
  box.addEventListener('scroll', () => { top = box.scrollTop; if (market.frame) paint(market.frame); }, { passive: true });
  box.addEventListener('pointermove', () => { handled = performance.now(); }, { passive: true });
  box.addEventListener('keydown', listKey);
  new ResizeObserver(() => { measure(); if (market.frame) paint(market.frame); }).observe(box);
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '')) return;
    event.preventDefault();
    input.focus();
  });
  on('symbols', fill);
  on('frame', paint);
  on('chosen', select);
  setInterval(() => ['price', 'change'].includes(settings.sort.by) && performance.now() - handled > RESORT && arrange(), RESORT);
}

function measure() {
  height = box.clientHeight;
  ROW = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row')) || ROW;
}

function fill() {
  for (const [symbol, row] of rows) if (!market.bySymbol.has(symbol)) { row.element.remove(); rows.delete(symbol); }
  for (const each of market.listed) {
    if (!rows.has(each.symbol)) rows.set(each.symbol, make(each));
    const row = rows.get(each.symbol);
    row.digits = each.price_digits;
    drawSpark(row.spark, each.spark);
  }
  arrange();
  select({ symbol: settings.symbol });
}

function make(each) {
  const priceText = document.createTextNode('–');
  const changeText = document.createTextNode('–');
  const row = { symbol: each.symbol, shown: NaN, flashed: 0, colour: '', changeShown: '', stale: null, priceText, changeText };
  row.price = h('span', { class: 'price' }, priceText);
  row.change = h('span', { class: 'change' }, changeText);
  row.spark = sparkLine();
  row.star = h('button', { type: 'button', class: 'star', 'aria-label': `Favourite ${each.symbol}`, tabindex: '-1',
    onclick: (event) => { event.stopPropagation(); toggleStar(each.symbol); } }, '★');
  row.element = h('div', { class: 'row', role: 'option', id: `row-${each.symbol}`, 'data-symbol': each.symbol, 'aria-selected': 'false',
    onclick: () => { open(each.symbol, 0); box.focus({ preventScroll: true }); showTab('chart'); } },
    row.star, h('span', { class: 'name' }, h('b', {}, each.base), h('i', {}, each.quote)), row.spark, row.price, row.change);
  return row;
}

// --- order: search, favourites, sort ---

function arrange() {
  const stars = new Set(settings.stars);
  const found = market.listed.filter((each) => each.symbol.includes(search) && (!settings.onlyStars || stars.has(each.symbol)));
  const { by, down } = settings.sort;
  const frame = market.frame;
  const worth = {
    symbol: (each) => each.symbol,
    price: (each, i) => frame?.price[i] ?? each.price,
    change: (each, i) => frame?.change[i] ?? each.change_24h,
  }[by];
  const keyed = found.map((each) => [each.symbol, worth?.(each, market.bySymbol.get(each.symbol).row)]);
  if (worth) {
    const sign = down ? -1 : 1;
    keyed.sort(([, a], [, b]) => {
      const blankA = a === null || Number.isNaN(a);
      const blankB = b === null || Number.isNaN(b);
      if (blankA || blankB) return blankA - blankB; // the unknown at the end, whichever way
      return (a < b ? -1 : a > b ? 1 : 0) * sign;
    });
  }
  const symbols = keyed.map(([symbol]) => symbol);
  // Favourites stay at the top, in the same order among themselves.
  const wanted = [...symbols.filter((s) => stars.has(s)), ...symbols.filter((s) => !stars.has(s))];
  show(wanted, stars);
}

function show(wanted, stars) {
  if (wanted.length !== order.length || wanted.some((symbol, i) => order[i] !== symbol) || box.childElementCount !== wanted.length) {
    order = wanted;
    const at = box.scrollTop;
    box.replaceChildren(...order.map((symbol) => rows.get(symbol).element));
    box.scrollTop = at;
  }
  for (const [symbol, row] of rows) flag(row.element, 'starred', stars.has(symbol));
  press($('only-stars'), settings.onlyStars);
  for (const button of document.querySelectorAll('[data-sort]')) {
    const mine = button.dataset.sort === settings.sort.by;
    button.dataset.way = mine ? (settings.sort.down ? 'down' : 'up') : '';
    button.setAttribute('aria-label', `Sort by ${button.dataset.sort}${mine ? (settings.sort.down ? ', falling' : ', rising') : ''}`);
  }
  sayEmpty();
  write($('rows-foot'), foot());
  if (market.frame) paint(market.frame);
}

function foot() {
  const all = market.listed.length;
  return order.length === all ? `${all} symbols` : `${order.length} of ${all} symbols`;
}

function sayEmpty() {
  const empty = $('rows-empty');
  empty.hidden = order.length > 0 || !market.listed.length;
  if (empty.hidden) return;
  const clear = h('button', { type: 'button', class: 'plain', onclick: clearFilters }, 'Show all symbols');
  empty.replaceChildren(
    h('strong', {}, search ? `No symbol matches “${search}”` : 'No favourites yet'),
    h('p', {}, search ? 'Search by a part of the name, such as BTC.' : 'Mark a symbol with its star and it stays at the top.'),
    clear,
  );
}

function clearFilters() {
  $('search').value = '';
  settings.onlyStars = false;
  find('');
}

function find(text) {
  search = text.trim().toUpperCase();
  box.scrollTop = 0;
  arrange();
}

function sortBy(by) {
  const now = settings.sort;
  // First the useful way round, then the other, then the exchange's own order.
  const first = by !== 'symbol';
  if (now.by !== by) settings.sort = { by, down: first };
  else settings.sort = now.down === first ? { by, down: !first } : { by: '', down: false };
  arrange();
}

function toggleStar(symbol) {
  settings.stars = settings.stars.includes(symbol) ? settings.stars.filter((s) => s !== symbol) : [...settings.stars, symbol];
  arrange();
}

// --- choosing ---

function searchKey(event) {
  if (event.key === 'Escape') { event.target.value = ''; find(''); event.target.blur(); }
  if (event.key === 'Enter' && order.length) open(order[0], 0);
  if (event.key === 'ArrowDown') { event.preventDefault(); box.focus(); if (order.length) open(order[0], 0); }
}

function listKey(event) {
  const page = Math.max(1, Math.floor(height / ROW) - 1);
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 }[event.key];
  if (event.key === 's' || event.key === ' ') { event.preventDefault(); toggleStar(settings.symbol); return; }
  if (step === undefined || !order.length) return;
  event.preventDefault();
  const at = order.indexOf(settings.symbol);
  const next = at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + step));
  select({ symbol: order[next] });
  open(order[next], 120); // a held key runs through the list; only where it rests is a chart read
}

function open(symbol, wait) {
  clearTimeout(opening);
  settings.symbol = symbol;
  opening = setTimeout(() => choose(symbol), wait);
}

function select({ symbol }) {
  for (const row of rows.values()) {
    const mine = row.symbol === symbol;
    if ((row.element.getAttribute('aria-selected') === 'true') !== mine) row.element.setAttribute('aria-selected', String(mine));
  }
  const row = rows.get(symbol);
  if (!row) return;
  box.setAttribute('aria-activedescendant', row.element.id);
  row.element.scrollIntoView({ block: 'nearest' });
}

// --- prices ---

function paint(frame) {
  if (frame.version !== market.version || isLost()) return;
  const now = performance.now();
  const first = Math.max(0, Math.floor(top / ROW) - 1);
  const last = Math.min(order.length, Math.ceil((top + height) / ROW) + 1);
  for (let i = first; i < last; i++) {
    const row = rows.get(order[i]);
    paintRow(row, market.bySymbol.get(row.symbol).row, frame, now);
  }
}

function paintRow(row, at, frame, now) {
  const value = frame.price[at];
  if (value !== row.shown) {
    if (!Number.isNaN(value)) {
      row.priceText.data = price(value, row.digits);
      colour(row, value > row.shown ? 'up' : value < row.shown ? 'down' : '');
      row.flashed = now;
      row.shown = value;
    }
  } else if (row.colour && now - row.flashed > FLASH) {
    colour(row, '');
  }
  const change = percent(frame.change[at]);
  if (change !== row.changeShown) {
    row.changeShown = change;
    row.changeText.data = change;
    row.change.className = `change ${frame.change[at] >= 0 ? 'up' : frame.change[at] < 0 ? 'down' : ''}`;
  }
  const stale = frame.isStale(at);
  if (stale !== row.stale) {
    row.stale = stale;
    flag(row.element, 'stale', stale);
    if (stale) row.element.title = `${row.symbol} has stopped ticking`;
    else row.element.removeAttribute('title');
  }
}

function colour(row, to) {
  if (row.colour === to) return;
  row.colour = to;
  row.price.className = to ? `price ${to}` : 'price';
}
