// One result: what it came to, whether it may be believed, and everything that it is made of.
import { ask } from './api.js';
import { h } from './dom.js';
import { dated, figureText, KINDS, share, whole } from './format.js';
import { groups, months, variants, weeks, windows } from './grids.js';
import { tone } from './jobcard.js';
import { market } from './market.js';
import { go } from './pages.js';
import { equity, picture } from './pictures.js';
import { remove } from './results.js';
import { settings } from './settings.js';
import { tradeList } from './tradelist.js';

const HEADLINE = ['total_return', 'buy_and_hold', 'annual_return', 'max_drawdown', 'sharpe_ratio', 'sortino_ratio', 'profit_factor', 'win_rate', 'expectancy', 'trades', 'exposure', 'costs_paid'];
const LEVELS = { good: 'Good', doubtful: 'Doubtful', bad: 'Bad' };

export async function result(id) {
  const summary = await ask(`/api/results/${id}`);
  const rest = h('div', { class: 'rest' }, h('div', { class: 'empty loading' }, 'Reading trades and charts'));
  const judged = h('div', { class: 'judged' });
  fill(summary, judged, rest);
  return [
    h('section', { class: 'sheet' }, head(summary), judged, tiles(summary.told)),
    h('section', { class: 'sheet' }, h('h3', {}, 'Equity, buy and hold, drawdown'), equity(summary.curve, 420)),
    rest,
    figures(summary.told),
    notes(summary),
  ];
}

// Where its trades are drawn on the chart of the running exchange; empty if that has no such market.
export function onChart({ id, symbols, timeframe }, symbol = symbols[0], at = undefined) {
  if (!market.bySymbol.has(symbol) || !market.timeframes.includes(timeframe)) return '';
  return `/?${new URLSearchParams({ symbol, timeframe, result: id, ...(at ? { at } : {}) })}`;
}

function head(summary) {
  const { id, label, symbols, timeframe, start, end, candles, kind, trials, name, at } = summary;
  const address = onChart(summary);
  const chart = h('button', { type: 'button', class: 'main', disabled: !address, title: address ? '' : 'The running exchange has no such market; the trades are drawn below', onclick: () => go(address) }, 'Open on the chart');
  const tried = trials > 1 ? `${whole(trials)} variants tried on these candles` : 'one variant tried';
  return h('div', { class: 'sheet-head of-result' }, h('a', { class: 'back', href: '/results', 'aria-label': 'All results' }, '‹'),
    h('div', {}, h('h2', {}, label, ...(name ? [h('em', { class: 'soft' }, ` ${name}`)] : [])),
      h('p', { class: 'soft' }, `${symbols.join(', ')} ${timeframe} · ${dated(start, 'UTC').slice(0, 10)} to ${dated(end, 'UTC').slice(0, 10)} · ${whole(candles)} candles · ${KINDS[kind]} · ${tried} · saved ${dated(at, settings.zone)}`)),
    h('span', { class: 'right' }, chart, h('button', { type: 'button', class: 'plain', onclick: () => go(`/lab?again=${id}`) }, 'Change and run'), h('button', { type: 'button', class: 'plain', onclick: () => remove([id], () => go('/results')) }, 'Delete')));
}

function tiles(told) {
  const known = HEADLINE.filter((name) => told[name]);
  return h('div', { class: 'tiles' }, ...known.map((name) => {
    const each = told[name];
    return h('div', { class: 'tile', title: each.definition, 'data-figure': name }, h('i', {}, each.title), h('b', { class: tone(name, each.value) }, figureText(each)), h('small', { title: each.interval_text }, each.interval_text ? `95 %: ${figureText(each, each.interval_text)}` : ' '));
  }));
}

async function fill(summary, judged, rest) {
  try {
    const [page, trades] = await Promise.all([ask(`/api/results/${summary.id}/page`), ask(`/api/results/${summary.id}/trades`)]);
    judged.replaceChildren(verdict(page.verdict));
    rest.replaceChildren(...sections(summary, page, trades));
  } catch (error) {
    rest.replaceChildren(h('div', { class: 'failure', role: 'alert' }, h('strong', {}, 'Trades and charts cannot be shown'), h('p', {}, error.message)));
  }
}

function verdict({ level, sentence, good, doubtful, killers }) {
  const list = (title, kind, told) => (told.length ? [h('div', { class: kind }, h('h3', {}, title), h('ul', {}, ...told.map((each) => h('li', {}, each))))] : []);
  return h('div', { class: `verdict ${level}` }, h('div', { class: 'sentence' }, h('span', { class: 'level' }, LEVELS[level]), h('strong', {}, sentence)),
    h('div', { class: 'three' }, ...list('What would kill it', 'killers', killers), ...list('What is doubtful', 'doubtful', doubtful), ...list('What is good', 'good', good)));
}

