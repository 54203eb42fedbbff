// Reads the binary frames that dashboard/frames.py writes; the layout is said there. Nothing is copied.
export const VERSION = 1;
const HEAD = 8; // float64 numbers

export function decode(buffer) {
  const head = new Float64Array(buffer, 0, HEAD);
  if (head[0] !== VERSION) throw new Error(`frame of version ${head[0]}, this page reads ${VERSION}: reload it`);
  const rows = head[6];
  const change = 8 * (HEAD + rows);
  const age = change + 4 * rows;
  const bits = age + 2 * rows;
  const end = Math.ceil((bits + Math.ceil(rows / 8)) / 8) * 8;
  const stale = new Uint8Array(buffer, bits, Math.ceil(rows / 8));
  return {
    seq: head[1],
    sentAt: head[2],
    exchangeTime: head[3],
    newest: head[4],
    version: head[5],
    rows,
    updates: head[7],
    price: new Float64Array(buffer, 8 * HEAD, rows),
    change: new Float32Array(buffer, change, rows),
    age: new Uint16Array(buffer, age, rows),
    isStale: (row) => (stale[row >> 3] & (1 << (row & 7))) !== 0,
    candle: buffer.byteLength > end ? readCandle(new Float64Array(buffer, end)) : null,
  };
}

function readCandle(numbers) {
  const [time, open, high, low, close, volume] = numbers;
  const values = []; // one array per plot, one number per line of it
  for (let i = 6; i < numbers.length; i += 1 + numbers[i]) values.push(numbers.subarray(i + 1, i + 1 + numbers[i]));
  return { time, open, high, low, close, volume, values };
}
