// All trades of a result, a page at a time, in the order that one asks for; a click shows one on the chart.
import { h } from './dom.js';
import { amount, dated, lasting, share, whole } from './format.js';
import { market } from './market.js';
import { go } from './pages.js';
import { settings } from './settings.js';

const PAGE = 50;
const sign = (value) => (value > 0 ? 'up' : value < 0 ? 'down' : '');
const guessed = (value) => (value >= 1000 ? 2 : value >= 1 ? 4 : 8);
const price = (value, symbol) => amount(value, { digits: market.bySymbol.get(symbol)?.price_digits ?? guessed(value) });
const COLUMNS = [
  ['Entered', (t, i) => dated(t.entered_at[i], settings.zone), (t, i) => t.entered_at[i], ''],
  ['Symbol', (t, i) => t.symbol[i], (t, i) => t.symbol[i], ''],
  ['Side', (t, i) => t.side[i], (t, i) => t.side[i], ''],
  ['Price', (t, i) => price(t.entry_price[i], t.symbol[i]), (t, i) => t.entry_price[i], 'n'],
  ['Left', (t, i) => dated(t.left_at[i], settings.zone), (t, i) => t.left_at[i], ''],
  ['Price', (t, i) => price(t.exit_price[i], t.symbol[i]), (t, i) => t.exit_price[i], 'n'],
  ['Held', (t, i) => lasting(t.left_at[i] - t.entered_at[i]), (t, i) => t.left_at[i] - t.entered_at[i], 'n'],
  ['Gain', (t, i) => share(t.gain[i]), (t, i) => t.gain[i], 'n coloured'],
  ['Profit', (t, i) => amount(t.profit[i], { signed: true }), (t, i) => t.profit[i], 'n coloured'],
  ['R', (t, i) => amount(t.r[i], { signed: true }), (t, i) => t.r[i], 'n'],
  ['Worst', (t, i) => share(t.worst[i]), (t, i) => t.worst[i], 'n'],
  ['Best', (t, i) => share(t.best[i]), (t, i) => t.best[i], 'n'],
  ['Left by', (t, i) => t.ending[i] + (t.doubtful[i] ? ' ?' : ''), (t, i) => t.ending[i], ''],
];

export function tradeList(trades, addressOf) {
  const all = trades.profit.length;
  const several = new Set(trades.symbol).size > 1;
  const risked = trades.r.some((value) => value !== null);
  const columns = COLUMNS.filter(([name]) => (name !== 'Symbol' || several) && (name !== 'R' || risked));
  let by = 0;
  let down = true;
  let first = 0;
  const body = h('tbody');
  const where = h('span', { class: 'soft' });
  const heads = columns.map(([name, , , kind], c) => h('th', { class: kind }, h('button', { type: 'button', onclick: () => { down = by === c ? !down : true; by = c; first = 0; show(); } }, name)));
  const turn = (text, step, label) => h('button', { type: 'button', class: 'plain', 'aria-label': label, onclick: () => { first += step * PAGE; show(); } }, text);
  const back = turn('‹', -1, 'Earlier rows');
  const on = turn('›', 1, 'Further rows');

  function show() {
    const worth = columns[by][2];
    const rows = Array.from({ length: all }, (_, i) => i).sort((a, b) => {
      const [x, y] = [worth(trades, a), worth(trades, b)];
      return (x === null) - (y === null) || (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
    });
    body.replaceChildren(...rows.slice(first, first + PAGE).map((i) => h('tr', { tabindex: 0, onclick: () => open(i), onkeydown: (event) => event.key === 'Enter' && open(i), title: addressOf(i) ? 'Show it on the chart' : '' },
      ...columns.map(([, text, value, kind]) => h('td', { class: kind.includes('coloured') ? `n ${sign(value(trades, i))}` : kind }, text(trades, i))))));
    heads.forEach((head, c) => { if (c === by) head.setAttribute('aria-sort', down ? 'descending' : 'ascending'); else head.removeAttribute('aria-sort'); });
    where.textContent = all ? `${whole(first + 1)} to ${whole(Math.min(all, first + PAGE))} of ${whole(all)}${trades.count > all ? `, the newest of ${whole(trades.count)}` : ''}` : 'None';
    back.disabled = first === 0;
    on.disabled = first + PAGE >= all;
  }

  function open(i) {
    const address = addressOf(i);
    if (address) go(address);
  }

  show();
  return h('div', {}, h('div', { class: 'wide' }, h('table', { class: 'rows trades' }, h('thead', {}, h('tr', {}, ...heads)), body)), h('div', { class: 'turn' }, back, where, on));
}
