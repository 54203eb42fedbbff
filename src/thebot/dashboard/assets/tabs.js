// On a narrow screen one pane at a time is shown; on a wide one style.css shows them all and these do nothing.
import { tell } from './bus.js';
import { $ } from './dom.js';
import { settings } from './settings.js';

export function build() {
  for (const button of $('tabs').children) button.onclick = () => showTab(button.dataset.tab);
  showTab(['watchlist', 'chart', 'signals'].includes(settings.tab) ? settings.tab : 'chart');
}

export function showTab(name) {
  if (settings.tab !== name) settings.tab = name;
  $('desk').dataset.tab = name;
  for (const button of $('tabs').children) button.setAttribute('aria-current', String(button.dataset.tab === name));
  tell('tab', name);
}
