// Every indicator there is, as /api/indicators tells, read once it is wanted; and the search in it.
import { ask } from './api.js';

const GROUPS = { averages: 'Moving averages', momentum: 'Momentum', volatility: 'Volatility', volume: 'Volume', trend: 'Trend', structure: 'Levels and structure', patterns: 'Candle patterns' };
export const catalogue = { indicators: [], configured: [], most: 0, byName: new Map() };
let reading = null;

export function read() {
  reading ??= ask('/api/indicators').then((found) => {
    Object.assign(catalogue, found, { byName: new Map(found.indicators.map((each) => [each.name, each])) });
    return catalogue;
  }).catch((error) => {
    reading = null;
    throw error;
  });
  return reading;
}

// [group's name, its indicators] for those that match, the best first: a name before a part of a name, that
// before a word of the title, before one of what it tells (an output, a word of its first sentence).
export function found(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map();
  for (const each of catalogue.indicators) {
    const rank = Math.max(0, ...words.map((word) => distance(each, word)));
    if (rank === Infinity) continue;
    if (!groups.has(each.group)) groups.set(each.group, []);
    groups.get(each.group).push({ rank, each });
  }
  const order = Object.keys(GROUPS);
  const place = (group) => (order.includes(group) ? order.indexOf(group) : order.length);
  return [...groups]
    .map(([group, hits]) => ({ group, hits: hits.sort((a, b) => a.rank - b.rank) }))
    .sort((a, b) => a.hits[0].rank - b.hits[0].rank || place(a.group) - place(b.group))
    .map(({ group, hits }) => [GROUPS[group] ?? group[0].toUpperCase() + group.slice(1), hits.map(({ each }) => each)]);
}

function distance({ name, label, aliases, title, group, outputs, summary }, word) {
  const names = [name, label, ...aliases].map((each) => each.toLowerCase());
  if (names.includes(word)) return 0;
  if (names.some((each) => each.startsWith(word))) return 1;
  if (title.toLowerCase().split(/\W+/).some((each) => each.startsWith(word))) return 2;
  if (names.some((each) => each.includes(word)) || title.toLowerCase().includes(word)) return 3;
  if (group === word || outputs.some((each) => each.name === word)) return 4;
  if (summary.toLowerCase().split(/\W+/).some((each) => each.startsWith(word))) return 5;
  return Infinity;
}
