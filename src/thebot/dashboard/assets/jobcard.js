// One experiment in the list of the lab: how far it is, what came of it, or why it failed.
import { ask } from './api.js';
import { h, write } from './dom.js';
import * as form from './experiment.js';
import { amount, countdown, figureText, KINDS, lasting, share, whole } from './format.js';
import { cancel, forget } from './jobs.js';
import { sparkCurve } from './spark.js';

const FIGURES = ['total_return', 'buy_and_hold', 'sharpe_ratio', 'max_drawdown', 'trades', 'win_rate'];
const SHORT = { total_return: 'Return', buy_and_hold: 'Buy and hold', sharpe_ratio: 'Sharpe', max_drawdown: 'Drawdown', trades: 'Trades', win_rate: 'Won' };

export function card(job) {
  const { strategy, symbols, timeframe, kind } = job.experiment;
  const state = h('span', { class: 'job-state' });
  const buttons = h('div', { class: 'job-buttons' });
  const body = h('div', { class: 'job-body' });
  const what = symbols.length > 3 ? `${symbols.slice(0, 2).join(', ')} and ${symbols.length - 2} more` : symbols.join(', ');
  const element = h('article', { class: 'job', 'data-job': job.number },
    h('div', { class: 'job-head' }, h('b', {}, strategy), h('span', { class: 'soft' }, `${what} ${timeframe}`), state, buttons),
    h('p', { class: 'soft job-what' }, [KINDS[kind], ...settingsOf(job.experiment)].join(' · ')), body);
  let before = '';
  const update = (now) => {
    if (now.state !== before) {
      before = now.state;
      element.dataset.state = now.state;
      buttons.replaceChildren(...buttonsOf(now));
      body.replaceChildren(...bodyOf(now));
    }
    write(state, said(now));
    if (now.state === 'running') advance(body, now.progress);
  };
  update(job);
  return { element, update };
}

export function settingsOf({ parameters, vary }) {
  const fixed = Object.entries(parameters).filter(([name]) => !(name in vary)).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
  return [...fixed, ...Object.entries(vary).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)];
}

function said(job) {
  if (job.state === 'waiting') return 'Waiting';
  if (job.state === 'running') return 'Running';
  if (job.state === 'cancelled') return 'Cancelled';
  if (job.state === 'failed') return 'Failed';
  return `Done in ${seconds(job.ended_at - job.began_at)}`;
}

const seconds = (ms) => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : lasting(ms));

function buttonsOf(job) {
  const button = (text, does, title = text) => h('button', { type: 'button', class: 'plain', title, onclick: does }, text);
  if (job.state === 'waiting' || job.state === 'running') return [button('Cancel', () => cancel(job.number))];
  const again = button('Change', () => form.take(job.experiment), 'Put this back into the form');
  const away = h('button', { type: 'button', class: 'close', 'aria-label': 'Take off the list', title: 'Take off the list', onclick: () => forget(job.number) }, '✕');
  return [again, away];
}

function bodyOf(job) {
  if (job.state === 'running') {
    return [h('div', { class: 'bar-of' }, h('i')), h('div', { class: 'job-progress' }, h('span', { class: 'doing' }), h('span', { class: 'count' }), h('span', { class: 'left' })), h('div', { class: 'best', hidden: true })];
  }
  if (job.state === 'failed') return [failure(job)];
  if (job.state !== 'done') return [];
  const home = h('a', { class: 'outcome', href: `/results/${job.result}` }, h('span', { class: 'soft' }, 'Reading the result'));
  fill(home, job.result);
  return [home];
}

function advance(body, progress) {
  const bar = body.querySelector('.bar-of');
  const known = progress?.total > 0;
  bar.classList.toggle('unknown', !known);
  bar.firstChild.style.width = known ? `${(100 * progress.done) / progress.total}%` : '';
  write(body.querySelector('.doing'), progress?.doing ?? 'Starting');
  write(body.querySelector('.count'), known ? `${whole(progress.done)} of ${whole(progress.total)} · ${Math.floor((100 * progress.done) / progress.total)}%` : '');
  write(body.querySelector('.left'), known && progress.left !== null ? `${countdown(progress.left * 1000)} left` : '');
  const best = body.querySelector('.best');
  best.hidden = !progress?.best;
  if (progress?.best) write(best, `Best so far: ${progress.best.figure} ${amount(progress.best.value)}`);
}

const ABOUT_EXCHANGE = ['ExchangeUnreachable', 'RequestRefused', 'RateLimited', 'MalformedMessage'];

function failure({ failure: { kind, detail, unexpected } }) {
  const what = unexpected ? 'Something went wrong inside' : ABOUT_EXCHANGE.includes(kind) ? 'The candles could not be fetched' : 'This cannot be tried';
  return h('div', { class: 'failure', role: 'alert' }, h('strong', {}, what),
    h('p', {}, detail), ...(unexpected ? [h('p', {}, 'thebot.log in the data folder says more.')] : []));
}

async function fill(home, id) {
  try {
    const { told, curve } = await ask(`/api/results/${id}`);
    const figures = FIGURES.map((name) => h('span', { class: 'figure-of' }, h('i', {}, SHORT[name]), h('b', { class: tone(name, told[name].value) }, name === 'total_return' || name === 'buy_and_hold' ? share(told[name].value) : figureText(told[name]))));
    home.replaceChildren(sparkCurve(curve), h('span', { class: 'figures-of' }, ...figures), h('span', { class: 'open' }, 'Open ›'));
  } catch (error) {
    home.replaceChildren(h('span', { class: 'soft' }, error.message));
  }
}

export const tone = (name, value) => (['total_return', 'annual_return', 'net_profit', 'buy_and_hold'].includes(name) && value ? (value > 0 ? 'up' : 'down') : '');
export const scrollTo = (number) => document.querySelector(`[data-job="${number}"]`)?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
