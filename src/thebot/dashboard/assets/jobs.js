// The experiments of the lab as the server tells of them: what waits, runs and has ended. They live in the
// server, so a page that is loaded again finds them as they are.
import { ask, order } from './api.js';
import { on, tell } from './bus.js';
import { $ } from './dom.js';

export const jobs = new Map(); // number -> job

export function build() {
  on('job', ({ job }) => take(job));
  on('anew', read);
  on('page', ({ page }) => page === 'lab' && read());
  read();
}

export const newestFirst = () => [...jobs.values()].sort((a, b) => b.number - a.number);
export const underWay = (job) => job.state === 'waiting' || job.state === 'running';

async function read() {
  try {
    const found = await ask('/api/lab/jobs');
    jobs.clear();
    for (const job of found.jobs) jobs.set(job.number, job);
    told();
  } catch (error) {
    console.warn('experiments not read:', error.message); // the next page or connection asks again
  }
}

function take(job) {
  jobs.set(job.number, job);
  told(job);
  if (!underWay(job)) tell('ended', job);
}

function told(job) {
  const busy = [...jobs.values()].filter(underWay).length;
  const sign = $('lab-running');
  sign.hidden = !busy;
  sign.textContent = busy;
  tell('jobs', job);
}

export async function submit(experiment) {
  const job = await order('/api/lab/jobs', experiment);
  if (!jobs.has(job.number)) take(job);
  return job;
}

export const cancel = (number) => order(`/api/lab/jobs/${number}/cancel`);

export async function forget(number) {
  await order(`/api/lab/jobs/${number}`, undefined, 'DELETE');
  jobs.delete(number);
  told();
}
