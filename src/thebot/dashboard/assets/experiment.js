// The form of the lab: strategy, parameters, market, span, costs. What stands in it is kept in this browser, so
// that a page that is loaded again, or another day, goes on where one was.
import { ask } from './api.js';
import { on } from './bus.js';
import { h } from './dom.js';
import { whole } from './format.js';
import { scrollTo } from './jobcard.js';
import { submit } from './jobs.js';
import { market } from './market.js';
import { settle } from './pages.js';
import { settings } from './settings.js';
import { symbolPicker } from './symbols.js';

const KEY = 'thebot.lab';
const DAY = 86_400_000;
const SPANS = [['1 month', 30], ['3 months', 91], ['1 year', 365], ['2 years', 730], ['5 years', 1826]];
const KINDS = { backtest: ['Backtest', 'Run backtest'], sweep: ['Sweep', 'Run sweep'], walkforward: ['Walk-forward', 'Run walk-forward'] };
const NOTES = {
  backtest: '', sweep: 'Give parameters several values: 5:30:5 is from 5 to 30 in steps of 5; or list them: 20, 25, 30. Every variant is counted: the more are tried, the better the best looks by chance.',
  walkforward: 'Chooses the best of these values on each stretch of the past, and trades the stretch after it: what is shown was never chosen on what it is measured by.',
};
const HINTS = { stop: '2atr, 5%', target: '3atr, 10%', trailing: '3atr, 8%', break_even: '1atr, 3%', expires: '48, 12h, 2d', cooldown: '10, 12h', size: '50%', amount: '1000', risk: '1%', volatility: '20%', kelly: '25%' };
const SEVERAL = { stop: '1atr, 2atr, none', target: '2atr, 4atr', trailing: '2atr, 3atr', break_even: '1atr, 2atr', expires: '1d, 2d', cooldown: '0, 10', size: '0.5:1:0.25', amount: '500, 1000', risk: '0.5%, 1%, 2%', volatility: '20%, 40%', kelly: '10%, 25%' };
const SIZES = { size: 'Share of the equity', amount: 'Fixed amount', risk: 'Risk to the stop', volatility: 'Volatility target', kelly: 'Kelly, capped' };
let offered = null;
let picker = null;
let element = null;
let parts = {};
let values = null; // what stands in the form
let tried = null; // an experiment to be put into the form once it is there

export function build(home, found) {
  offered = found;
  values = kept() ?? usual();
  element = home;
  draw();
  on('symbols', () => {
    if (!values.symbols.length) change({ symbols: usual().symbols }, true); // the page was opened before they were known
    picker.offer(market.listed.map((each) => each.symbol));
  });
  if (tried) take(tried);
}

// What was asked for once, put into the form again.
export function take(experiment) {
  if (!offered) { tried = experiment; return; }
  tried = null;
  const { kind, strategy, symbols, timeframe, start, end, parameters, vary, fee, slippage, cash, windows } = experiment;
  values = { ...usual(), kind, strategy, symbols: [...symbols], timeframe, from: dayOf(start), to: end && Date.now() - end > DAY ? dayOf(end) : '', parameters: { ...parameters }, vary: { ...vary }, fee, slippage, cash, windows: windows ?? 6 };
  keep();
  draw();
  element.scrollIntoView({ block: 'start' });
}

// The experiment that gave the result of that id.
export async function again(id) {
  settle('/lab');
  try {
    const { strategy, parameters, symbols, timeframe, start, end, costs, account } = await ask(`/api/results/${id}`);
    take({ kind: 'backtest', strategy, parameters, symbols, timeframe, start, end, vary: {}, fee: costs.fee, slippage: costs.slippage, cash: account.cash });
  } catch (error) {
    say('', error.message);
  }
}

