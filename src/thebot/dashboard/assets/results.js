// The results: the list of what was saved, one of them, or several side by side, as the address says.
import { ask, order } from './api.js';
import { on } from './bus.js';
import { compare } from './comparison.js';
import { $, h } from './dom.js';
import { dated, KINDS, share, whole } from './format.js';
import { go, shown } from './pages.js';
import { takeApart } from './pictures.js';
import { result } from './result.js';
import { settings } from './settings.js';

const number = (value) => (value === null || value === undefined ? '–' : value.toFixed(2));
const COLUMNS = [
  ['Saved', (r) => dated(r.at, settings.zone), (r) => r.at, 'wider'],
  ['Strategy', (r) => h('a', { href: `/results/${r.id}` }, r.label), (r) => r.label, 'name'],
  ['Kind', (r) => KINDS[r.kind], (r) => r.kind, 'soft wider'],
  ['Market', (r) => `${r.symbols.length > 2 ? `${r.symbols.length} symbols` : r.symbols.join(', ')} ${r.timeframe}`, (r) => r.symbols.join() + r.timeframe, ''],
  ['From', (r) => dated(r.start, 'UTC').slice(0, 10), (r) => r.start, 'soft wider'],
  ['Until', (r) => dated(r.end, 'UTC').slice(0, 10), (r) => r.end, 'soft wider'],
  ['Return', (r) => share(r.figures.total_return), (r) => r.figures.total_return, 'n coloured'],
  ['Hold', (r) => share(r.figures.buy_and_hold), (r) => r.figures.buy_and_hold, 'n soft'],
  ['Sharpe', (r) => number(r.figures.sharpe_ratio), (r) => r.figures.sharpe_ratio, 'n'],
  ['Drawdown', (r) => share(r.figures.max_drawdown), (r) => r.figures.max_drawdown, 'n'],
  ['Trades', (r) => whole(r.trades), (r) => r.trades, 'n'],
  ['Won', (r) => share(r.figures.win_rate, { digits: 0, signed: false }), (r) => r.figures.win_rate, 'n wider'],
  ['Profit factor', (r) => number(r.figures.profit_factor), (r) => r.figures.profit_factor, 'n wider'],
];
const chosen = new Set(); // ids
let found = [];
let by = 0;
let down = true;
let asking = 0;

export function build() {
  on('page', ({ page }) => (page === 'results' ? open() : leave()));
  on('ended', (job) => job.result && shown.page === 'results' && !shown.id && !shown.query.get('compare') && open());
  if (shown.page === 'results') open();
}

function leave() {
  asking += 1;
  takeApart();
}

async function open() {
  leave();
  const mine = asking;
  const ids = shown.query.get('compare')?.split(',').filter(Boolean) ?? [];
  try {
    const content = await (shown.id ? result(shown.id) : ids.length > 1 ? compare(ids) : list());
    if (mine !== asking) return;
    $('results').replaceChildren(...content);
    $('results').scrollTop = 0;
  } catch (error) {
    if (mine === asking) $('results').replaceChildren(failed(error));
  }
}

function failed(error) {
  return h('div', { class: 'failure', role: 'alert' }, h('strong', {}, 'This cannot be shown'), h('p', {}, error.message),
    h('div', {}, h('a', { class: 'plain', href: '/results' }, 'All results'), ' ', h('button', { type: 'button', class: 'plain', onclick: open }, 'Try again')));
}

