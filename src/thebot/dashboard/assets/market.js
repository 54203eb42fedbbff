// The list of symbols with what is known about each, and the newest frame: one place that others look at.
import { ask, Unreachable } from './api.js';
import { on, tell } from './bus.js';
import { settings } from './settings.js';

export const market = { listed: [], bySymbol: new Map(), timeframes: [], mode: '', frame: null, version: -1, error: '' };
const SPARKS = 60_000; // ms between two readings of the spark lines
let reading = false;

export function listen() {
  on('frame', (frame) => {
    market.frame = frame;
    if (frame.version !== market.version) read();
  });
  on('anew', read);
}

export function start() {
  setInterval(read, SPARKS);
  read();
}

export function row(symbol) {
  return market.bySymbol.get(symbol)?.row ?? -1;
}

export function digits(symbol) {
  return market.bySymbol.get(symbol)?.price_digits ?? 2;
}

// The chart moves to `symbol` and `timeframe`; `at` (ms UTC) is an instant it is to show.
export function choose(symbol, timeframe = settings.timeframe, at = undefined) {
  if (settings.symbol !== symbol) settings.symbol = symbol;
  if (settings.timeframe !== timeframe) settings.timeframe = timeframe;
  tell('chosen', { symbol, timeframe, at });
}

async function read() {
  if (reading || document.hidden) return;
  reading = true;
  try {
    const found = await ask('/api/symbols');
    const first = market.version < 0;
    market.listed = found.symbols;
    market.bySymbol = new Map(found.symbols.map((each, i) => [each.symbol, { ...each, row: i }]));
    market.timeframes = found.timeframes;
    market.mode = found.mode;
    market.version = found.version;
    market.error = '';
    if (first) begin(found);
    tell('symbols', found);
  } catch (error) {
    if (!(error instanceof Unreachable)) market.error = error.message;
    setTimeout(read, 2000); // the stream may be alive all the same
  } finally {
    reading = false;
  }
}

function begin(found) {
  if (!found.timeframes.includes(settings.timeframe)) settings.timeframe = found.default_timeframe;
  if (!settings.symbol && found.symbols.length) settings.symbol = found.symbols[0].symbol;
}
