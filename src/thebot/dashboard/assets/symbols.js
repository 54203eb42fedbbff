// Choosing one or several symbols: each stands as a chip that can be taken away; typing finds more.
import { h } from './dom.js';

export function symbolPicker(chosen, known, most, heed) {
  let symbols = [...chosen];
  const list = h('datalist', { id: 'lab-known-symbols' });
  const input = h('input', { id: 'lab-symbols', list: 'lab-known-symbols', placeholder: 'Add a symbol', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'characters', onchange: () => add(input.value), onkeydown: key });
  const chips = h('span', { class: 'chips' });
  const element = h('div', { class: 'symbols' }, chips, input, list);

  function add(text) {
    const symbol = text.trim().toUpperCase();
    if (!symbol) return;
    input.value = '';
    if (symbols.includes(symbol) || symbols.length >= most) return;
    symbols = [...symbols, symbol];
    heed(symbols);
    show();
  }

  function key(event) {
    if (event.key === 'Enter' && input.value) { event.preventDefault(); add(input.value); }
    if (event.key === 'Backspace' && !input.value && symbols.length) remove(symbols.at(-1));
  }

  function remove(symbol) {
    symbols = symbols.filter((each) => each !== symbol);
    heed(symbols);
    show();
  }

  function show() {
    chips.replaceChildren(...symbols.map((symbol) => h('span', { class: 'chip' }, symbol, h('button', { type: 'button', 'aria-label': `Remove ${symbol}`, onclick: () => remove(symbol) }, '✕'))));
    input.hidden = symbols.length >= most;
  }

  const offer = (names) => list.replaceChildren(...names.map((name) => h('option', { value: name })));
  offer(known);
  show();
  return { element, offer };
}