const sheet = (title, note, ...content) => h('section', { class: 'sheet' }, h('h3', {}, title), ...(note ? [h('p', { class: 'soft' }, note)] : []), ...content);

function sections(summary, page, trades) {
  const { tables } = page;
  const wide = ({ name }) => /^trades-|^surface/.test(name);
  const last = page.charts.findLast((each) => !wide(each)); // alone in its row if their number is odd
  const odd = page.charts.filter((each) => !wide(each)).length % 2;
  const drawn = (each) => h('section', { class: `sheet ${wide(each) || (odd && each === last) ? 'whole' : ''}`, 'data-chart': each.name }, h('h3', {}, each.title), h('p', { class: 'soft' }, each.note), picture(each.data, each.layout, each.height, each.title));
  const surface = page.charts.filter((each) => each.name === 'surface').map(drawn);
  const charts = page.charts.filter((each) => each.name !== 'surface').map(drawn);
  const grouped = [['Left by', tables.reasons], ['Side', tables.sides], ['Symbol', tables.symbols]].filter(([name, found]) => found.length > (name === 'Left by' ? 0 : 1)).map(([name, found]) => groups(name, found));
  return [
    ...(summary.walkforward ? [sheet('Window by window', `${summary.walkforward.windows.length} times the best of the training was traded on the stretch after it. ${efficiency(summary.walkforward)}`, windows(summary.walkforward.windows))] : []),
    ...(summary.sweep ? [sheet('The best variants', tried(summary.sweep), variants(summary.sweep)), ...surface] : []),
    ...(tables.months.length ? [sheet('Month by month', 'After costs. One dark month among pale ones is luck.', months(tables.months))] : []),
    ...(tables.weeks.length ? [sheet('Week by week', '', weeks(tables.weeks))] : []),
    h('div', { class: 'charts' }, ...charts),
    ...(grouped.length ? [sheet('Trades in groups', '', ...grouped)] : []),
    sheet('Trades', '', tradeList(trades, (i) => onChart(summary, trades.symbol[i], trades.entered_at[i]))),
  ];
}

function efficiency({ efficiency: share_, won }) {
  const kept = share_ === null ? 'The trainings lost money, so there was nothing to keep.' : `${share(share_, { digits: 0, signed: false })} of the trainings’ return a year was kept.`;
  return `${kept} ${share(won, { digits: 0, signed: false })} of the windows made money.`;
}

function tried({ variants: count, impossible, by, median, best }) {
  const name = by.replaceAll('_', ' ');
  const value = (number) => (number === null || number === undefined ? 'unknown' : number.toFixed(2));
  return `${whole(count)} variants${impossible ? `, ${whole(impossible)} more that cannot be` : ''}. The best has a ${name} of ${value(best[by])}, half of them less than ${value(median)}.`;
}

function figures(told) {
  const by = new Map();
  for (const each of Object.values(told)) by.set(each.group, [...(by.get(each.group) ?? []), each]);
  const table = ([name, all]) => h('div', {}, h('h3', {}, name), h('table', { class: 'figures-table' }, h('tbody', {}, ...all.map((each) => h('tr', { title: each.definition }, h('td', {}, each.title), h('td', { class: 'n' }, figureText(each)), h('td', { class: 'n soft' }, figureText(each, each.interval_text)))))));
  return h('section', { class: 'sheet' }, h('h3', {}, 'All figures'), h('p', { class: 'soft' }, 'Beside a figure its 95 % interval: between what it might lie by chance. Point at one to read what it says.'), h('div', { class: 'columns-of-figures' }, ...[...by].map(table)));
}

function notes({ findings, warnings, costs, account, data_hash: hash, seed, version, origin, definition }) {
  const told = [...warnings, ...findings.slice(0, 40).map((each) => each.text)];
  const rows = [['Costs', said(costs)], ['Account', said(account)], ...Object.entries(definition).filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && !value.length)).map(([name, value]) => [`Strategy: ${name.replaceAll('_', ' ')}`, said(value)]), ['Made by', `${origin}, thebot ${version}, seed ${seed}`], ['Candles', hash]];
  return h('section', { class: 'sheet' }, h('h3', {}, 'To know'), h('ul', { class: 'soft' }, ...(told.length ? told.map((each) => h('li', {}, each)) : [h('li', {}, 'Nothing was found in the data.')])),
    h('details', {}, h('summary', {}, 'Made with'), h('table', { class: 'made-with' }, h('tbody', {}, ...rows.map(([name, value]) => h('tr', {}, h('td', { class: 'soft' }, name), h('td', {}, value)))))));
}

function said(value) {
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(said).join(', ');
  return Object.entries(value).filter(([, each]) => each !== null && each !== false && each !== 0).map(([name, each]) => `${name.replaceAll('_', ' ')} ${said(each)}`).join(', ') || 'none';
}