function usual() {
  return {
    kind: 'backtest', strategy: offered.strategies[0].name, parameters: {}, vary: {}, windows: 6,
    sizedBy: '', optionsOpen: false,
    symbols: [settings.symbol || market.listed[0]?.symbol].filter(Boolean),
    timeframe: offered.timeframes.includes('1h') ? '1h' : offered.timeframes.at(-1),
    from: dayOf(Date.now() - 365 * DAY), to: '', fee: offered.fee, slippage: offered.slippage, cash: offered.cash,
  };
}

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    const known = offered.strategies.some((each) => each.name === found.strategy) && offered.timeframes.includes(found.timeframe);
    return known && Array.isArray(found.symbols) ? { ...usual(), ...found } : null;
  } catch {
    return null;
  }
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify(values));
  } catch {
    // Storage may be full or forbidden; then the form lasts as long as the page.
  }
}

const dayOf = (at) => new Date(at).toISOString().slice(0, 10);
const chosen = () => offered.strategies.find((each) => each.name === values.strategy) ?? offered.strategies[0];
const varies = () => values.kind !== 'backtest';

// --- the form ---

function draw() {
  picker = symbolPicker(values.symbols, market.listed.map((each) => each.symbol), offered.most_symbols, (symbols) => change({ symbols }));
  parts = { fields: new Map() };
  const body = h('form', { novalidate: true, onsubmit: send, oninput: () => say('', '') },
    kinds(), group('', strategyField(), parameterFields(), ...optionFields(), ...windowsField()), group('Market', row('symbols', 'Symbols', picker.element), timeframeField(), spanFields()), group('Costs and account', costFields()),
    parts.wrong = h('p', { class: 'wrong', role: 'alert', hidden: true }),
    h('div', { class: 'run' }, parts.run = h('button', { class: 'main', type: 'submit' }, ''), parts.size = h('span', { class: 'soft' })));
  element.replaceChildren(body);
  count();
}

function change(what, redraw = false) {
  Object.assign(values, what);
  keep();
  say('', '');
  if (redraw) draw();
  else count();
}

const group = (title, ...fields) => h('fieldset', {}, ...(title ? [h('legend', {}, title)] : []), ...fields);

function row(name, label, ...controls) {
  const wrong = h('p', { class: 'wrong', hidden: true, role: 'alert' });
  const line = h('div', { class: `field ${controls.length > 1 ? 'two' : ''}`, 'data-field': name }, h('label', { for: `lab-${name}` }, label), ...controls, wrong);
  parts.fields.set(name, { line, wrong, control: controls[0] });
  return line;
}

function kinds() {
  const button = (kind) => h('button', { type: 'button', class: 'plain', 'aria-pressed': String(values.kind === kind), 'data-kind': kind, onclick: () => change({ kind }, true) }, KINDS[kind][0]);
  return h('div', { class: 'kinds' }, h('div', { class: 'segments' }, ...offered.kinds.map(button)), ...(NOTES[values.kind] ? [h('p', { class: 'soft' }, NOTES[values.kind])] : []));
}

function strategyField() {
  const select = h('select', { id: 'lab-strategy', onchange: () => change({ strategy: select.value, parameters: {}, vary: {} }, true) },
    ...offered.strategies.map(({ name }) => h('option', { value: name, selected: name === values.strategy }, name)));
  const line = row('strategy', 'Strategy', select);
  const [first, ...rest] = chosen().description.split(/\n\s*\n/);
  line.append(h('small', {}, first.replace(/\s+/g, ' '), ...(rest.length ? [h('span', { class: 'more' }, ` ${rest.join(' ').replace(/\s+/g, ' ')}`)] : [])));
  return line;
}

function parameterFields() {
  const heads = varies() ? [h('div', { class: 'field two heads' }, h('span'), h('span', {}, 'Value'), h('span', {}, 'Or try several'))] : [];
  const fields = chosen().parameters.map(({ name, default: usually, kind }) => parameter(name, { usually: String(usually), attributes: kind === 'word' ? {} : { inputmode: kind === 'whole' ? 'numeric' : 'decimal' }, several: kind === 'word' ? '' : exampleOf(usually, kind) }));
  return h('div', { class: 'fields' }, ...heads, ...fields);
}

// A range around the usual value, to show how one is written.
function exampleOf(usually, kind) {
  const fine = Number((usually / 7).toPrecision(1)) || 0.1;
  const step = kind === 'whole' ? Math.max(1, Math.round(fine)) : fine;
  const round = (value) => Number(value.toPrecision(6));
  return `${round(Math.max(step, usually - 2 * step))}:${round(usually + 2 * step)}:${round(step)}`;
}

