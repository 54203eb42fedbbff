// From columns to Plotly's traces and layout. Pure: no page, no state.
//
// Axes: x time, y volume (at the foot of the price pane, behind it), y2 price, y3 and on the panes below.
import { decidingRow } from './columns.js';
import { domains, isBelow, isDetail, isDirection, isState, panesOf } from './panes.js';

export const COLOURS = {
  up: '#2ebd85', down: '#f6465d', grid: '#171d27', edge: '#222b38', text: '#8793a5', guide: '#3a4657',
  lines: ['#f0b90b', '#5b9bff', '#c678dd', '#4dd0e1', '#ff8a65', '#aed581', '#f48fb1', '#b0bec5'],
  below: ['#9d8cff', '#f0a35e', '#4dd0e1', '#aed581', '#f48fb1'],
};
const FEW = 5000; // points; above, WebGL draws faster, but only where there is a GPU
const FONT = 'Inter, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';
const APART = 14; // px between two labels at least
const MARK = 8; // px from one mark at a candle to the next

// Plotly takes numbers for times of the browser's own zone, and text for what it says: so it gets text.
export const stamp = (at) => new Date(at).toISOString().slice(0, 23).replace('T', ' ');

// rows: [first, last] to hand to Plotly; shift: ms to add for the shown zone; span: ms of a candle; past: the
// trades of a result in columns, or null.
export function traces(data, { rows: [first, last], shift, span, gpu, symbol, past }) {
  const cut = (column) => column.slice(first, last + 1);
  const x = cut(data.time).map((t) => stamp(t + shift));
  const kind = x.length > FEW && gpu ? 'scattergl' : 'scatter';
  const open = cut(data.open);
  const close = cut(data.close);
  const made = [
    { type: 'bar', x, y: cut(data.volume), yaxis: 'y', width: span * 0.6, hoverinfo: 'skip',
      marker: { color: close.map((c, i) => (c >= open[i] ? 'rgba(46,189,133,.28)' : 'rgba(246,70,93,.28)')), line: { width: 0 } } },
    { type: 'candlestick', x, open, close, high: cut(data.high), low: cut(data.low), yaxis: 'y2', hoverinfo: 'skip', whiskerwidth: 0,
      increasing: { line: { color: COLOURS.up, width: 1 }, fillcolor: COLOURS.up },
      decreasing: { line: { color: COLOURS.down, width: 1 }, fillcolor: COLOURS.down } },
  ];
  const line = ({ axis, width, dash }, y, color) => ({ type: kind, mode: 'lines', x, y, yaxis: axis, hoverinfo: 'skip', connectgaps: false, line: { color, width, dash } });
  for (const each of styled(data)) {
    const y = cut(each.values);
    if (each.bars) made.push({ type: 'bar', x, y, yaxis: each.axis, width: span * 0.6, hoverinfo: 'skip', marker: { color: y.map(barColour), line: { width: 0 } } });
    else if (each.dots) made.push({ type: 'scatter', mode: 'markers', x, y: y.map((v) => (v === null ? null : 0)), yaxis: each.axis, hoverinfo: 'skip', marker: { size: 4, color: y.map(dotColour) } });
    else if (each.marks) made.push(...patterns(x, y, cut(data.low), cut(data.high), each.offset));
    else if (each.steps) made.push({ ...line(each, null, each.colour), ...runs(cut(data.time), y, shift, span) });
    else if (each.turns) {
      const turns = cut(each.turns);
      made.push(line(each, y.map((v, i) => (turns[i] > 0 ? v : null)), COLOURS.up), line(each, y.map((v, i) => (turns[i] > 0 ? null : v)), COLOURS.down));
    } else made.push(line(each, y, each.colour), ...alone(x, y, each));
  }
  const seen = past ? traded(past, symbol, shift, data.time[first], data.time[last] + span) : [];
  return [...made, ...seen, ...markers(data, shift, first, last)];
}

// Past trades between two times: a line from the entry to the exit in the colour of what came of it, where the
// first stop stood, a triangle at the entry that shows the side, a ring at the exit.
function traded(trades, symbol, shift, from, to) {
  const mine = trades.profit.map((_, i) => i).filter((i) => trades.symbol[i] === symbol && trades.left_at[i] >= from && trades.entered_at[i] <= to);
  if (!mine.length) return [];
  const axes = { type: 'scatter', yaxis: 'y2', hoverinfo: 'skip' };
  const entered = (i) => stamp(trades.entered_at[i] + shift);
  const left = (i) => stamp(trades.left_at[i] + shift);
  const lines = (rows, a, b, line) => ({ ...axes, mode: 'lines', x: rows.flatMap((i) => [entered(i), left(i), null]), y: rows.flatMap((i) => [a[i], b[i], null]), line });
  const marks = (rows, x, y, marker) => ({ ...axes, mode: 'markers', x: rows.map(x), y: rows.map((i) => y[i]), marker });
  const made = [lines(mine.filter((i) => trades.stop[i] !== null), trades.stop, trades.stop, { color: 'rgba(240,185,11,.75)', width: 1, dash: 'dash' })];
  for (const [won, color] of [[true, COLOURS.up], [false, COLOURS.down]]) {
    const rows = mine.filter((i) => trades.profit[i] > 0 === won);
    made.push(lines(rows, trades.entry_price, trades.exit_price, { color, width: 1.6, dash: 'dot' }));
    for (const [side, symbol_] of [['long', 'triangle-up'], ['short', 'triangle-down']]) made.push(marks(rows.filter((i) => trades.side[i] === side), entered, trades.entry_price, { symbol: symbol_, color, size: 12, line: { color: '#fff', width: 1 } }));
    made.push(marks(rows, left, trades.exit_price, { symbol: 'circle', color: '#10151d', size: 9, line: { color, width: 2 } }));
  }
  return made.filter((each) => each.x.length);
}

