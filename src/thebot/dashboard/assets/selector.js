// The selector of indicators, a dialog over the chart: what is on it, the catalogue with a search, and a form
// for one of them (form.js). The browser's own modal dialog keeps the focus inside and closes on Escape.
import { on } from './bus.js';
import { catalogue, found, read } from './catalogue.js';
import { chart } from './chart.js';
import * as choice from './choice.js';
import { $, flag, h } from './dom.js';
import { styled } from './figure.js';
import { form, unmarked } from './form.js';

let dialog = null;
let parts = {};
let note = ''; // what the last action did

export function build() {
  const close = h('button', { type: 'button', class: 'close', 'aria-label': 'Close', onclick: () => dialog.close() }, '✕');
  parts = {
    count: h('span', { class: 'count' }),
    shown: h('ul', { id: 'on-chart', 'aria-label': 'On the chart' }),
    reset: h('button', { type: 'button', class: 'plain', id: 'indicators-reset', onclick: choice.reset }, "Reset to the configuration's"),
    search: h('input', { id: 'indicator-search', type: 'search', placeholder: 'Search by name', 'aria-label': 'Search indicators', autocomplete: 'off', spellcheck: 'false', oninput: list, onkeydown: searchKey }),
    list: h('div', { id: 'indicator-list', onkeydown: listKey, onclick: click }),
    said: h('p', { class: 'said', role: 'status' }),
    choosing: h('div', { class: 'choosing' }),
    setting: h('div', { class: 'setting', hidden: true }),
  };
  parts.choosing.append(
    h('header', {}, h('h2', { id: 'indicators-title' }, 'Indicators'), parts.count, close),
    parts.shown, h('div', { class: 'under' }, parts.said, parts.reset), h('div', { class: 'find' }, parts.search), parts.list,
  );
  dialog = h('dialog', { id: 'indicators', 'aria-labelledby': 'indicators-title', onclose: closed, onpointerdown: outside }, parts.choosing, parts.setting);
  $('chart-pane').append(dialog);
  $('indicators-open').onclick = () => open();
  on('edit', edit);
  on('plots', listShown);
  on('setting', (name) => name === 'indicators' && listShown());
  on('chosen', () => dialog.open && dialog.close());
}

async function open() {
  dialog.showModal();
  $('indicators-open').setAttribute('aria-expanded', 'true');
  note = '';
  choosing();
  // On a touch screen a keyboard would hide what there is to choose.
  if (!matchMedia('(pointer: coarse)').matches) parts.search.focus();
  if (catalogue.most) return;
  parts.list.replaceChildren(h('p', { class: 'empty loading' }, 'Reading the indicators'));
  try {
    await read();
    choosing();
  } catch (error) {
    const again = h('button', { type: 'button', class: 'plain', onclick: () => open_() }, 'Try again');
    parts.list.replaceChildren(h('div', { class: 'empty' }, h('strong', {}, 'The indicators could not be read'), h('p', {}, error.message), again));
  }
}

const open_ = () => { dialog.close(); open(); };

function closed() {
  $('indicators-open').setAttribute('aria-expanded', 'false');
  $('indicators-open').focus();
  parts.search.value = '';
}

function outside(event) {
  const box = dialog.getBoundingClientRect();
  if (event.target === dialog && (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom)) dialog.close();
}

// --- what is on the chart ---

function listShown() {
  if (!dialog) return;
  const texts = catalogue.most || choice.isOwn() ? choice.texts() : (chart.data?.plots ?? []).map((plot) => plot.key);
  $('indicators-open').classList.toggle('wrong', !!chart.data?.refused.length);
  if (!dialog.open) return;
  parts.count.textContent = catalogue.most ? `${texts.length} of ${catalogue.most}` : '';
  parts.reset.hidden = !choice.isOwn();
  parts.said.textContent = chart.computing ? 'Computing' : chart.problem || note;
  parts.said.classList.toggle('wrong', !chart.computing && !!chart.problem);
  const colours = chart.data ? new Map(styled(chart.data).reverse().map((line) => [line.plot.key, line.colour])) : new Map();
  const focused = document.activeElement?.closest('#on-chart li')?.dataset.text;
  const at = [...parts.shown.children].findIndex((row) => row.dataset.text === focused);
  markShown();
  parts.shown.replaceChildren(...texts.map((text) => shown(text, colours.get(text))));
  if (!texts.length) parts.shown.append(h('li', { class: 'none' }, 'Nothing but the candles. Choose below.'));
  if (at >= 0) (parts.shown.querySelectorAll('button.remove')[Math.min(at, texts.length - 1)] ?? parts.search).focus();
}

