// Tables of a result: returns by month and week as heat maps, trades in groups.
import { h } from './dom.js';
import { amount, share } from './format.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY = 86_400_000;

// The stronger, the fuller the colour; `most` has all of it.
function heat(value, most) {
  if (value === null || !most) return '';
  const strength = Math.min(1, Math.abs(value) / most) ** 0.7;
  return `background:rgba(${value >= 0 ? '46,189,133' : '246,70,93'},${(0.06 + 0.62 * strength).toFixed(2)})`;
}

// The largest but for a few: one month far out would leave all others pale.
function usual(values) {
  const sizes = values.filter((value) => value !== null).map(Math.abs).sort((a, b) => a - b);
  return sizes[Math.floor(sizes.length * 0.95)] || sizes.at(-1) || 0;
}

export function months(years) {
  const most = usual(years.flatMap((year) => year.months));
  const cell = (value, kind = '') => h('td', { class: `n ${kind}`, style: kind ? '' : heat(value, most) }, value === null ? '' : share(value, { digits: 1 }));
  return h('div', { class: 'wide' }, h('table', { class: 'heat' },
    h('thead', {}, h('tr', {}, h('th', {}), ...MONTHS.map((name) => h('th', {}, name)), h('th', {}, 'Year'))),
    h('tbody', {}, ...years.map((year) => h('tr', {}, h('th', {}, year.year), ...year.months.map((value) => cell(value)), cell(year.gain, 'year'))))));
}

// One square a week, a row a year.
export function weeks(all) {
  const most = usual(all.map((week) => week.gain));
  const years = new Map();
  for (const { start, gain } of all) {
    const at = Date.parse(start);
    const year = new Date(at + 3 * DAY).getUTCFullYear(); // a week belongs to the year of its Thursday
    if (!years.has(year)) years.set(year, new Map());
    years.get(year).set(Math.floor((at + 3 * DAY - Date.UTC(year, 0, 1)) / (7 * DAY)), { start, gain });
  }
  const square = (week) => h('td', week ? { style: heat(week.gain, most), title: `Week of ${week.start.slice(0, 10)}: ${share(week.gain)}` } : {});
  return h('div', { class: 'wide' }, h('table', { class: 'weeks' }, h('tbody', {}, ...[...years].map(([year, found]) => h('tr', {}, h('th', {}, year), ...Array.from({ length: 53 }, (_, k) => square(found.get(k))))))));
}

export function groups(title, found) {
  const sign = (value) => (value > 0 ? 'up' : value < 0 ? 'down' : '');
  const rows = found.map((each) => h('tr', {}, h('td', {}, each.name), h('td', { class: 'n' }, each.trades), h('td', { class: 'n' }, share(each.win_rate, { digits: 0, signed: false })),
    h('td', { class: `n ${sign(each.profit)}` }, amount(each.profit, { signed: true })), h('td', { class: `n ${sign(each.gain)}` }, share(each.gain)), h('td', { class: 'n' }, amount(each.profit_factor))));
  return h('div', { class: 'wide' }, h('table', { class: 'rows' }, h('thead', {}, h('tr', {}, ...[title, 'Trades', 'Won', 'Profit', 'Mean gain', 'Profit factor'].map((name, i) => h('th', { class: i ? 'n' : '' }, name)))), h('tbody', {}, ...rows)));
}

const said = (value) => (value === null || value === undefined ? '–' : typeof value === 'number' ? String(Number(value.toPrecision(8))) : value);
const table = (heads, rows) => h('div', { class: 'wide' }, h('table', { class: 'rows' }, h('thead', {}, h('tr', {}, ...heads.map(([name, kind]) => h('th', { class: kind }, name)))), h('tbody', {}, ...rows)));

// The best variants of a sweep: what they were made with, and what they came to.
export function variants({ table: found, by }) {
  const FIGURES = { sharpe_ratio: 'Sharpe', total_return: 'Return', max_drawdown: 'Drawdown', trades: 'Trades', win_rate: 'Won', profit_factor: 'Profit factor' };
  const figures = { sharpe_ratio: amount, total_return: share, max_drawdown: share, trades: (value) => amount(value, { digits: 0 }), win_rate: (value) => share(value, { digits: 0, signed: false }), profit_factor: amount };
  const names = Object.keys(found[0]).slice(0, Object.keys(found[0]).indexOf('sharpe_ratio'));
  const rows = found.slice(0, 20).map((each, i) => h('tr', {}, h('td', { class: 'soft' }, i + 1), ...names.map((name) => h('td', { class: 'n' }, said(each[name]))),
    ...Object.entries(figures).map(([name, text]) => h('td', { class: `n ${name === by ? 'strong' : ''}` }, text(each[name])))));
  return table([['', ''], ...names.map((name) => [name.replaceAll('_', ' '), 'n']), ...Object.entries(FIGURES).map(([, title]) => [title, 'n'])], rows);
}

// What was chosen on each training of a walk-forward, and what came of it in the test.
export function windows(found) {
  const day = (at) => new Date(at).toISOString().slice(0, 10);
  const sign = (value) => (value > 0 ? 'up' : value < 0 ? 'down' : '');
  const names = Object.keys(found[0].parameters);
  const rows = found.map((each) => h('tr', {}, h('td', {}, `${day(each.test_start)} to ${day(each.test_end)}`), ...names.map((name) => h('td', { class: 'n' }, said(each.parameters[name]))),
    h('td', { class: 'n soft' }, share(each.inside_annual_return)), h('td', { class: 'n soft' }, amount(each.inside_sharpe)), h('td', { class: `n ${sign(each.outside_total_return)}` }, share(each.outside_total_return)), h('td', { class: 'n' }, share(each.outside_annual_return)), h('td', { class: 'n' }, amount(each.outside_sharpe))));
  return table([['Traded', ''], ...names.map((name) => [name.replaceAll('_', ' '), 'n']), ['Training, a year', 'n'], ['Its Sharpe', 'n'], ['Test', 'n'], ['A year', 'n'], ['Its Sharpe', 'n']], rows);
}
