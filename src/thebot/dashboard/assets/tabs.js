// On a narrow screen one pane at a time is shown; on a wide one style.css shows them all and these do nothing.
import { on, tell } from './bus.js';
import { $ } from './dom.js';
import { go, shown } from './pages.js';
import { addressOf, settings } from './settings.js';

const buttons = () => $('tabs').querySelectorAll('[data-tab]');

export function build() {
  for (const button of buttons()) button.onclick = () => showTab(button.dataset.tab);
  on('page', mark);
  put(['watchlist', 'chart', 'signals'].includes(settings.tab) ? settings.tab : 'chart');
}

export function showTab(name) {
  if (shown.page !== 'markets') go(addressOf());
  put(name);
}

function put(name) {
  if (settings.tab !== name) settings.tab = name;
  $('desk').dataset.tab = name;
  mark();
  tell('tab', name);
}

function mark() {
  for (const button of buttons()) button.setAttribute('aria-current', String(shown.page === 'markets' && button.dataset.tab === settings.tab));
}
