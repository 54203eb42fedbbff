// Several results side by side: their curves in percent, and all figures with the best marked.
import { ask } from './api.js';
import { h } from './dom.js';
import { dated, figureText } from './format.js';
import { curves, MANY } from './pictures.js';

export async function compare(ids) {
  const { results, figures, differences } = await ask('/api/results/compare', { id: ids });
  const swatch = (i) => h('i', { class: 'swatch', style: `background:${MANY[i % MANY.length]}` });
  const heads = results.map((each, i) => h('th', { class: 'n' }, h('a', { href: `/results/${each.id}` }, swatch(i), each.label), h('small', {}, `${each.symbols.join(', ')} ${each.timeframe}`), h('small', {}, `${dated(each.start, 'UTC').slice(0, 10)} to ${dated(each.end, 'UTC').slice(0, 10)}`)));
  const rows = [];
  let group = '';
  for (const figure of figures) {
    if (figure.group !== group) rows.push(h('tr', { class: 'group' }, h('th', { colspan: results.length + 1 }, figure.group)));
    group = figure.group;
    rows.push(h('tr', {}, h('td', {}, figure.title), ...figure.texts.map((text, i) => h('td', { class: `n ${figure.best.includes(i) ? 'best' : ''}` }, figureText(figure, text)))));
  }
  const warned = differences.length ? [h('div', { class: 'verdict doubtful' }, h('strong', {}, 'These are not to be compared as they are'), h('ul', {}, ...differences.map((each) => h('li', {}, each))))]
    : [h('p', { class: 'soft' }, 'Same candles, costs and account. The best of several is partly the luckiest of them.')];
  return [
    h('section', { class: 'sheet' }, h('div', { class: 'sheet-head' }, h('a', { class: 'back', href: '/results', 'aria-label': 'All results' }, '‹'), h('h2', {}, `${results.length} results side by side`)), ...warned, curves(results, 340)),
    h('section', { class: 'sheet' }, h('div', { class: 'wide' }, h('table', { class: 'rows compared' }, h('thead', {}, h('tr', {}, h('th'), ...heads)), h('tbody', {}, ...rows)))),
  ];
}