function shown(text, colour) {
  const plot = chart.data?.plots.find((each) => each.key === text);
  const why = chart.data?.refused.find((each) => each.text === text)?.why;
  const label = plot?.label ?? text;
  return h('li', { 'data-text': text },
    h('i', { class: 'swatch', style: `background:${colour ?? 'transparent'}` }),
    plot?.name && catalogue.byName.has(plot.name) ? h('button', { type: 'button', class: 'change', title: `Change ${label}`, onclick: () => edit(text) }, label) : h('span', { class: 'change' }, label),
    h('button', { type: 'button', class: 'remove', 'aria-label': `Remove ${label}`, title: `Remove ${label}`, onclick: () => choice.remove(text) }, '✕'),
    ...(why ? [h('p', { class: 'wrong' }, why)] : []));
}

// --- the catalogue ---

function list() {
  const groups = found(parts.search.value);
  parts.list.scrollTop = 0;
  if (!groups.length) {
    const all = h('button', { type: 'button', class: 'plain', onclick: () => { parts.search.value = ''; list(); parts.search.focus(); } }, 'Show all');
    parts.list.replaceChildren(h('div', { class: 'empty' }, h('strong', {}, `No indicator matches “${parts.search.value}”`), all));
    return;
  }
  parts.list.replaceChildren(...groups.map(([group, indicators]) => h('section', { 'aria-label': group },
    h('h3', {}, group), ...indicators.map(entry))));
  markShown();
}

function markShown() {
  const names = new Set((chart.data?.plots ?? []).map((plot) => plot.name));
  for (const each of entries()) flag(each, 'on', names.has(each.dataset.name));
}

function entry(each) {
  return h('button', { type: 'button', class: 'entry', 'data-name': each.name },
    h('b', {}, each.label), h('span', { class: 'title' }, each.title === each.label ? '' : each.title), h('em', {}, 'on chart'), h('p', {}, rest(each)));
}

// What the summary says beyond the title.
function rest({ title, summary }) {
  const text = unmarked(summary.startsWith(title) ? summary.slice(title.length).replace(/^[,:.]\s*/, '') : summary);
  return text && text[0].toUpperCase() + text.slice(1);
}

const entries = () => [...parts.list.querySelectorAll('.entry')];

function searchKey(event) {
  if (event.key === 'Escape') dialog.close(); // a search field would only become empty
  else if (event.key === 'Enter') entries()[0]?.click();
  else if (event.key === 'ArrowDown') entries()[0]?.focus();
  else return;
  event.preventDefault();
}

function listKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const at = entries().indexOf(document.activeElement) + step;
  (at < 0 ? parts.search : entries()[Math.min(at, entries().length - 1)]).focus();
}

function click(event) {
  const name = event.target.closest('.entry')?.dataset.name;
  if (name) showForm(catalogue.byName.get(name));
}

// --- one of them ---

function choosing() {
  parts.setting.hidden = true;
  parts.choosing.hidden = false;
  dialog.setAttribute('aria-labelledby', 'indicators-title');
  listShown();
  if (catalogue.most) list();
}

async function edit(text) {
  if (!dialog.open) await open();
  const plot = chart.data?.plots.find((each) => each.key === text);
  const known = plot && catalogue.byName.get(plot.name);
  if (known) showForm(known, plot);
}

function showForm(indicator, plot = null) {
  const at = parts.list.scrollTop;
  const back = (said = '') => {
    note = said;
    choosing();
    parts.list.scrollTop = at;
    (parts.list.querySelector(`[data-name="${indicator.name}"]`) ?? parts.search).focus({ preventScroll: true });
  };
  parts.setting.replaceChildren(...form(indicator, plot, back));
  parts.choosing.hidden = true;
  parts.setting.hidden = false;
  dialog.setAttribute('aria-labelledby', 'indicator-title');
  const first = parts.setting.querySelector('input') ?? parts.setting.querySelector('select') ?? parts.setting.querySelector('[type="submit"]');
  first.focus();
  first.select?.();
}