export const dotColour = (v) => (v > 0 ? COLOURS.down : COLOURS.up); // red: squeezed
export const barColour = (v) => (v >= 0 ? 'rgba(46,189,133,.55)' : 'rgba(246,70,93,.55)');

// All lines to be drawn: over the price, and in the panes below.
export function styled(data) {
  const lines = [];
  const panes = panesOf(data);
  let over = 0;
  let marks = 0;
  data.plots.forEach((plot, p) => {
    if (plot.marks) {
      const common = { plot, at: p, colour: COLOURS.text, axis: 'y2', marks: true, offset: MARK * marks++ };
      plot.lines.forEach((line, l) => lines.push({ ...common, line: l, name: line.name, values: line.values }));
      return;
    }
    const named = (word) => plot.lines.some((line) => new RegExp(`\\b${word}\\b`, 'i').test(line.name));
    const band = named('upper') && named('lower'); // one thing: its edges share a colour, its middle is dotted
    const turns = plot.lines.filter((line) => line.overlay).length === 1 ? plot.lines.find((line) => isDirection(line) && line !== plot.lines[0]) : undefined;
    let below = 0;
    plot.lines.forEach((line, l) => {
      if (isDetail(plot, line)) return;
      const common = { plot, line: l, at: p, name: line.name, values: line.values, steps: plot.steps, dash: 'solid', width: plot.steps ? 1 : 1.4 };
      if (isBelow(plot, line)) {
        const colour = COLOURS.below[below++ % COLOURS.below.length];
        lines.push({ ...common, colour, axis: `y${3 + panes.indexOf(plot)}`, bars: /\bhist/i.test(line.name), dots: isState(plot, line) });
      } else if (line.overlay) {
        const side = sideOf(line);
        const colour = side ? COLOURS[side] : COLOURS.lines[over % COLOURS.lines.length];
        const isMiddle = band && /\b(middle|basis|mid)\b/i.test(line.name);
        lines.push({ ...common, colour: turns ? COLOURS.text : colour, axis: 'y2', turns: turns?.values, turnsAt: plot.lines.indexOf(turns), dash: isMiddle ? 'dot' : 'solid', width: band ? 1 : common.width });
        if (!band && !side) over += 1;
      }
    });
    if (band && plot.overlay) over += 1;
  });
  return lines;
}

// Levels below the price are green and those above it red, where their names say so: S1, resistance.
function sideOf({ name }) {
  if (/ (r\d|resistance|bearish.*)$/i.test(name)) return 'down';
  return / (s\d|support|bullish.*)$/i.test(name) ? 'up' : '';
}

// Each run of the same value as a line of its own, to the end of its last candle.
function runs(times, values, shift, span) {
  const x = [];
  const y = [];
  for (let i = 0, j = 0; i < values.length; i = j) {
    for (j = i + 1; j < values.length && values[j] === values[i];) j += 1;
    if (values[i] === null || values[i] === undefined) continue;
    x.push(stamp(times[i] + shift), stamp(times[j - 1] + span + shift), null);
    y.push(values[i], values[i], null);
  }
  return { x, y };
}

// A value whose neighbours are unknown is no line: a dot shows it.
function alone(x, y, { axis, colour }) {
  const known = (v) => v !== null && v !== undefined;
  const rows = y.map((_, i) => i).filter((i) => known(y[i]) && !known(y[i - 1]) && !known(y[i + 1]));
  return rows.length ? [{ type: 'scatter', mode: 'markers', x: rows.map((i) => x[i]), y: rows.map((i) => y[i]), yaxis: axis, hoverinfo: 'skip', marker: { size: 5, color: colour } }] : [];
}

// Candle patterns: a small mark below the candle for a rise, above it for a fall.
function patterns(x, y, low, high, offset) {
  return [1, -1].map((way) => {
    const rows = y.map((_, i) => i).filter((i) => y[i] * way > 0);
    return {
      type: 'scatter', mode: 'markers', yaxis: 'y2', hoverinfo: 'skip', x: rows.map((i) => x[i]), y: rows.map((i) => (way > 0 ? low : high)[i]),
      marker: { symbol: 'diamond', size: 6, color: way > 0 ? COLOURS.up : COLOURS.down, standoff: 6 + offset },
    };
  });
}

