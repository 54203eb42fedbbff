// Numbers and times as a trader reads them. Prices have the digits of the instrument's tick, always all of
// them, so that a column of them stands still.
const THOUSANDS = /\B(?=(\d{3})+(?!\d))/g;
const THOUSANDS_BEFORE_DOT = /(?<!\.\d*)\B(?=(\d{3})+(?!\d))/g;
const MINUS = '\u2212'; // as wide as a plus in tabular figures; a hyphen is not

export function price(value, digits) {
  if (!Number.isFinite(value)) return '–';
  const text = value.toFixed(digits);
  if (value < 1000) return text;
  const dot = text.indexOf('.');
  return dot < 0 ? text.replace(THOUSANDS, ',') : text.slice(0, dot).replace(THOUSANDS, ',') + text.slice(dot);
}

export function percent(value) {
  if (!Number.isFinite(value)) return '–';
  const text = Math.abs(value).toFixed(2);
  return `${value > 0 ? '+' : value < 0 ? MINUS : ''}${text}%`;
}

export function compact(value) {
  if (!Number.isFinite(value)) return '–';
  for (const [size, letter] of [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'K']]) {
    if (value >= size) return (value / size).toFixed(2) + letter;
  }
  return value.toFixed(2);
}

// How many digits an indicator's value is worth showing with: as the price where it is one, else two.
export function reading(value, digits) {
  if (!Number.isFinite(value)) return '–';
  return value < 0 ? MINUS + price(-value, digits) : price(value, digits);
}

const formats = new Map();
function format(zone, name, options) {
  const key = `${zone}|${name}`;
  if (!formats.has(key)) {
    const timeZone = zone === 'UTC' ? 'UTC' : undefined;
    formats.set(key, new Intl.DateTimeFormat('en-GB', { hourCycle: 'h23', timeZone, ...options }));
  }
  return formats.get(key);
}
const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
const MINUTE = { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' };
const DAY = { weekday: 'short', day: '2-digit', month: 'short', year: 'numeric' };

export const clock = (at, zone) => format(zone, 'clock', CLOCK).format(at);
export const minute = (at, zone) => format(zone, 'minute', MINUTE).format(at).replace(',', '');
export const day = (at, zone) => format(zone, 'day', DAY).format(at);

// A moment of any year, in columns that stand still: 2026-01-31 14:00.
export const dated = (at, zone) => new Date(at + shift(at, zone)).toISOString().slice(0, 16).replace('T', ' ');

// A span of time, as one says it: 2 d 4 h.
export function lasting(ms) {
  const parts = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']];
  const at = parts.findIndex(([size]) => ms >= size);
  if (at < 0) return '0 s';
  const [size, unit] = parts[at];
  const rest = parts[at + 1] && Math.floor((ms % size) / parts[at + 1][0]);
  return `${Math.floor(ms / size)} ${unit}${rest ? ` ${rest} ${parts[at + 1][1]}` : ''}`;
}

// A figure's own text, with minus signs as wide as a plus.
export const figureText = ({ unit, text }, shown = text) => (unit === 'date' ? shown : shown.replace(/-(?=[\d.])/g, MINUS));

export const KINDS = { backtest: 'Backtest', replay: 'Replay', sweep: 'Sweep', walkforward: 'Walk-forward' };

export const whole = (value) => Math.round(value).toLocaleString('en');

// A share of one, with its sign where it is a gain or a loss.
export function share(value, { digits = 2, signed = true } = {}) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = `${Math.abs(value * 100).toFixed(digits).replace(THOUSANDS_BEFORE_DOT, ',')}%`;
  return `${value < 0 ? MINUS : signed && value > 0 ? '+' : ''}${text}`;
}

export function amount(value, { digits = 2, signed = false } = {}) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = Math.abs(value).toFixed(digits).replace(THOUSANDS_BEFORE_DOT, ',');
  return `${value < 0 ? MINUS : signed && value > 0 ? '+' : ''}${text}`;
}

// For a list of the day's events: the time today, the date before.
export function moment(at, now, zone) {
  return day(at, zone) === day(now, zone) ? clock(at, zone) : minute(at, zone);
}

// Plotly has no time zones: it shows every time as UTC. So local times are drawn shifted by this much (ms).
export function shift(at, zone) {
  return zone === 'UTC' ? 0 : -new Date(at).getTimezoneOffset() * 60_000;
}

export function countdown(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  if (s >= 86_400) return `${Math.floor(s / 86_400)}d ${two(Math.floor((s % 86_400) / 3600))}h`;
  return s >= 3600
    ? `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`
    : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}
