// Plotly's drawings on the pages of results: figures come as data and layout from the server, or are made here
// of the thinned curves. Those of a page that is left are taken apart.
import { h } from './dom.js';
import { COLOURS, stamp } from './figure.js';
import { shift } from './format.js';
import { load } from './plot.js';
import { settings } from './settings.js';

const CONFIG = { displayModeBar: false, responsive: true, showTips: false };
const FONT = { family: 'Inter, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif', size: 11, color: COLOURS.text };
const AXIS = { gridcolor: '#1c2430', zerolinecolor: '#2c3746', linecolor: COLOURS.edge, automargin: true };
export const MANY = ['#4c8dff', '#f0b90b', '#c678dd', '#4dd0e1', '#ff8a65', '#aed581', '#f48fb1', '#b0bec5'];
const drawn = new Set();
const waiting = new IntersectionObserver((seen) => seen.filter((each) => each.isIntersecting).forEach(({ target }) => { waiting.unobserve(target); target.draw(); }), { rootMargin: '300px' });

// A place that draws itself when it comes into view.
export function picture(data, layout, height, label) {
  const element = h('div', { class: 'picture', style: `height:${height}px`, role: 'img', 'aria-label': label });
  element.draw = async () => {
    await load();
    if (!element.isConnected) return;
    drawn.add(element);
    await window.Plotly.newPlot(element, data, styled(layout), CONFIG);
  };
  waiting.observe(element);
  return element;
}

export function takeApart() {
  for (const element of drawn) window.Plotly.purge(element);
  drawn.clear();
}

function styled(layout) {
  const axes = Object.fromEntries(Object.keys({ xaxis: 0, yaxis: 0, ...layout }).filter((name) => /^[xy]axis/.test(name)).map((name) => [name, { ...AXIS, ...layout[name], gridcolor: AXIS.gridcolor, zerolinecolor: AXIS.zerolinecolor }]));
  return {
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', margin: { l: 50, r: 12, t: 10, b: 32 }, hovermode: 'x unified',
    legend: { orientation: 'h', x: 0, y: 1.02, yanchor: 'bottom', bgcolor: 'rgba(0,0,0,0)' }, ...layout, ...axes, font: { ...FONT, ...layout.font, ...FONT },
    hoverlabel: { bgcolor: '#171e29', bordercolor: '#2c3746', font: { color: '#d9e0ea', size: 11 } }, dragmode: matchMedia('(pointer: fine)').matches && 'zoom', // a finger scrolls the page
  };
}

const times = (at) => at.map((each) => stamp(each + shift(each, settings.zone)));
const line = (x, y, name, color, more = {}) => ({ type: 'scatter', mode: 'lines', x, y, name, line: { color, width: 1.6, ...more.line }, ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'line')) });

// Equity beside buying and holding; how far below its highest it is stands under it.
export function equity({ time, equity: curve, holding }, height) {
  const x = times(time);
  let high = -Infinity;
  const below = curve.map((value) => { high = Math.max(high, value); return (100 * (value - high)) / high; });
  return picture([
    line(x, holding, 'Buy and hold', '#8793a5', { line: { width: 1.1, dash: 'dot' }, hovertemplate: '%{y:,.2f}' }),
    line(x, curve, 'Strategy', '#4c8dff', { hovertemplate: '%{y:,.2f}' }),
    line(x, below, 'Drawdown', COLOURS.down, { yaxis: 'y2', fill: 'tozeroy', fillcolor: 'rgba(246,70,93,.16)', line: { width: 1 }, showlegend: false, hovertemplate: '%{y:.2f} %' }),
  ], { xaxis: { anchor: 'y2' }, yaxis: { domain: [0.3, 1], tickformat: ',~s' }, yaxis2: { domain: [0, 0.23], ticksuffix: ' %', nticks: 4, rangemode: 'tozero' } }, height, 'Equity and drawdown');
}

// Several curves, each in percent of what it began with.
export function curves(results, height) {
  return picture(results.map(({ curve, label, id }, i) => line(times(curve.time), curve.equity.map((value) => 100 * (value / curve.equity[0] - 1)), `${i + 1}  ${label}`, MANY[i % MANY.length], { hovertemplate: '%{y:+.2f} %', meta: id })),
    { yaxis: { ticksuffix: ' %' }, showlegend: false }, height, 'Equity of all, in percent');
}
