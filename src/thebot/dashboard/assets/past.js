// The trades of a result on the chart: which result the address names, and the strip above the chart that says
// so and walks from trade to trade.
import { ask } from './api.js';
import { on, tell } from './bus.js';
import { $, h, write } from './dom.js';
import { share, whole } from './format.js';
import { choose } from './market.js';
import { settle, shown } from './pages.js';
import { addressOf, settings } from './settings.js';

// What the chart draws: `trades` are columns, of all symbols; null while there are none to draw.
export const past = { id: '', trades: null };
let summary = null;
let at = -1; // which trade of the shown symbol one has walked to
let parts = null;

export function build() {
  on('page', ({ page, query }) => page === 'markets' && open(query));
  on('chosen', show);
  if (shown.page === 'markets') open(shown.query);
}

async function open(query) {
  const id = query.get('result') ?? '';
  const symbol = query.get('symbol') ?? settings.symbol;
  const timeframe = query.get('timeframe') ?? settings.timeframe;
  const moment = Number(query.get('at')) || undefined;
  if (moment) {
    query.delete('at'); // it is an errand, not a place
    history.replaceState(null, '', `/?${query}`);
  }
  const fresh = id !== past.id;
  if (fresh) await read(id);
  if (shown.page !== 'markets' || id !== past.id) return; // gone on meanwhile
  const elsewhere = symbol !== settings.symbol || timeframe !== settings.timeframe;
  const mine = past.trades ? rows(symbol) : [];
  const wanted = moment ? mine.findIndex((i) => past.trades.entered_at[i] === moment) : fresh ? mine.length - 1 : -1;
  const when = mine[wanted] === undefined ? moment : past.trades.entered_at[mine[wanted]];
  if (elsewhere) choose(symbol, timeframe, when);
  if (wanted >= 0) walk(wanted, !elsewhere);
}

async function read(id) {
  Object.assign(past, { id, trades: null });
  summary = null;
  at = -1;
  show();
  if (!id) { tell('past'); return; }
  try {
    const [found, trades] = await Promise.all([ask(`/api/results/${id}`), ask(`/api/results/${id}/trades`)]);
    if (past.id !== id) return;
    summary = found;
    past.trades = trades;
  } catch (error) {
    if (past.id !== id) return;
    $('past').hidden = false;
    $('past').replaceChildren(h('span', { class: 'wrong' }, `The trades of this result cannot be shown: ${error.message}`), away());
    return;
  }
  show();
  tell('past');
}

const rows = (symbol = settings.symbol) => past.trades.profit.map((_, i) => i).filter((i) => past.trades.symbol[i] === symbol);

function show() {
  const strip = $('past');
  strip.hidden = !summary;
  if (!summary) return;
  at = -1;
  const mine = rows();
  const step = (text, by, label) => h('button', { type: 'button', class: 'plain', 'aria-label': label, title: label, disabled: !mine.length, onclick: () => walk(at < 0 ? (by < 0 ? mine.length - 1 : 0) : at + by) }, text);
  parts = { which: h('span', { class: 'which' }) };
  strip.replaceChildren(h('a', { href: `/results/${past.id}`, class: 'of' }, summary.label), h('span', { class: 'soft' }, summary.symbols.includes(settings.symbol) ? `${whole(mine.length)} ${mine.length === 1 ? 'trade' : 'trades'} on ${settings.symbol}` : `did not trade ${settings.symbol}`),
    h('span', { class: 'walk' }, step('‹', -1, 'Trade before'), parts.which, step('›', 1, 'Next trade')), away());
}

const away = () => h('button', { type: 'button', class: 'close', 'aria-label': 'Take the trades off the chart', title: 'Take the trades off the chart', onclick: () => settle(addressOf()) }, '✕');

function walk(to, look = true) {
  const mine = rows();
  if (!mine.length) return;
  at = Math.max(0, Math.min(mine.length - 1, to));
  const i = mine[at];
  const { side, gain, entered_at: entered, ending } = past.trades;
  write(parts.which, `${at + 1}: ${side[i]} ${share(gain[i])}, ${ending[i]}`);
  parts.which.className = `which ${gain[i] > 0 ? 'up' : 'down'}`;
  if (look) tell('look', entered[i]);
}

