// The only module that knows Plotly, and the internals of it that place our canvas: _fullLayout, _offset,
// _length and r2l. They are not promised by plotly.js, so plotly is pinned and tests/e2e checks the alignment.
const CONFIG = { displayModeBar: false, scrollZoom: true, doubleClick: false, showTips: false, responsive: false };
let root = null;
let loading = null;
let drawn = false;

export function load() {
  loading ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve();
    const script = document.createElement('script');
    script.src = document.getElementById('plotly-js').href;
    script.onload = resolve;
    script.onerror = () => {
      loading = null;
      reject(new Error('The charting library could not be loaded. Is the server there?'));
    };
    document.head.append(script);
    return undefined;
  });
  return loading;
}

// `heed` {moving, moved, drawn}: while the user pans, after they did, and after every drawing.
export function attach(element, heed) {
  root = element;
  return {
    listen() {
      root.on('plotly_relayouting', heed.moving);
      root.on('plotly_relayout', heed.moved);
      root.on('plotly_afterplot', heed.drawn);
    },
  };
}

export async function draw(traces, layout, listeners) {
  await window.Plotly.react(root, traces, layout, CONFIG);
  if (!drawn) {
    drawn = true;
    listeners.listen();
    listeners.first?.();
  }
}

export const relayout = (changes) => window.Plotly.relayout(root, changes);
export const ready = () => drawn && !!root._fullLayout?.xaxis?._length;

export function axes() {
  const full = root._fullLayout;
  const panes = [];
  for (let k = 3; full[`yaxis${k}`]; k++) panes.push(full[`yaxis${k}`]);
  return { x: full.xaxis, volume: full.yaxis, price: full.yaxis2, panes };
}

const ends = (axis) => (axis.type === 'date' ? axis.range.map((end) => axis.r2l(end)) : axis.range);
const linear = (axis, value) => (axis.type === 'log' ? Math.log10(value) : value);

// Pixel of a value, from the axis as it is now: also right in the middle of a pan.
export function pixel(axis, value) {
  const [a, b] = ends(axis);
  const t = (linear(axis, value) - a) / (b - a);
  return axis._id[0] === 'x' ? axis._offset + t * axis._length : axis._offset + (1 - t) * axis._length;
}

export function valueAt(axis, position) {
  const [a, b] = ends(axis);
  const t = (position - axis._offset) / axis._length;
  const value = a + (axis._id[0] === 'x' ? t : 1 - t) * (b - a);
  return axis.type === 'log' ? 10 ** value : value;
}

export function shownRange() {
  const [from, to] = ends(root._fullLayout.xaxis);
  return { from, to };
}

export const box = (axis) => ({ start: axis._offset, size: axis._length });

// WebGL in software is many times slower than SVG; only a real GPU makes it worth using.
let gpu = null;
export function hasGpu() {
  gpu ??= !!document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  return gpu;
}