function markers(data, shift, first, last) {
  return ['BUY', 'SELL'].map((side) => {
    const rows = data.signals.filter((s) => s.side === side).map((s) => decidingRow(data, s.at)).filter((i) => i >= first && i <= last);
    const buy = side === 'BUY';
    return {
      type: 'scatter', mode: 'markers', yaxis: 'y2', hoverinfo: 'skip', cliponaxis: true,
      x: rows.map((i) => stamp(data.time[i] + shift)), y: rows.map((i) => (buy ? data.low[i] : data.high[i])),
      marker: { symbol: buy ? 'triangle-up' : 'triangle-down', size: 11, color: buy ? COLOURS.up : COLOURS.down, standoff: 9, angle: 0,
        line: { color: '#0b0e13', width: 1 } },
    };
  });
}

// `view` {from, to} ms as shown; `fit` {low, high, volume, panes: [{range}]}; `panes` the plots below the price.
export function layout({ view, fit, log, panes, digits, width, height, narrow }) {
  const { split, panes: places } = domains(panes.length);
  const axis = { side: 'right', fixedrange: true, zeroline: false, showline: false, gridcolor: COLOURS.grid, tickfont: { size: 11, color: COLOURS.text }, ticks: '', automargin: false };
  const below = panes.map((plot, k) => {
    const [[from, to], [low, high]] = [places[k], fit.panes[k].range];
    const tall = (to - from) * height;
    const closest = Math.min(...plot.guides.slice(1).map((level, i) => level - plot.guides[i]));
    const levels = Number.isFinite(closest) && (closest / (high - low)) * tall > APART;
    const ticks = levels ? { tickvals: plot.guides } : { nticks: tall > 90 ? 4 : tall > 60 ? 3 : 2 };
    return [`yaxis${3 + k}`, { ...axis, domain: places[k], range: fit.panes[k].range, showgrid: !levels, ...ticks }];
  });
  return {
    width, height, autosize: false, hovermode: false, dragmode: 'pan', showlegend: false, bargap: 0,
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: { family: FONT, size: 11, color: COLOURS.text },
    margin: { l: 0, r: rightMargin(fit.high, digits), t: 0, b: 36, pad: 0 },
    xaxis: {
      type: 'date', range: [stamp(view.from), stamp(view.to)], rangeslider: { visible: false }, gridcolor: COLOURS.grid, zeroline: false, showline: true,
      linecolor: COLOURS.edge, tickfont: { size: 11, color: COLOURS.text }, ticks: '', nticks: narrow ? 5 : 9, tickangle: 0, anchor: `y${2 + panes.length}`,
      tickformatstops: [
        { dtickrange: [null, 60000], value: '%H:%M:%S' }, { dtickrange: [60000, 86400000], value: '%H:%M\n%d %b' },
        { dtickrange: [86400000, 'M1'], value: '%d %b' }, { dtickrange: ['M1', 'M12'], value: '%b %Y' }, { dtickrange: ['M12', null], value: '%Y' },
      ],
    },
    yaxis: { ...axis, domain: [split, split + (1 - split) * 0.17], range: [0, fit.volume * 1.05 || 1], showgrid: false, showticklabels: false },
    yaxis2: { ...axis, domain: [split, 1], type: log ? 'log' : 'linear', range: log ? [Math.log10(fit.low), Math.log10(fit.high)] : [fit.low, fit.high],
      tickformat: `,.${digits}f`, nticks: narrow ? 7 : 10 },
    ...Object.fromEntries(below),
    shapes: panes.flatMap((plot, k) => guides(plot, `y${3 + k}`, k ? (places[k - 1][0] + places[k][1]) / 2 : (split + places[0][1]) / 2)),
  };
}

// The levels of a pane, and the edge above it.
function guides({ guides: levels }, axis, edge) {
  const whole = { xref: 'paper', x0: 0, x1: 1, layer: 'below' };
  const lines = levels.map((level) => ({ ...whole, type: 'line', yref: axis, y0: level, y1: level, line: { color: COLOURS.guide, width: 1, dash: 'dash' } }));
  const band = levels.length === 2
    ? [{ ...whole, type: 'rect', yref: axis, y0: levels[0], y1: levels[1], line: { width: 0 }, fillcolor: 'rgba(157,140,255,.06)' }]
    : [];
  return [...band, ...lines, { ...whole, type: 'line', yref: 'paper', y0: edge, y1: edge, line: { color: COLOURS.edge, width: 1 } }];
}

// Room for the longest price label and the price tag.
export function rightMargin(high, digits) {
  const whole = Math.max(1, Math.floor(Math.log10(Math.max(1, high))) + 1);
  const letters = whole + Math.floor((whole - 1) / 3) + (digits ? digits + 1 : 0);
  return Math.max(58, 16 + letters * 7);
}