// What every strategy takes besides: how a position is left, and one of several ways to say its size.
function optionFields() {
  const own = new Set(chosen().parameters.map((each) => each.name));
  const options = offered.options.filter((each) => !own.has(each.name));
  const field = ({ name, meaning }) => parameter(name, { hint: HINTS[name] ?? '', meaning, several: SEVERAL[name] ?? '' });
  const used = options.some(({ name }) => given(name));
  const sizes = options.filter(({ name }) => SIZES[name]);
  const size = sizes.find(({ name }) => given(name))?.name ?? values.sizedBy;
  const select = h('select', { id: 'lab-sizing', onchange: () => sizeBy(select.value, sizes) }, h('option', { value: '' }, 'The strategy’s own'), ...sizes.map(({ name }) => h('option', { value: name, selected: name === size }, SIZES[name])));
  const rows = [...options.filter(({ name }) => !SIZES[name]).map(field), row('sizing', 'Size by', select), ...sizes.filter(({ name }) => name === size).map(field)];
  const details = h('details', { class: 'options', open: used || values.optionsOpen, ontoggle: () => { values.optionsOpen = details.open; keep(); } }, h('summary', {}, 'Exits and size'), h('div', { class: 'fields' }, ...rows));
  return [details];
}

const given = (name) => name in values.parameters || name in values.vary;

function sizeBy(name, sizes) {
  const without = (kept_) => Object.fromEntries(Object.entries(kept_).filter(([each]) => !sizes.some((size) => size.name === each)));
  change({ sizedBy: name, parameters: without(values.parameters), vary: without(values.vary) }, true);
}

function windowsField() {
  if (values.kind !== 'walkforward') return [];
  const input = h('input', { id: 'lab-windows', type: 'number', min: 2, max: 100, value: values.windows, oninput: () => change({ windows: Number(input.value) }) });
  return [row('windows', 'Windows', input)];
}

