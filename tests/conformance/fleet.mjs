// fleet.mjs — a pool of three real SDK workers, each a process of its own, under a control driver; and a memory of what
// their tool calls did.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { operator } from './clients.mjs';
import { simulator } from './simulator.mjs';
import { until } from './tap.mjs';

const script = join(dirname(fileURLToPath(import.meta.url)), 'fleet_control.mjs');
const run = promisify(execFile);
const WORKERS = ['build-1', 'build-2', 'build-3'];
const COMES_UP_MS = 20_000; // three times Node, on a machine that does other things, too
const ENDS_MS = 150_000;

/** Start one, with all its workers polling; the scope ends every process of it. */
export async function fleet(scope, switches = {}) {
  const sim = await simulator(scope, { 'lease.ttl': 6, ...switches });
  const dir = await mkdtemp(join(tmpdir(), 'fleet-'));
  scope.defer(() => rm(dir, { recursive: true, force: true }));
  await writeFile(
    join(dir, 'pool.json'),
    JSON.stringify({ url: sim.url, environmentId: sim.pool.id, environmentKey: sim.pool.key, workers: WORKERS }),
    { mode: 0o600 },
  );
  const pool = new Fleet(sim, dir);
  await pool.configure();
  scope.defer(() => pool.kill());
  await pool.control('start');
  await pool.polling(WORKERS.length);
  return pool;
}

class Fleet {
  workers = WORKERS;

  constructor(sim, dir) {
    this.sim = sim;
    this.dir = dir;
    this.effects = join(dir, 'effects');
    this.work = operator(sim).beta.environments.work;
    this.sessions = operator(sim).beta.sessions;
    this.where = { environment_id: sim.pool.id };
    appendFileSync(this.effects, '');
  }

  /** The words of the control driver for one verb, as a configuration has them. */
  words(verb) {
    return [process.execPath, script, this.dir, verb];
  }

  /** A configuration with the pool and its driver, for the program itself. */
  async configure() {
    const words = (verb) => JSON.stringify(this.words(verb)).slice(0, -1);
    const one = ', {when: worker, words: ["{worker}"]}';
    const verbs = ['list', 'drain', 'start', 'restart', 'status', 'logs'];
    const control = verbs.map((verb) => `${verb}: ${words(verb)}${verb === 'list' ? '' : one}]`).join(', ');
    await writeFile(join(this.dir, 'api-key'), this.sim.apiKey, { mode: 0o600 });
    await writeFile(join(this.dir, 'yard.key'), this.sim.pool.key, { mode: 0o600 });
    await writeFile(
      join(this.dir, 'config.yaml'),
      `context: yard
contexts:
  yard:
    production: false
    api: {base_url: "${this.sim.url}", api_key_file: ${this.dir}/api-key, requests_per_minute: 3000}
    pools:
      - {id: ${this.sim.pool.id}, name: yard, environment_key_file: ${this.dir}/yard.key, mode: polling,
         expected_workers: ${WORKERS.length}, control: {driver: command, ${control}}}
    checks: {enabled: false}
`,
    );
  }

  /** The program's own command, headless: {status, document, said}. */
  async sandwatch(...args) {
    const env = { PATH: process.env.PATH, HOME: this.dir, XDG_STATE_HOME: join(this.dir, 'state'), NO_COLOR: '1' };
    const words = ['--config', join(this.dir, 'config.yaml'), ...args, '--yes', '--json', '--reason', 'a test'];
    return new Promise((done) => {
      execFile(process.env.SANDWATCH, words, { env }, (error, stdout, said) => {
        done({ status: error?.code ?? 0, document: stdout ? JSON.parse(stdout) : null, said });
      });
    });
  }

  /** Run the control driver; its lines. */
  async control(verb, worker) {
    const [program, ...words] = this.words(verb);
    const { stdout } = await run(program, worker ? [...words, worker] : words);
    return stdout.split('\n').filter(Boolean);
  }

  /** {name: pid} of those that run. */
  async pids() {
    return Object.fromEntries((await this.control('list')).map((line) => line.split(' ')));
  }

  /** How many processes run, without asking the driver. */
  countProcesses() {
    return WORKERS.filter((name) => {
      try {
        return readFileSync(`/proc/${readFileSync(join(this.dir, `${name}.pid`), 'utf8').trim()}/cmdline`, 'utf8');
      } catch {
        return false;
      }
    }).length;
  }

  async kill() {
    for (const pid of Object.values(await this.pids())) process.kill(Number(pid), 'SIGKILL');
    await until('the workers to be gone', async () => (await this.control('list')).length === 0);
  }

