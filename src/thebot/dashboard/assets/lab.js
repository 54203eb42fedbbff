// The lab: a form that says what to try, and the experiments that were made of it.
import { ask } from './api.js';
import { on } from './bus.js';
import { $, h } from './dom.js';
import * as form from './experiment.js';
import { card } from './jobcard.js';
import { jobs, newestFirst } from './jobs.js';
import { shown } from './pages.js';

let list = null;
const cards = new Map(); // number -> {element, update}

export function build() {
  list = h('div', { id: 'jobs', 'aria-live': 'polite' });
  on('page', ({ page, query }) => page === 'lab' && open(query));
  on('jobs', (job) => shown.page === 'lab' && showJobs(job));
  if (shown.page === 'lab') open(shown.query);
}

async function open(query) {
  if (!$('lab').firstChild) {
    $('lab').replaceChildren(
      h('section', { class: 'sheet', id: 'experiment', 'aria-label': 'Experiment' }, h('div', { class: 'empty loading' }, 'Reading what can be tried')),
      h('section', { class: 'sheet', id: 'experiments', 'aria-label': 'Experiments' }, h('h2', {}, 'Experiments'), list),
    );
    await offer();
  }
  if (query.get('again')) form.again(query.get('again'));
  showJobs();
}

async function offer() {
  try {
    form.build($('experiment'), await ask('/api/lab'));
  } catch (error) {
    const again = h('button', { type: 'button', class: 'plain', onclick: offer }, 'Try again');
    $('experiment').replaceChildren(h('div', { class: 'failure', role: 'alert' }, h('strong', {}, 'The lab cannot be shown'), h('p', {}, error.message), again));
  }
}

function showJobs(only) {
  for (const number of cards.keys()) if (!jobs.has(number)) cards.delete(number);
  for (const job of only ? [only] : jobs.values()) {
    if (cards.has(job.number)) cards.get(job.number).update(job);
    else cards.set(job.number, card(job));
  }
  const wanted = newestFirst().map((job) => cards.get(job.number)?.element).filter(Boolean);
  if (!wanted.length) {
    list.replaceChildren(h('div', { class: 'empty' }, h('strong', {}, 'Nothing has been tried yet'),
      h('p', {}, 'Choose a strategy and press Run. The candles that are missing are fetched from the exchange by themselves.')));
  } else if (list.childElementCount !== wanted.length || wanted.some((element, i) => list.children[i] !== element)) list.replaceChildren(...wanted);
}
