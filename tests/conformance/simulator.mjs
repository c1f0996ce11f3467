// simulator.mjs — a `sandwatch sim` of one's own, with what a test may ask of it.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import readline from 'node:readline';

import { Recorder } from './recorder.mjs';

// whatever ends this program must not leave simulators behind
const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGTERM')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
process.stdout.on('error', () => process.exit(1));

/** One pool without simulated workers: the only worker is the one that the test brings. */
function scenario(switches) {
  const lines = ['about: one pool that waits for a real worker', 'switches:'];
  for (const [name, value] of Object.entries({ 'lease.ttl': 60, ...switches })) lines.push(`  ${name}: ${value}`);
  lines.push('pools: [{name: yard, workers: 0, jobs: 0}]', 'tunnels: [{name: gate, certificates: 1, connectors: 1}]');
  return lines.join('\n') + '\n';
}

/** Start one; the scope ends it. With {switches}: switches.def's names. */
export async function simulator(scope, switches = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'world-'));
  scope.defer(() => rm(dir, { recursive: true, force: true }));
  const world = join(dir, 'world.yaml');
  await writeFile(world, scenario(switches));
  const child = spawn(process.env.SANDWATCH, ['sim', '--listen', '127.0.0.1:0', '--scenario', world, '--seed', '7'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  children.add(child);
  ended.then(() => children.delete(child));
  scope.defer(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = JSON.parse((await lines.next()).value);
  const recorder = await new Recorder(ready.api).start();
  scope.defer(() => recorder.stop());
  return new Simulator(ready, recorder, await ask(ready.api, 'GET', '/sim/world'));
}

async function ask(base, method, path, body) {
  const answer = await fetch(base + path, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

class Simulator {
  constructor(ready, recorder, world) {
    this.ready = ready;
    this.recorder = recorder;
    this.world = world;
    this.url = recorder.url; // what clients under test are given
    this.apiKey = world.api_key;
    this.tunnelsToken = world.tunnels_token;
    this.pool = world.pools[0]; // {id, name, key}
  }

  control(method, path, body) {
    return ask(this.ready.api, method, path, body);
  }

  /** A session in the pool whose agent follows the script (src/sim/agent.h), with the work_id of its queued work. */
  session(script, more = {}) {
    return this.control('POST', '/sim/session', { environment_id: this.pool.id, script, ...more });
  }

  fault(name, on = true) {
    return this.control('POST', '/sim/fault', { name, on });
  }

  /** Prepare the answer to a coming request (src/sim/canned.h). */
  prepare(answer) {
    return this.control('POST', '/sim/fault', { name: 'answer', ...answer });
  }
}
