// The list of signals is made by a Dash callback (page.py); this asks for it, writes its times in the trader's
// clock, opens the chart of the one that is clicked, and shows new ones as they fire.
import { on } from './bus.js';
import { $, h, press } from './dom.js';
import { moment, price } from './format.js';
import { choose, digits, market } from './market.js';
import { settings } from './settings.js';
import { showTab } from './tabs.js';

const AT_MOST = 1000; // ms between two readings of the list
const TOAST = 8000; // ms
const TOASTS = 3;
let asked = 0;
let waiting = 0;
let number = 0;
let factsTimer = 0;

export function build() {
  for (const button of $('signals-of').children) button.onclick = () => { settings.signalsOf = button.dataset.of; showOf(); ask(); };
  $('signals').addEventListener('click', click);
  $('toasts').addEventListener('click', click);
  $('facts-panel').addEventListener('click', click);
  $('facts-open').onclick = toggleFacts;
  document.addEventListener('keydown', (event) => event.key === 'Escape' && !$('facts-panel').hidden && toggleFacts());
  document.addEventListener('click', (event) => {
    if (!$('facts-panel').hidden && !event.target.closest('#facts-panel, #facts-open')) toggleFacts();
  });
  new MutationObserver(writeTimes).observe($('signals-list'), { childList: true, subtree: true });
  on('signal', (signal) => {
    ask();
    // With a hundred symbols some strategy always says something: only what may matter here interrupts.
    if (signal.level === 'HIGH' || signal.symbol === settings.symbol || settings.stars.includes(signal.symbol)) toast(signal);
  });
  on('anew', ask);
  on('chosen', () => settings.signalsOf === 'one' && ask());
  on('zone', writeTimes);
  showOf();
  if (settings.signalsOf === 'one') ask(); // else the callback has run with the page
  writeTimes();
}

function showOf() {
  for (const button of $('signals-of').children) press(button, button.dataset.of === settings.signalsOf);
}

// Dash runs the callback when the data of this store changes.
function ask() {
  clearTimeout(waiting);
  const wait = Math.max(0, asked + AT_MOST - performance.now());
  waiting = setTimeout(() => {
    asked = performance.now();
    number += 1;
    put('signals-asked', { number, symbol: settings.signalsOf === 'one' ? settings.symbol : null });
  }, wait);
}

const put = (store, data) => window.dash_clientside?.set_props?.(store, { data });

function click(event) {
  const retry = event.target.closest('[data-retry]')?.dataset.retry;
  if (retry === 'signals') ask();
  if (retry === 'facts') readFacts();
  const signal = event.target.closest('[data-symbol][data-at]');
  if (!signal) return;
  const { symbol, timeframe, at } = signal.dataset;
  choose(symbol, market.timeframes.includes(timeframe) ? timeframe : settings.timeframe, Number(at));
  showTab('chart');
}

function writeTimes() {
  const now = market.frame?.exchangeTime ?? Date.now();
  for (const time of $('signals-list').querySelectorAll('time[data-at]')) {
    const text = moment(Number(time.dataset.at), now, settings.zone);
    if (time.textContent !== text) time.textContent = text;
  }
}

function toast(signal) {
  const side = signal.side.toLowerCase();
  const box = h('button', { type: 'button', class: `toast ${side}`, 'data-symbol': signal.symbol, 'data-timeframe': signal.timeframe, 'data-at': signal.at },
    h('span', { class: `side ${side}` }, signal.side), h('b', {}, signal.symbol), h('i', {}, signal.timeframe),
    h('span', { class: 'price' }, price(signal.price, digits(signal.symbol))), h('p', {}, signal.reasons[0] ?? signal.strategy));
  $('toasts').prepend(box);
  while ($('toasts').childElementCount > TOASTS) $('toasts').lastChild.remove();
  setTimeout(() => box.remove(), TOAST);
}

// --- the state of the platform ---

function toggleFacts() {
  const panel = $('facts-panel');
  panel.hidden = !panel.hidden;
  press($('facts-open'), !panel.hidden);
  clearInterval(factsTimer);
  if (panel.hidden) return;
  readFacts();
  factsTimer = setInterval(readFacts, 2000);
}

function readFacts() {
  number += 1;
  put('facts-asked', { number });
}
