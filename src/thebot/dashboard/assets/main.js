// Puts the page together once Dash has laid it out. Each part guards itself: one that fails leaves the others be.
import { on } from './bus.js';
import * as chart from './chart.js';
import * as crosshair from './crosshair.js';
import { $, press } from './dom.js';
import { guarded, watchTheRest } from './failures.js';
import * as jobs from './jobs.js';
import * as lab from './lab.js';
import * as market from './market.js';
import * as overlay from './overlay.js';
import * as pages from './pages.js';
import * as past from './past.js';
import * as results from './results.js';
import * as selector from './selector.js';
import { settings } from './settings.js';
import * as signals from './signals.js';
import * as status from './status.js';
import * as stream from './stream.js';
import * as tabs from './tabs.js';
import * as watchlist from './watchlist.js';

function begin() {
  const parts = [
    ['watchlist', 'The watchlist has failed', watchlist],
    ['chart-pane', 'The chart has failed', chart],
    ['chart-pane', 'The moving candle has failed', overlay],
    ['chart-pane', 'The crosshair has failed', crosshair],
    ['chart-pane', 'The selector of indicators has failed', selector],
    ['desk', 'The status bar has failed', status],
    ['signals', 'The list of signals has failed', signals],
    ['desk', 'The tabs have failed', tabs],
  ];
  const researched = [
    ['lab', 'The lab has failed', lab],
    ['results', 'The results have failed', results],
    ['chart-pane', 'The trades of the past have failed', past],
    ['lab', 'The list of experiments has failed', jobs],
  ];
  watchTheRest(() => $('desk'));
  market.listen(); // first: the others look at what it keeps
  pages.build();
  for (const [home, what, part] of $('lab') ? [...parts, ...researched] : parts) guarded(() => $(home), what, part.build)();
  const showLog = () => press($('log'), settings.log);
  on('setting', showLog);
  showLog();
  market.start();
  stream.start();
}

// Dash fetches its layout, then React writes it: wait for the element that is there last.
function whenLaidOut(then) {
  if ($('toasts')) return then();
  const watch = new MutationObserver(() => {
    if (!$('toasts')) return;
    watch.disconnect();
    then();
  });
  return watch.observe(document.body, { childList: true, subtree: true });
}

whenLaidOut(begin);
