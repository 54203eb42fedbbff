// The panes below the price: which plots have one, how high they are, what each is scaled to. Pure.
const ALONE = 0.235; // of the height, for a single pane
const MORE = 0.115; // for each further one
const AT_MOST = 0.66; // for all of them: the price keeps the rest
const GAP = 0.018;

// Whether a line is drawn below the price. What tells more of another line (the way of a trend, the age of a
// level) is not drawn: the legend says it.
export const isBelow = (plot, line) => !plot.marks && !line.overlay && !isDetail(plot, line);
export const isDirection = (line) => /\bdirection$/i.test(line.name);
// (What is drawn some candles ahead of where it is known would be a wrong line where it is known: the future of
// a cloud.)
export const isDetail = (plot, line) => /\b(ago|earlier|released|count|lagging|future [ab])$/i.test(line.name)
  || (plot.overlay && (/\b(status|strength|touches)$/i.test(line.name) || (isDirection(line) && line !== plot.lines[0])));
// Whether something is on beside a figure that has a scale of its own: dots on its zero line.
export const isState = (plot, line) => !plot.overlay && line !== plot.lines[0] && /\bactive$/i.test(line.name);
export const panesOf = (data) => data.plots.filter((plot) => plot.lines.some((line) => isBelow(plot, line)));

// Where the price begins, and [from, to] of each pane, the first at the top; all as shares of the height.
export function domains(count) {
  if (!count) return { split: 0, panes: [] };
  const split = Math.min(AT_MOST, ALONE + MORE * (count - 1));
  const each = split / count;
  const gap = Math.min(GAP, each / 5);
  return { split, panes: Array.from({ length: count }, (_, k) => [split - each * (k + 1), split - each * k - gap]) };
}

// The range that holds the rows, the guides and the values now, and the digits that tell its values apart.
export function scale(plot, live, first, last) {
  let [low, high] = plot.guides.length ? [Math.min(...plot.guides), Math.max(...plot.guides)] : [Infinity, -Infinity];
  let whole = true; // 1 and 0 of a condition, or a count
  plot.lines.forEach((line, l) => {
    if (!isBelow(plot, line) || isState(plot, line)) return;
    const seen = (v) => {
      if (v === null || !Number.isFinite(v)) return;
      if (v < low) low = v;
      if (v > high) high = v;
      whole &&= Number.isInteger(v);
    };
    for (let i = Math.max(0, first); i <= last; i++) seen(line.values[i] ?? null);
    seen(live?.[l] ?? null);
  });
  if (!(high >= low)) return { range: [0, 1], digits: 2 };
  const room = (high - low || Math.abs(high) * 0.01 || 1) * 0.1;
  // Three digits that tell values apart: a MACD of a coin worth a cent lives behind many zeros.
  const digits = whole ? 0 : Math.min(10, Math.max(high - low > 1e5 ? 0 : 2, 2 - Math.floor(Math.log10(high - low || 1))));
  return { range: [low - room, high + room], digits };
}
