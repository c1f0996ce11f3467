// clients.mjs — the clients under test: the SDK's API client, its worker, and curl as the clients of August.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Anthropic from '@anthropic-ai/sdk';

// the variables of whoever runs the tests must not choose credentials
for (const name of Object.keys(process.env)) if (/^(ANTHROPIC_|.*_PROXY$|.*_proxy$)/.test(name)) delete process.env[name];

/** The SDK's client with the operator's API key. */
export function operator(sim, options = {}) {
  return new Anthropic({ baseURL: sim.url, apiKey: sim.apiKey, logLevel: 'off', ...options });
}

/** The SDK's client with a bearer: an environment key, a token. */
export function bearer(sim, token, options = {}) {
  return new Anthropic({ baseURL: sim.url, authToken: token, logLevel: 'off', ...options });
}

/** The SDK's EnvironmentWorker at work; {ended, stop}: ended resolves to how run() ended. */
export async function worker(scope, sim, options = {}) {
  const workdir = await mkdtemp(join(tmpdir(), 'sandwatch-worker-'));
  scope.defer(() => rm(workdir, { recursive: true, force: true }));
  const quit = new AbortController();
  const run = operator(sim)
    .beta.environments.work.worker({
      environmentId: sim.pool.id,
      environmentKey: sim.pool.key,
      workdir,
      maxIdleMs: 200,
      ...options,
    })
    .run(quit.signal);
  const ended = run.then(
    () => null,
    (error) => error,
  );
  const stop = async () => {
    quit.abort();
    await ended;
  };
  scope.defer(stop);
  return { ended, stop, workdir };
}

/** curl with the headers that a client of August sends; {status, headers, body, json}. */
export function august(sim, method, path, { key, bearer: token, body, headers = [], maxTime = 10 } = {}) {
  const url = `${sim.url}${path}${path.includes('?') ? '&' : '?'}beta=true`;
  const all = [
    'anthropic-version: 2023-06-01',
    'anthropic-beta: managed-agents-2026-04-01',
    ...(key ? [`x-api-key: ${key}`] : []),
    ...(token ? [`authorization: Bearer ${token}`] : []),
    ...(body ? ['content-type: application/json'] : []),
    ...headers,
  ];
  const args = ['-q', '-s', '-i', '-N', '--noproxy', '*', '--max-time', String(maxTime), '-X', method, url];
  for (const header of all) args.push('-H', header);
  if (body) args.push('--data', JSON.stringify(body));
  return new Promise((done) => {
    execFile('curl', args, { maxBuffer: 1 << 24 }, (_, stdout) => {
      const end = stdout.indexOf('\r\n\r\n');
      const [first, ...rest] = stdout.slice(0, end).split('\r\n');
      const text = stdout.slice(end + 4);
      let json;
      try {
        json = JSON.parse(text);
      } catch {
        json = undefined;
      }
      done({
        status: Number(first.split(' ')[1] ?? 0),
        headers: Object.fromEntries(rest.map((line) => [line.split(':')[0].toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])),
        body: text,
        json,
      });
    });
  });
}
