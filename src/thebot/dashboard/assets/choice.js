// Which indicators are on the chart: the viewer's own list, kept in this browser, or else the configuration's.
import { catalogue } from './catalogue.js';
import { settings } from './settings.js';

export const isOwn = () => settings.indicators.own;
export const texts = () => (isOwn() ? settings.indicators.texts : catalogue.configured);

// For /api/chart: nothing stands for the configuration's, and an empty text for none at all.
export function wanted() {
  if (!isOwn()) return undefined;
  return settings.indicators.texts.length ? settings.indicators.texts : [''];
}

export const add = (text) => put([...texts(), text]);
export const remove = (text) => put(texts().filter((each) => each !== text));
export const replace = (text, other) => put(texts().map((each) => (each === text ? other : each)));
export const reset = () => { settings.indicators = { own: false, texts: [] }; };

function put(list) {
  settings.indicators = { own: true, texts: [...new Set(list)] };
}
