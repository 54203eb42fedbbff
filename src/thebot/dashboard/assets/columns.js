// Closed candles with their plots, in columns, oldest first; what /api/chart answers, joined over several answers.

const NAMES = ['open', 'high', 'low', 'close', 'volume'];

export function fromAnswer(answer) {
  return {
    time: answer.open_time,
    ...Object.fromEntries(NAMES.map((name) => [name, answer[name]])),
    plots: answer.plots,
    signals: answer.signals,
    refused: answer.refused,
  };
}

export const keys = (data) => data.plots.map((plot) => plot.key).join('|');
export const beginnings = (data) => data.plots.map((plot) => plot.since).join('|');

// `more` put into `data`; where both have a candle, `more` is newer and right. Null if they do not touch
// (candles between them are missing) or show different plots: then the caller reads anew.
export function joined(data, more, span) {
  if (!more.time.length) return data;
  if (!data.time.length) return more;
  if (keys(data) !== keys(more)) return null;
  const start = more.time[0];
  const end = more.time.at(-1);
  // A month has 28 to 31 days, and a halt leaves a hole that is really there; only our own reading may not.
  if (start > data.time.at(-1) + span * 1.1) return null;
  const before = data.time.findLastIndex((t) => t < start) + 1;
  const after = end >= data.time.at(-1) ? data.time.length : data.time.findIndex((t) => t > end);
  const join = (mine, theirs) => [...mine.slice(0, before), ...theirs, ...mine.slice(after)];
  const known = new Set(more.signals.map(signalKey));
  return {
    time: join(data.time, more.time),
    ...Object.fromEntries(NAMES.map((name) => [name, join(data[name], more[name])])),
    plots: more.plots.map((plot, p) => ({
      ...plot,
      lines: plot.lines.map((line, l) => ({ ...line, values: join(data.plots[p].lines[l].values, line.values) })),
    })),
    refused: more.refused,
    signals: [...data.signals.filter((signal) => !known.has(signalKey(signal))), ...more.signals].sort((a, b) => a.at - b.at),
  };
}

const signalKey = (signal) => [signal.at, signal.side, signal.strategy].join('|');

// The row of the candle that holds the instant `at`, -1 before the first.
export function rowAt(data, at) {
  let low = 0;
  let high = data.time.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data.time[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// The row of the candle whose close decided a signal: `at` is that close, the next candle's open.
export const decidingRow = (data, at) => rowAt(data, at - 1);

// The lowest and highest price of the rows, and their largest volume.
export function extent(data, first, last) {
  let low = Infinity;
  let high = -Infinity;
  let volume = 0;
  for (let i = Math.max(0, first); i <= Math.min(last, data.time.length - 1); i++) {
    if (data.low[i] < low) low = data.low[i];
    if (data.high[i] > high) high = data.high[i];
    if (data.volume[i] > volume) volume = data.volume[i];
  }
  return { low, high, volume };
}