  /** Wait until so many processes have polled since now: each has another id on the wire. */
  polling(n) {
    const from = this.sim.recorder.exchanges.length;
    return until(
      `${n} workers to poll`,
      () => {
        const polls = this.sim.recorder.exchanges.slice(from).filter((x) => x.path.endsWith('/poll'));
        return new Set(polls.map((x) => x.headers['anthropic-worker-id'])).size >= n;
      },
      COMES_UP_MS,
    );
  }

  /** A session of calls, each of which writes "begin CALL WORKER PID" and, when it was not cut short, "end CALL WORKER".
   * The pid is that of what it waits for; when there is the file `unless`, it waits `then` seconds instead. */
  session(calls) {
    const script = calls.map(({ name, seconds = 0, unless, then = 0 }) => {
      const shorter = unless ? `[ -e ${join(this.dir, unless)} ] && exec sleep ${then}; ` : '';
      const wait = `${shorter}exec sleep ${seconds}`;
      const say = (words) => `echo ${words} >>${this.effects}`;
      const command = `(${wait}) & ${say(`begin ${name} $FLEET_WORKER $!`)}; wait $!; ${say(`end ${name} $FLEET_WORKER`)}`;
      return { type: 'tool', name: 'bash', input: { command } };
    });
    return this.sim.session([...script, { type: 'idle', stop_reason: 'end_turn' }]);
  }

  /** What was done, as [{what, call, worker, pid}]. */
  seen() {
    const lines = readFileSync(this.effects, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => {
      const [what, call, worker, pid] = line.split(' ');
      assert.ok(WORKERS.includes(worker), `"${line}" names its worker`);
      return { what, call, worker, pid };
    });
  }

  count(what, call) {
    return this.seen().filter((one) => one.what === what && one.call === call).length;
  }

  began(call, times = 1) {
    return until(`call ${call} to begin`, () => this.count('begin', call) >= times);
  }

  async state(workId) {
    return (await this.work.retrieve(workId, this.where)).state;
  }

  becomes(workId, state) {
    return until(`${workId} to be ${state}`, async () => (await this.state(workId)) === state);
  }

  async events(sessionId) {
    const events = [];
    for await (const event of this.sessions.events.list(sessionId)) events.push(event);
    return events;
  }

  /** Why the session is idle; "" when it is not. */
  async idle(sessionId) {
    const last = (await this.events(sessionId)).at(-1);
    return last.type === 'session.status_idle' ? last.stop_reason.type : '';
  }

  /** Wait until the session's turn has ended. */
  ended(sessionId) {
    return until(`${sessionId} to end its turn`, async () => (await this.idle(sessionId)) === 'end_turn', ENDS_MS);
  }

  /** The same, as an operator would see to it: a session that nobody serves is interrupted, once for each stopped item,
   * so that its work is queued again. */
  finished(sessionId) {
    const seen = new Set();
    return until(
      `${sessionId} to be finished`,
      async () => {
        const [item] = await this.items(sessionId);
        const why = await this.idle(sessionId);
        if (why === 'requires_action' && item.state === 'stopped' && !seen.has(item.id)) {
          seen.add(item.id);
          await this.interrupt(sessionId);
        }
        return why === 'end_turn';
      },
      ENDS_MS,
    );
  }

  interrupt(sessionId) {
    return this.sessions.events.send(sessionId, { events: [{ type: 'user.interrupt' }] });
  }

  /** The pool's items of a session, with the only credential that may list them. */
  async items(sessionId) {
    const path = `/v1/environments/${this.sim.pool.id}/work?limit=100`;
    const answer = await fetch(this.sim.ready.api + path, {
      headers: {
        authorization: `Bearer ${this.sim.pool.key}`,
        'anthropic-version': '2026-10-21',
        'anthropic-beta': 'managed-agents-2026-04-01',
      },
    });
    return (await answer.json()).data.filter((item) => item.data.id === sessionId);
  }

  /** Does what the call started last still run on this host? */
  isRunning(call) {
    const { pid } = this.seen().findLast((one) => one.what === 'begin' && one.call === call);
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep\0');
    } catch {
      return false;
    }
  }
}

/** Every call ended once, was answered once, and began once more for each time that its item was stopped under it. */
export async function isAccountedFor(pool, session, calls, cuts) {
  const events = await pool.events(session.id);
  const used = events.filter((e) => e.type === 'agent.tool_use').map((e) => e.id);
  const results = events.filter((e) => e.type === 'user.tool_result').map((e) => e.tool_use_id);
  assert.deepEqual(results, used, 'every call is answered, in order, once');
  assert.equal(used.length, calls.length);
  for (const call of calls) assert.equal(pool.count('end', call), 1, `${call} ended once`);
  const begins = calls.reduce((n, call) => n + pool.count('begin', call), 0);
  assert.equal(begins, calls.length + cuts, 'no call ran again without a cut that was seen');
}
