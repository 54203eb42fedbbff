// A part of the page that fails says so in its own place, with a reference, and the rest lives on.
import { h } from './dom.js';

// `work` guarded: when it throws, `home` shows a card once, and the next calls of this part are left out.
export function guarded(home, what, work) {
  let broken = false;
  return (...given) => {
    if (broken) return undefined;
    try {
      return work(...given);
    } catch (error) {
      broken = true;
      show(home(), what, error);
      return undefined;
    }
  };
}

function show(home, what, error) {
  const reference = Math.random().toString(16).slice(2, 10).toUpperCase();
  console.error(`${what} (reference ${reference})`, error);
  const again = h('button', { type: 'button', class: 'plain', onclick: () => location.reload() }, 'Reload the page');
  home?.append(
    h('div', { class: 'failure over', role: 'alert' },
      h('strong', {}, what),
      h('p', {}, 'The browser console has the details under reference ', h('code', {}, reference), '.'),
      again,
    ),
  );
}

// What no part has caught: said once, at the edge.
export function watchTheRest(home) {
  let said = false;
  const heed = (error) => {
    if (said || error?.name === 'AbortError') return;
    said = true;
    show(home(), 'A part of this page failed', error);
  };
  addEventListener('error', (event) => event.error && heed(event.error));
  addEventListener('unhandledrejection', (event) => heed(event.reason));
}
