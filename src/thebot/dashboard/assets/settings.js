// What a trader arranged, kept in this browser. Symbol and timeframe are in the address as well, so that a
// chart can be bookmarked or sent; the address wins.
import { tell } from './bus.js';

const KEY = 'thebot.desk';
const DEFAULTS = {
  symbol: '', // '': the first of the list
  timeframe: '', // '': the desk's default
  stars: [],
  onlyStars: false,
  sort: { by: '', down: false }, // by '': the exchange's order
  log: false,
  zone: 'local',
  signalsOf: 'all',
  indicators: { own: false, texts: [] }, // not own: the configuration's
  tab: 'chart',
};

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    // A value of another type is of another version, or somebody's mistake: the default is better.
    return Object.fromEntries(Object.entries(found).filter(([k, v]) => typeof v === typeof DEFAULTS[k] && v !== null));
  } catch {
    return {};
  }
}

const address = new URLSearchParams(location.search);
const values = { ...DEFAULTS, ...kept() };
for (const name of ['symbol', 'timeframe']) if (address.get(name)) values[name] = address.get(name);
if (!Array.isArray(values.stars)) values.stars = [];
const { own, texts } = values.indicators;
if (typeof own !== 'boolean' || !Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) values.indicators = DEFAULTS.indicators;

export const settings = new Proxy(values, {
  set(target, name, value) {
    target[name] = value;
    save();
    tell('setting', name);
    return true;
  },
});

function save() {
  try {
    localStorage.setItem(KEY, JSON.stringify(values));
  } catch {
    // Storage may be full or forbidden; then the arrangement lasts as long as the page.
  }
  if (location.pathname !== '/') return; // another page is shown
  const url = addressOf(new URLSearchParams(location.search));
  if (url !== location.pathname + location.search) history.replaceState(null, '', url);
}

// Where the chart of the chosen symbol and timeframe is; `more` is what the address says besides.
export function addressOf(more = new URLSearchParams()) {
  for (const name of ['symbol', 'timeframe']) if (values[name]) more.set(name, values[name]);
  return `/?${more}`;
}
