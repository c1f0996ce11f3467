// fleet_ops_rows.mjs — the program's own headless actions against a pool of real workers: each proves itself, and the
// processes, the items and the effects of the tool calls say the same.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { fleet, isAccountedFor } from './fleet.mjs';
import { row, until } from './tap.mjs';

const LONG_S = 300; // longer than a row may take: it ends only when it is cut short
const SHORT_S = 5; // the second time: long enough for the new item to be looked at while it lives
const within = (withinMs) => ({ withinMs });

/** It ended well, by its exit status and by its document. */
function isDone(result) {
  assert.equal(result.status, 0, result.said);
  assert.equal(result.document.op.state, 'done', result.said);
}

row('fleet: "stop job" ends when the real tool is gone, and "restart job" has it run once more', async (scope) => {
  const pool = await fleet(scope);
  const session = await pool.session([{ name: 'one', seconds: LONG_S, unless: 'go', then: SHORT_S }, { name: 'two' }]);
  await pool.began('one');
  await until('the tool to run', () => pool.isRunning('one'));
  isDone(await pool.sandwatch('stop', 'job', session.work_id));
  assert.equal(await pool.state(session.work_id), 'stopped');
  await until('the tool to be gone', () => !pool.isRunning('one'));
  assert.equal(pool.count('end', 'one'), 0);

  const stops = () => pool.sim.recorder.find('POST', '/stop').filter((x) => x.path.includes(session.work_id)).length;
  const before = stops();
  writeFileSync(join(pool.dir, 'go'), '');
  isDone(await pool.sandwatch('restart', 'job', session.id));
  assert.equal(stops(), before, 'what is stopped is not stopped again');
  await pool.ended(session.id);
  await isAccountedFor(pool, session, ['one', 'two'], 1);
}, within(120_000));

row('fleet: "restart job" stops the running call, interrupts, and sees the new item taken', async (scope) => {
  const pool = await fleet(scope);
  const session = await pool.session([{ name: 'again', seconds: LONG_S, unless: 'go', then: SHORT_S }]);
  await pool.began('again');
  writeFileSync(join(pool.dir, 'go'), '');
  isDone(await pool.sandwatch('restart', 'job', session.work_id));
  await pool.ended(session.id);
  await isAccountedFor(pool, session, ['again'], 1);
  assert.equal((await pool.items(session.id)).length, 2);
}, within(120_000));

row('fleet: "drain pool" is over when no process, no item and no poll is left; nothing is lost', async (scope) => {
  const pool = await fleet(scope);
  const names = ['x', 'y', 'z'];
  const sessions = [];
  for (const name of names) sessions.push(await pool.session([{ name, seconds: LONG_S, unless: 'go', then: SHORT_S }]));
  for (const name of names) await pool.began(name);
  isDone(await pool.sandwatch('drain', 'pool', 'yard'));
  assert.deepEqual(await pool.pids(), {});
  for (const session of sessions) assert.equal(await pool.state(session.work_id), 'stopped');
  for (const name of names) assert.ok(!pool.isRunning(name));
  const lastPoll = pool.sim.recorder.find('GET', '/poll').at(-1).atMs;
  assert.ok(Date.now() - lastPoll >= 29_000, 'the service has forgotten the workers');

  writeFileSync(join(pool.dir, 'go'), '');
  await pool.control('start');
  for (const session of sessions) isDone(await pool.sandwatch('restart', 'job', session.id));
  for (const [i, session] of sessions.entries()) {
    await pool.ended(session.id);
    await isAccountedFor(pool, session, [names[i]], 1);
  }
}, within(180_000));

row('fleet: "restart pool --rolling" replaces one process after the other, never two at once', async (scope) => {
  const pool = await fleet(scope);
  const before = await pool.pids();
  const session = await pool.session([{ name: 'held', seconds: LONG_S, unless: 'go', then: SHORT_S }]);
  await pool.began('held');
  let fewest = 3;
  const watch = setInterval(() => (fewest = Math.min(fewest, pool.countProcesses())), 20);
  scope.defer(() => clearInterval(watch));
  isDone(await pool.sandwatch('restart', 'pool', 'yard', '--rolling'));
  clearInterval(watch);
  assert.equal(fewest, 2, `${fewest} processes at the least`);
  const after = await pool.pids();
  assert.deepEqual(Object.keys(after), Object.keys(before));
  for (const name of pool.workers) assert.notEqual(after[name], before[name]);
  assert.equal(pool.count('end', 'held'), 0);
  writeFileSync(join(pool.dir, 'go'), '');
  isDone(await pool.sandwatch('restart', 'job', session.id));
  await pool.ended(session.id);
  await isAccountedFor(pool, session, ['held'], 1);
}, within(240_000));

row('fleet: a frozen worker never confirms; force ends its item, and the process learns it when it thaws', async (scope) => {
  const pool = await fleet(scope, { 'lease.ttl': 60 }); // the lease must not lapse meanwhile
  const session = await pool.session([{ name: 'frozen', seconds: LONG_S }]);
  await pool.began('frozen');
  await until('the tool to run', () => pool.isRunning('frozen'));
  const pid = Number((await pool.pids())[pool.seen()[0].worker]);
  process.kill(pid, 'SIGSTOP');
  const result = await pool.sandwatch('stop', 'job', session.work_id, '--grace', '3', '--force');
  isDone(result);
  assert.equal(await pool.state(session.work_id), 'stopped');
  const bodies = pool.sim.recorder.find('POST', '/stop').map((x) => x.body.replace(/\s/g, ''));
  assert.deepEqual(bodies, ['{}', '{"force":true}'], 'first gracefully, then by force, once each');
  assert.ok(pool.isRunning('frozen'), 'force frees the item, not the host');
  process.kill(pid, 'SIGCONT');
  await until('the tool to be gone', () => !pool.isRunning('frozen'), 40_000);
  assert.equal(pool.count('end', 'frozen'), 0);
  const next = await pool.session([{ name: 'next' }]);
  await pool.ended(next.id);
  await isAccountedFor(pool, next, ['next'], 0);
}, within(120_000));
