// The form of one indicator: what it is, its source and its parameters. Whether a value can be is the server's
// to say, in a sentence that is shown beside the field.
import { ask } from './api.js';
import { catalogue } from './catalogue.js';
import * as choice from './choice.js';
import { h } from './dom.js';

// What a docstring marks as code is plain here.
export const unmarked = (text) => text.replaceAll('`', '');

const SOURCES = ['open', 'high', 'low', 'close', 'volume', '(high + low) / 2', '(high + low + close) / 3'];
const plain = (input) => (input === 'open_' ? 'open' : input);

// `plot`: that on the chart which is to be changed, null for a new one. `back(said)` is called when it is done.
export function form(indicator, plot, back) {
  const fields = [...source(indicator, plot), ...indicator.parameters.map((each) => field(each, plot?.parameters[each.name]))];
  const wrong = h('p', { class: 'wrong', role: 'alert', hidden: true });
  const submit = h('button', { type: 'submit', class: 'main' }, plot ? 'Apply' : 'Add');
  const remove = () => { choice.remove(plot.key); back(`${plot.label} removed.`); };
  const body = h('form', { novalidate: true, onsubmit: (event) => { event.preventDefault(); send(); } },
    h('div', { class: 'fields' }, ...fields.map((each) => each.element)), wrong,
    h('div', { class: 'actions' }, submit, h('button', { type: 'button', class: 'plain', onclick: () => back() }, 'Cancel'),
      ...(plot ? [h('button', { type: 'button', class: 'plain remove', onclick: remove }, 'Remove')] : [])));

  async function send() {
    say('');
    for (const each of fields) each.say('');
    const bad = fields.find((each) => each.unreadable());
    if (bad) { bad.say('This is no number.'); return; }
    const inputs = fields.filter((each) => each.isSource).map((each) => each.text()).filter(Boolean);
    if (!inputs.length && plot) inputs.push(...plot.inputs);
    const values = fields.filter((each) => !each.isSource).map((each) => `${each.name}=${each.text()}`);
    submit.disabled = true;
    try {
      const { key, label } = await ask('/api/indicators/check', { text: `${indicator.name}(${[...inputs, ...values].join(', ')})` });
      const others = choice.texts().filter((text) => text !== plot?.key);
      if (others.includes(key)) say(`${label} is on the chart already.`);
      else if (others.length >= catalogue.most) say(`A chart draws ${catalogue.most} indicators at most. Remove one first.`);
      else {
        if (plot) choice.replace(plot.key, key);
        else choice.add(key);
        back(plot ? `${plot.label} is ${label} now.` : `${label} added.`);
      }
    } catch (error) {
      const at = fields.map((each) => ({ each, place: error.message.search(new RegExp(`\\b${each.name} is `)) })).filter(({ place }) => place >= 0);
      const named = at.sort((a, b) => a.place - b.place)[0]?.each;
      if (named) named.say(sentence(error.message, indicator.name));
      else say(error.message);
    } finally {
      submit.disabled = false;
    }
  }

  function say(text) {
    wrong.textContent = text;
    wrong.hidden = !text;
  }

  return [
    h('header', {}, h('button', { type: 'button', class: 'back', 'aria-label': 'Back to all indicators', onclick: () => back() }, '‹'),
      h('h2', { id: 'indicator-title' }, indicator.label), h('span', { class: 'title' }, indicator.title === indicator.label ? '' : indicator.title)),
    h('p', { class: 'summary' }, unmarked(indicator.summary)),
    body,
    ...about(indicator),
  ];
}

function about(indicator) {
  const said = [['', indicator.text], ['Formula', indicator.formula], ['Convention', indicator.convention], ['Source', indicator.source], ['Usually bought when', indicator.buy], ['Usually sold when', indicator.sell]];
  const lines = said.filter(([, text]) => text).flatMap(([name, text]) => (name ? [h('dt', {}, name), h('dd', {}, unmarked(text))] : [h('dd', { class: 'text' }, unmarked(text))]));
  return lines.length ? [h('dl', {}, ...lines)] : [];
}

// "rsi: period is 0; give ..." stands under the form of rsi: its name need not be said again.
const sentence = (text, name) => (text.startsWith(`${name}: `) ? text.slice(name.length + 2, name.length + 3).toUpperCase() + text.slice(name.length + 3) : text);

// What an indicator of the close is computed from instead.
function source(indicator, plot) {
  if (indicator.inputs.length !== 1 || indicator.inputs[0] !== 'close') return [];
  const now = plain(plot?.inputs[0] ?? 'close');
  const choices = SOURCES.includes(now) ? SOURCES : [...SOURCES, now];
  const select = h('select', { id: 'field-source', 'aria-describedby': 'wrong-source' }, ...choices.map((each) => h('option', { value: each, selected: each === now }, each)));
  return [{ ...row('source', 'Source', select), isSource: true, text: () => (select.value === 'close' ? '' : select.value), unreadable: () => false }];
}

function field({ name, default: usual, whole, least, most, words, range }, now = usual) {
  const id = `field-${name}`;
  const attributes = { id, 'aria-describedby': `wrong-${name}` };
  const control = words.length
    ? h('select', attributes, ...words.map((each) => h('option', { value: each, selected: each === now }, each)))
    : h('input', { ...attributes, type: 'number', value: now, placeholder: usual, inputmode: whole ? 'numeric' : 'decimal', step: whole ? 1 : 'any', ...(least === null ? {} : { min: least }), ...(most === null ? {} : { max: most }) });
  const text = () => (words.length ? `'${control.value}'` : control.value || String(usual)); // an empty field: the usual
  return { ...row(name, name.replaceAll('_', ' '), control, words.length ? '' : range), text, unreadable: () => !!control.validity?.badInput };
}

function row(name, label, control, hint = '') {
  const wrong = h('p', { class: 'wrong', id: `wrong-${name}`, role: 'alert', hidden: true });
  const say = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
    control.toggleAttribute('data-wrong', !!text);
    control.setAttribute('aria-invalid', String(!!text));
    if (text) control.focus();
  };
  control.addEventListener('input', () => say(''));
  const element = h('div', { class: 'field' }, h('label', { for: `field-${name}` }, label), control, wrong, hint ? h('small', {}, hint) : '');
  return { name, element, say };
}