async function list() {
  ({ results: found } = await ask('/api/results', { limit: 500 }));
  for (const id of [...chosen]) if (!found.some((each) => each.id === id)) chosen.delete(id);
  if (!found.length) {
    return [h('div', { class: 'empty' }, h('strong', {}, 'No results yet'), h('p', {}, 'What the lab tries, and what thebot backtest saves, appears here.'), h('a', { class: 'main', href: '/lab' }, 'To the lab'))];
  }
  const body = h('tbody');
  const heads = COLUMNS.map(([name, , , kind], c) => h('th', { class: kind.replace('coloured', '') }, h('button', { type: 'button', onclick: () => { down = by === c ? !down : true; by = c; show(); } }, name)));
  const compareThem = h('button', { type: 'button', class: 'plain', onclick: () => go(`/results?compare=${[...chosen].join()}`) }, 'Compare');
  const deleteThem = h('button', { type: 'button', class: 'plain', onclick: () => remove([...chosen]) }, 'Delete');

  function show() {
    const worth = COLUMNS[by][2];
    const sorted = [...found].sort((a, b) => {
      const [x, y] = [worth(a), worth(b)];
      return (x === null) - (y === null) || (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
    });
    body.replaceChildren(...sorted.map(row));
    heads.forEach((head, c) => { if (c === by) head.setAttribute('aria-sort', down ? 'descending' : 'ascending'); else head.removeAttribute('aria-sort'); });
    say();
  }

  function say() {
    compareThem.disabled = chosen.size < 2 || chosen.size > 8;
    deleteThem.disabled = !chosen.size;
    compareThem.title = chosen.size > 8 ? 'Up to 8 can stand side by side' : chosen.size < 2 ? 'Choose two or more' : '';
    compareThem.textContent = chosen.size > 1 ? `Compare ${chosen.size}` : 'Compare';
    deleteThem.textContent = chosen.size ? `Delete ${chosen.size}` : 'Delete';
  }

  function row(each) {
    const box = h('input', { type: 'checkbox', 'aria-label': `Choose ${each.label}`, onchange: () => { if (box.checked) chosen.add(each.id); else chosen.delete(each.id); say(); } });
    box.checked = chosen.has(each.id);
    const cells = COLUMNS.map(([, text, value, kind]) => h('td', { class: kind.includes('coloured') ? `n ${value(each) > 0 ? 'up' : value(each) < 0 ? 'down' : ''}` : kind }, text(each)));
    if (each.name) cells[1].append(h('em', { class: 'soft' }, ` ${each.name}`));
    if (each.damage) cells[1].append(h('em', { class: 'wrong', title: each.damage }, ' damaged'));
    return h('tr', { 'data-result': each.id, onclick: (event) => !event.target.closest('a, input') && go(`/results/${each.id}`) }, h('td', {}, box), ...cells);
  }

  show();
  return [h('section', { class: 'sheet', id: 'results-list' }, h('div', { class: 'sheet-head' }, h('h2', {}, 'Results'), h('span', { class: 'soft' }, whole(found.length)), h('span', { class: 'right' }, compareThem, deleteThem)),
    h('div', { class: 'wide' }, h('table', { class: 'rows list' }, h('thead', {}, h('tr', {}, h('th'), ...heads)), body)))];
}

// Asks first: what is deleted is gone, though what was tried stays counted.
export function remove(ids, then = open) {
  const many = ids.length > 1 ? `these ${ids.length} results` : 'this result';
  const wrong = h('p', { class: 'wrong', role: 'alert', hidden: true });
  const dialog = h('dialog', { class: 'ask', onclose: () => dialog.remove() }, h('form', { method: 'dialog' }, h('h2', {}, `Delete ${many}?`),
    h('p', { class: 'soft' }, 'Figures and trades are gone then. What was tried stays counted.'), wrong,
    h('div', { class: 'actions' }, h('button', { type: 'button', class: 'main danger', onclick: sure }, 'Delete'), h('button', { class: 'plain', value: 'no' }, 'Keep'))));
  async function sure() {
    try {
      for (const id of ids) {
        await order(`/api/results/${id}`, undefined, 'DELETE');
        chosen.delete(id);
      }
      dialog.close();
      then();
    } catch (error) {
      wrong.textContent = error.message;
      wrong.hidden = false;
    }
  }
  document.body.append(dialog);
  dialog.showModal();
}