function parameter(name, { usually = '', hint = '', meaning = '', attributes = {}, several = '' }) {
  const label = name.replaceAll('_', ' ');
  const input = h('input', { id: `lab-${name}`, value: values.parameters[name] ?? usually, placeholder: hint, title: meaning, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', ...attributes, oninput: () => set('parameters', name, input.value, usually) });
  if (!varies()) return row(name, label, input);
  const many = h('input', { id: `lab-vary-${name}`, value: values.vary[name] ?? '', placeholder: several, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', 'aria-label': `Values of ${label} to try`, oninput: () => { set('vary', name, many.value); input.disabled = !!many.value.trim(); } });
  input.disabled = !!many.value.trim();
  return row(name, label, input, many);
}

function set(where, name, text, usually = '') {
  const now = { ...values[where] };
  if (text.trim() && text.trim() !== usually) now[name] = text.trim();
  else delete now[name];
  change({ [where]: now });
}

function timeframeField() {
  const select = h('select', { id: 'lab-timeframe', onchange: () => change({ timeframe: select.value }) }, ...offered.timeframes.map((name) => h('option', { value: name, selected: name === values.timeframe }, name)));
  return row('timeframe', 'Timeframe', select);
}

function spanFields() {
  const from = h('input', { id: 'lab-start', type: 'date', value: values.from, 'aria-label': 'From', onchange: () => change({ from: from.value }) });
  const to = h('input', { id: 'lab-end', type: 'date', value: values.to, 'aria-label': 'Until (empty: now)', title: 'Empty: until now', onchange: () => change({ to: to.value }) });
  const spans = SPANS.map(([text, days]) => h('button', { type: 'button', class: 'plain', onclick: () => { from.value = dayOf(Date.now() - days * DAY); to.value = ''; change({ from: from.value, to: '' }); } }, text));
  const line = row('start', 'From, until (UTC)', from, to);
  line.append(h('div', { class: 'spans' }, ...spans));
  return line;
}

function costFields() {
  const number = (name, label, value, takeIt, unit) => {
    const input = h('input', { id: `lab-${name}`, value, inputmode: 'decimal', autocomplete: 'off', oninput: () => change({ [name]: takeIt(Number(input.value.replace(',', '.'))) }) });
    return row(name, label, h('span', { class: 'with-unit' }, input, h('i', {}, unit)));
  };
  const percent = (value) => String(Number((value * 100).toPrecision(8)));
  return h('div', { class: 'fields costs' },
    number('fee', 'Fee each way', percent(values.fee), (value) => value / 100, '%'),
    number('slippage', 'Slippage each way', percent(values.slippage), (value) => value / 100, '%'),
    number('cash', 'Cash', String(values.cash), (value) => value, market.bySymbol.get(values.symbols[0])?.quote ?? 'quote'));
}

// --- what it comes to ---

function count() {
  const span = { m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY, M: 30 * DAY }[values.timeframe.at(-1)] * parseInt(values.timeframe, 10);
  const until = values.to ? Date.parse(values.to) : Date.now();
  const candles = Math.max(0, Math.floor((until - Date.parse(values.from)) / span)) * values.symbols.length;
  const variants = varies() ? variantsOf(values.vary) : 1;
  parts.run.textContent = KINDS[values.kind][1];
  const many = varies() && variants ? `${whole(variants)} variants · ` : '';
  parts.size.textContent = Number.isFinite(candles) && candles ? `${many}about ${whole(candles)} candles` : '';
}

// As thebot reads them: low:high:step, low:high of whole numbers, or a list. 0: it cannot be told here.
function variantsOf(vary) {
  return Object.values(vary).reduce((product, text) => {
    const [low, high, step = 1] = text.split(':').map(Number);
    const several = text.includes(':') ? Math.floor((high - low) / step + 1e-9) + 1 : text.split(',').length;
    return product * (Number.isFinite(several) && several > 0 ? several : 0);
  }, Object.keys(vary).length ? 1 : 0);
}

function experiment() {
  const words = new Set(chosen().parameters.filter(({ kind }) => kind === 'word').map(({ name }) => name));
  const wanted = (name, text) => (!words.has(name) && text !== '' && Number.isFinite(Number(text)) ? Number(text) : text);
  const vary = varies() ? values.vary : {};
  const parameters = Object.fromEntries(Object.entries(values.parameters).filter(([name]) => !(name in vary)).map(([name, text]) => [name, wanted(name, text)]));
  return {
    kind: values.kind, strategy: values.strategy, symbols: values.symbols, timeframe: values.timeframe, parameters, vary,
    start: Date.parse(values.from), end: values.to ? Date.parse(values.to) : null, fee: values.fee, slippage: values.slippage, cash: values.cash,
    ...(values.kind === 'walkforward' ? { windows: values.windows } : {}),
  };
}

async function send(event) {
  event.preventDefault();
  const asked = experiment();
  const missing = [['symbols', !asked.symbols.length, 'Choose a symbol at least.'], ['start', !Number.isFinite(asked.start), 'Say from when on, as 2026-01-31.'],
    ...['fee', 'slippage', 'cash'].map((name) => [name, !Number.isFinite(asked[name]), 'This is no number.'])].find(([, wrong]) => wrong);
  if (missing) { say(missing[0], missing[2]); return; }
  parts.run.disabled = true;
  try {
    const job = await submit(asked);
    scrollTo(job.number);
  } catch (error) {
    const named = [...parts.fields.keys()].map((name) => [name, error.message.search(new RegExp(`\\b${name}\\b`))]).filter(([, at]) => at >= 0).sort((a, b) => a[1] - b[1]);
    say(named[0]?.[0] ?? '', error.message);
  } finally {
    parts.run.disabled = false;
  }
}

// A sentence under the field that it is about, or above the button.
function say(name, text) {
  for (const { line, wrong } of parts.fields.values()) {
    line.removeAttribute('data-wrong');
    wrong.hidden = true;
  }
  const field = parts.fields.get(name);
  parts.wrong.hidden = !text || !!field;
  if (!field) { parts.wrong.textContent = text; return; }
  field.line.toggleAttribute('data-wrong', !!text);
  field.wrong.textContent = text;
  field.wrong.hidden = !text;
  field.line.querySelector('input, select')?.focus();
}
