// fleet_worker.mjs DIR NAME — one process of a pool: the SDK's worker, wired to signals as its documentation advises
// (facts/management-api.md §6.3): SIGTERM ends the poll, cancels the call that runs, and stops its item.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Anthropic from '@anthropic-ai/sdk';

const [dir, name] = process.argv.slice(2);
const { url, environmentId, environmentKey } = JSON.parse(readFileSync(join(dir, 'pool.json'), 'utf8'));
const workdir = join(dir, `${name}.work`);
const quit = new AbortController();

for (const variable of Object.keys(process.env)) if (variable.startsWith('ANTHROPIC_')) delete process.env[variable];
process.env.FLEET_WORKER = name; // its tool calls write it beside what they do
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => quit.abort());
mkdirSync(workdir, { recursive: true });
await new Anthropic({ baseURL: url, authToken: environmentKey, logLevel: 'warn' }).beta.environments.work
  .worker({ environmentId, environmentKey, workdir, maxIdleMs: 200 })
  .run(quit.signal);
