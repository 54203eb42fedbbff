// What happened, told to whoever wants to know. Modules do not call each other about news; they listen here.
//
//   frame   a decoded frame of prices (frame.js), once per animation frame at most
//   status  the platform's health, once a second
//   candle, signal, notice   events of the stream, each exactly once
//   lost / alive             the server stopped answering / answers again
//   anew    something may have been missed: read the state again
//   symbols the list of symbols has been read
//   chosen  {symbol, timeframe, at?}: what the chart is to show
//   plots   what is drawn on the chart has changed, or is being computed
//   edit    the key of an indicator that the trader wants to change
//   page    another page is shown, or the same with another address (pages.js)
//   jobs    the experiments of the lab have changed, or the one that is told
//   ended   an experiment has ended
//   past    the trades of a result are to be drawn on the chart, or none
//   look    an instant (ms UTC) that the chart is to show
//   setting the name of a setting that changed
const REST = 2000; // ms that a listener which failed is left alone: one broken part must not drown the others
const listeners = new Map();

export function on(name, heed) {
  if (!listeners.has(name)) listeners.set(name, []);
  listeners.get(name).push({ heed, restsUntil: 0 });
}

export function tell(name, what) {
  for (const listener of listeners.get(name) ?? []) {
    if (listener.restsUntil && performance.now() < listener.restsUntil) continue;
    try {
      listener.heed(what);
    } catch (error) {
      listener.restsUntil = performance.now() + REST;
      reportError(error); // failures.js shows it
    }
  }
}
