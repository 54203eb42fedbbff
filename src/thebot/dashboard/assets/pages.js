// The pages: markets, lab, results. They are one document, so that the stream and the chart live on while one
// looks elsewhere; the address says which is shown, so that each can be linked and reloaded.
import { tell } from './bus.js';
import { $ } from './dom.js';
import { addressOf } from './settings.js';

// What is shown: `page` is markets, lab or results; `id` a result's; `query` what stands behind the question mark.
export const shown = { page: '', id: '', query: new URLSearchParams() };

export function build() {
  document.addEventListener('click', follow);
  addEventListener('popstate', show);
  show();
}

export function go(path) {
  history.pushState(null, '', path);
  show();
}

// Changes the address without a new entry in the browser's history.
export function settle(path) {
  history.replaceState(null, '', path);
  show();
}

function follow(event) {
  const link = event.target.closest?.('a[href^="/"]');
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const path = link.getAttribute('href');
  go(path === '/' ? addressOf() : path);
}

function show() {
  const [, first, id = ''] = location.pathname.split('/');
  const page = ['lab', 'results'].includes(first) && $(first) ? first : 'markets';
  Object.assign(shown, { page, id: decodeURIComponent(id), query: new URLSearchParams(location.search) });
  $('desk').dataset.page = page;
  for (const name of ['lab', 'results']) if ($(name)) $(name).hidden = name !== page;
  for (const link of document.querySelectorAll('[data-to]')) link.setAttribute('aria-current', String(link.dataset.to === page));
  if (page !== 'markets') document.title = `${page === 'lab' ? 'Lab' : 'Results'} · THEBOT`;
  tell('page', shown);
}
