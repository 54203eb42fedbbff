// From columns to Plotly's traces and layout. Pure: no page, no state.
//
// Axes: x time, y volume (at the foot of the price pane, behind it), y2 price, y3 the oscillator.
import { decidingRow } from './columns.js';

export const COLOURS = {
  up: '#2ebd85', down: '#f6465d', grid: '#171d27', edge: '#222b38', text: '#8793a5', guide: '#3a4657',
  lines: ['#f0b90b', '#5b9bff', '#c678dd', '#4dd0e1', '#ff8a65', '#aed581'],
  oscillator: ['#9d8cff', '#f0a35e', '#4dd0e1'],
};
const FEW = 5000; // points; above, WebGL draws faster, but only where there is a GPU
const FONT = 'Inter, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';

// Plotly takes numbers for times of the browser's own zone, and text for what it says: so it gets text.
export const stamp = (at) => new Date(at).toISOString().slice(0, 23).replace('T', ' ');

// rows: [first, last] to hand to Plotly; shift: ms to add for the shown zone; span: ms of a candle.
export function traces(data, { rows: [first, last], shift, span, pane, gpu }) {
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
  styled(data, pane).forEach(({ values, colour, axis, bars, dash, width }) => {
    const y = cut(values);
    made.push(bars
      ? { type: 'bar', x, y, yaxis: axis, width: span * 0.6, hoverinfo: 'skip', marker: { color: y.map((v) => (v >= 0 ? 'rgba(46,189,133,.55)' : 'rgba(246,70,93,.55)')), line: { width: 0 } } }
      : { type: kind, mode: 'lines', x, y, yaxis: axis, hoverinfo: 'skip', connectgaps: false, line: { color: colour, width, dash } });
  });
  return [...made, ...markers(data, shift, first, last)];
}

// All lines to be drawn, with their colours: overlays on the price, and those of the one oscillator shown.
export function styled(data, pane) {
  const lines = [];
  let overlays = 0;
  data.plots.forEach((plot, p) => {
    if (!plot.overlay && plot !== pane) return;
    plot.lines.forEach((line, l) => {
      const colour = plot.overlay ? COLOURS.lines[overlays % COLOURS.lines.length] : COLOURS.oscillator[l % COLOURS.oscillator.length];
      // A band is one thing: its edges share a colour, its middle is dashed.
      const banded = plot.overlay && plot.lines.length > 1;
      lines.push({
        plot, line: l, at: p, name: line.name, values: line.values, colour, axis: plot.overlay ? 'y2' : 'y3',
        bars: !plot.overlay && /\bhist/i.test(line.name), dash: banded && /middle/i.test(line.name) ? 'dot' : 'solid', width: banded ? 1 : 1.4,
      });
    });
    if (plot.overlay) overlays += 1;
  });
  return lines;
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

// `view` {from, to} ms as shown; `fit` {low, high, volume, pane: [low, high]}.
export function layout({ view, fit, log, pane, digits, width, height, narrow }) {
  const split = pane ? 0.235 : 0;
  const axis = { side: 'right', fixedrange: true, zeroline: false, showline: false, gridcolor: COLOURS.grid, tickfont: { size: 11, color: COLOURS.text }, ticks: '', automargin: false };
  return {
    width, height, autosize: false, hovermode: false, dragmode: 'pan', showlegend: false, bargap: 0,
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: { family: FONT, size: 11, color: COLOURS.text },
    margin: { l: 0, r: rightMargin(fit.high, digits), t: 0, b: 36, pad: 0 },
    xaxis: {
      type: 'date', range: [stamp(view.from), stamp(view.to)], rangeslider: { visible: false }, gridcolor: COLOURS.grid, zeroline: false, showline: true,
      linecolor: COLOURS.edge, tickfont: { size: 11, color: COLOURS.text }, ticks: '', nticks: narrow ? 5 : 9, tickangle: 0, anchor: pane ? 'y3' : 'y2',
      tickformatstops: [
        { dtickrange: [null, 60000], value: '%H:%M:%S' }, { dtickrange: [60000, 86400000], value: '%H:%M\n%d %b' },
        { dtickrange: [86400000, 'M1'], value: '%d %b' }, { dtickrange: ['M1', 'M12'], value: '%b %Y' }, { dtickrange: ['M12', null], value: '%Y' },
      ],
    },
    yaxis: { ...axis, domain: [split, split + (1 - split) * 0.17], range: [0, fit.volume * 1.05 || 1], showgrid: false, showticklabels: false },
    yaxis2: { ...axis, domain: [split, 1], type: log ? 'log' : 'linear', range: log ? [Math.log10(fit.low), Math.log10(fit.high)] : [fit.low, fit.high],
      tickformat: `,.${digits}f`, nticks: narrow ? 7 : 10 },
    yaxis3: pane ? { ...axis, domain: [0, split - 0.02], range: fit.pane, nticks: 4, tickvals: pane.guides.length ? pane.guides : undefined, showgrid: !pane.guides.length } : undefined,
    shapes: pane ? guides(pane, split) : [],
  };
}

function guides(pane, split) {
  const lines = pane.guides.map((level) => ({
    type: 'line', xref: 'paper', x0: 0, x1: 1, yref: 'y3', y0: level, y1: level, layer: 'below', line: { color: COLOURS.guide, width: 1, dash: 'dot' },
  }));
  const band = pane.guides.length === 2
    ? [{ type: 'rect', xref: 'paper', x0: 0, x1: 1, yref: 'y3', y0: pane.guides[0], y1: pane.guides[1], layer: 'below', line: { width: 0 }, fillcolor: 'rgba(157,140,255,.06)' }]
    : [];
  const edge = { type: 'line', xref: 'paper', x0: 0, x1: 1, yref: 'paper', y0: split - 0.01, y1: split - 0.01, line: { color: COLOURS.edge, width: 1 } };
  return [...band, ...lines, edge];
}

// Room for the longest price label and the price tag.
export function rightMargin(high, digits) {
  const whole = Math.max(1, Math.floor(Math.log10(Math.max(1, high))) + 1);
  const letters = whole + Math.floor((whole - 1) / 3) + (digits ? digits + 1 : 0);
  return Math.max(58, 16 + letters * 7);
}
