// Questions to /api. A refusal comes as an Error whose message is what the server said, ready to be shown.
export async function ask(path, query = {}, signal = undefined) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
    .flatMap(([name, value]) => (Array.isArray(value) ? value.map((each) => [name, each]) : [[name, value]]));
  return asked(given.length ? `${path}?${new URLSearchParams(given)}` : path, { signal });
}

// Something to be done: POST with a body, or DELETE.
export const order = (path, body = undefined, method = 'POST') => asked(path, { method, body: body === undefined ? undefined : JSON.stringify(body) });

async function asked(url, options) {
  let answer;
  try {
    answer = await fetch(url, { ...options, headers: { accept: 'application/json' } });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Unreachable('The server does not answer.');
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const said = new Error(body.detail ?? `The server answered ${answer.status}.`);
    said.suggestions = body.suggestions ?? [];
    said.status = answer.status;
    throw said;
  }
  return body;
}

// The server itself is gone: whoever waits asks again when the stream is back.
export class Unreachable extends Error {}
