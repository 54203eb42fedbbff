// The last 24 hours of a symbol as a line of 64 by 22 pixels, coloured by its direction.
const WIDTH = 64;
const HEIGHT = 22;
const NS = 'http://www.w3.org/2000/svg';

export function sparkLine() {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('class', 'spark');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(NS, 'path');
  svg.append(path);
  return svg;
}

export function drawSpark(svg, values) {
  const known = values.filter((value) => value !== null);
  const path = svg.firstChild;
  if (known.length < 2) {
    path.setAttribute('d', '');
    return;
  }
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const step = WIDTH / (known.length - 1);
  const points = known.map((v, i) => `${(i * step).toFixed(1)} ${(HEIGHT - 2 - ((v - low) / span) * (HEIGHT - 4)).toFixed(1)}`);
  path.setAttribute('d', `M${points.join('L')}`);
  path.setAttribute('class', known.at(-1) >= known[0] ? 'up' : 'down');
}

// An equity curve beside that of buying and holding, small: both against what it began with.
export function sparkCurve({ equity, holding }, width = 150, height = 44) {
  const all = [...equity, ...holding].filter(Number.isFinite);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const y = (value) => (height - 3 - ((value - low) / (high - low || 1)) * (height - 6)).toFixed(1);
  const path = (values) => values.map((value, i) => `${i ? 'L' : 'M'}${((i / (values.length - 1 || 1)) * width).toFixed(1)} ${y(value)}`).join('');
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('class', 'curve');
  svg.setAttribute('aria-hidden', 'true');
  for (const [name, values] of [['holding', holding], ['equity', equity]]) {
    const line = document.createElementNS(NS, 'path');
    line.setAttribute('d', path(values));
    line.setAttribute('class', name === 'equity' ? `equity ${equity.at(-1) >= equity[0] ? 'up' : 'down'}` : name);
    svg.append(line);
  }
  return svg;
}
