// The one socket of this tab. Frames: only the newest is kept, and applied once per animation frame, so that
// a slow or hidden tab never works through a backlog. Silence is noticed within two seconds.
import { tell } from './bus.js';
import { decode } from './frame.js';

const SILENT = 1200; // ms without a word until the server counts as lost; it speaks at least every 500
const LOOK = 200; // ms between two looks at the clock: SILENT + LOOK stays below 2 s
const GIVE_UP = 4000; // ms until a silent or half-open socket is replaced
const PING = 5000; // ms; while the page loads the answers come late, so the first ones are asked quicker
const FIRST_PINGS = [300, 700, 1200, 2000, 3000];
const LONGEST_WAIT = 4000; // ms between two attempts

let socket = null;
let latest = null;
let drawing = 0;
let heardAt = 0;
let openedBefore = false;
let lost = false;
let attempts = 0;
let startedAt = 0;
let wish = null;
let following = false; // the server has taken our wish: candles in frames from now on are of that chart
let untaken = 0; // wishes that the server has not answered yet: a candle may be of one before the last
let offset = 0; // ms that the server's clock is ahead of ours
let shortest = Infinity; // ms: the best round trip tells the offset best

export const clockOffset = () => offset;
export const isLost = () => lost;

export function start() {
  connect();
  setInterval(look, LOOK);
  for (const wait of FIRST_PINGS) setTimeout(ping, wait);
  setInterval(ping, PING);
  addEventListener('online', () => lost && reconnect());
  document.addEventListener('visibilitychange', () => !document.hidden && lost && reconnect());
}

// Which forming candle comes with the frames: {symbol, timeframe, plots: [key]}.
export function follow(chart) {
  wish = chart;
  following = false;
  sayWish();
}

function sayWish() {
  if (socket?.readyState !== WebSocket.OPEN) return;
  if (wish) untaken += 1;
  say({ chart: wish });
}

function say(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function connect() {
  startedAt = performance.now();
  const mine = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/stream`);
  socket = mine;
  mine.binaryType = 'arraybuffer';
  mine.onopen = () => {
    following = false;
    untaken = 0;
    if (wish) sayWish();
    ping();
    if (openedBefore) tell('anew');
    openedBefore = true;
  };
  mine.onmessage = (event) => {
    if (mine === socket) heed(event.data);
  };
  mine.onclose = () => {
    if (mine !== socket) return;
    socket = null;
    setLost(true);
    // Jitter, so that many tabs do not all come back in the same instant.
    const wait = Math.min(LONGEST_WAIT, 250 * 2 ** attempts) * (0.5 + Math.random() / 2);
    attempts += 1;
    setTimeout(() => socket === null && connect(), wait);
  };
}

function reconnect() {
  const old = socket;
  socket = null;
  old?.close();
  connect();
}

function look() {
  const now = performance.now();
  if (socket?.readyState === WebSocket.OPEN && now - Math.max(heardAt, startedAt) > SILENT) setLost(true);
  if (socket && now - Math.max(heardAt, startedAt) > GIVE_UP) reconnect();
  if (!openedBefore && now - startedAt > SILENT) setLost(true);
}

function heed(data) {
  heardAt = performance.now();
  attempts = 0;
  setLost(false);
  if (typeof data === 'string') {
    const message = JSON.parse(data);
    if (message.type === 'pong') heedPong(message);
    else if (message.type === 'following') heedFollowing(message);
    else tell(message.type, message);
    return;
  }
  latest = data;
  drawing ||= requestAnimationFrame(apply);
}

function apply() {
  drawing = 0;
  if (!latest) return;
  const frame = decode(latest);
  if (!following) frame.candle = null;
  tell('frame', frame);
}

// A frame that came before this may still carry the candle of the chart before: it is dropped.
function heedFollowing({ symbol, timeframe }) {
  untaken -= 1;
  following = untaken === 0 && wish !== null && symbol === wish.symbol && timeframe === wish.timeframe;
  latest = null;
}

function setLost(now) {
  if (now === lost) return;
  lost = now;
  tell(lost ? 'lost' : 'alive');
}

function ping() {
  say({ ping: performance.timeOrigin + performance.now() });
}

function heedPong(message) {
  const now = performance.timeOrigin + performance.now();
  const trip = now - message.ping;
  if (trip <= shortest) {
    shortest = trip;
    offset = message.server_time - (message.ping + trip / 2);
  }
  shortest *= 1.05; // forget slowly: clocks drift
}
