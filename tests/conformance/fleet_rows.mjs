// fleet_rows.mjs — what an operator does to a pool reaches the real processes of the SDK's worker: stop, drain, rolling
// restart, force. Nothing is lost, and no call runs twice without its item having been stopped before.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { fleet, isAccountedFor } from './fleet.mjs';
import { row, until } from './tap.mjs';

const LONG_S = 60; // longer than a row may take: it ends only when it is cut short
const slow = { withinMs: 300_000 };

row('fleet: a graceful stop kills the tool; the call stays open, and the next worker runs it again, once', async (scope) => {
  const pool = await fleet(scope);
  const before = await pool.pids();
  const session = await pool.session([{ name: 'one', seconds: LONG_S, unless: 'go' }, { name: 'two' }]);
  await pool.began('one');
  await until('the tool to run', () => pool.isRunning('one'));
  await pool.work.stop(session.work_id, pool.where);
  assert.equal(await pool.state(session.work_id), 'stopping');
  await pool.becomes(session.work_id, 'stopped');
  await until('the tool to be gone', () => !pool.isRunning('one'));
  assert.equal(pool.count('end', 'one'), 0);
  assert.ok(!(await pool.events(session.id)).some((e) => e.type === 'user.tool_result'), 'no result was posted');
  assert.deepEqual(await pool.pids(), before, 'the processes live on');

  writeFileSync(join(pool.dir, 'go'), '');
  await pool.interrupt(session.id);
  await pool.ended(session.id);
  await isAccountedFor(pool, session, ['one', 'two'], 1);
  const items = await pool.items(session.id);
  assert.equal(items.length, 2);
  assert.notEqual(items[0].id, items[1].id);
}, slow);

row('fleet: a drained worker cancels its call, stops its item, exits and is gone; the others finish and take over', async (scope) => {
  const pool = await fleet(scope);
  const long = await pool.session([{ name: 'long', seconds: LONG_S, unless: 'go' }]);
  await pool.began('long');
  await until('the tool to run', () => pool.isRunning('long'));
  const victim = pool.seen()[0].worker;
  const others = [];
  for (const name of ['a', 'b', 'c', 'd']) others.push(await pool.session([{ name, seconds: 1 }]));
  await pool.began('a');
  await pool.began('b');
  await pool.control('drain', victim);
  await pool.becomes(long.work_id, 'stopped');
  await until('the process to be gone', async () => !(await pool.pids())[victim]);
  assert.ok(!pool.isRunning('long'), 'and its tool with it');
  const stops = pool.sim.recorder.find('POST', '/stop').filter((x) => x.path.includes(long.work_id));
  assert.deepEqual(stops.map((x) => [x.body, x.status]), [['{"force":true}', 204]], 'by its own forced stop, once');

  for (const session of others) await pool.ended(session.id);
  for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) await isAccountedFor(pool, others[i], [name], 0);
  assert.ok(pool.seen().every((one) => one.call === 'long' || one.worker !== victim), 'it took no more work');

  writeFileSync(join(pool.dir, 'go'), '');
  await pool.control('start');
  await pool.polling(3);
  await pool.interrupt(long.id);
  await pool.ended(long.id);
  await isAccountedFor(pool, long, ['long'], 1);
}, slow);

row('fleet: a drain of the whole pool leaves no process, no live item and no poll', async (scope) => {
  const pool = await fleet(scope);
  const sessions = [];
  for (const name of ['x', 'y', 'z']) sessions.push(await pool.session([{ name, seconds: LONG_S }]));
  for (const name of ['x', 'y', 'z']) await pool.began(name);
  await pool.control('drain');
  for (const session of sessions) await pool.becomes(session.work_id, 'stopped');
  await until('the processes to be gone', async () => Object.keys(await pool.pids()).length === 0);
  const last = pool.sim.recorder.exchanges.length;
  const queued = await pool.session([{ name: 'later' }]);
  await until('longer than a worker pauses', () => Date.now() - pool.sim.recorder.exchanges.at(last - 1).atMs > 4000);
  assert.equal(pool.sim.recorder.exchanges.slice(last).filter((x) => x.path.endsWith('/poll')).length, 0);
  assert.equal(await pool.state(queued.work_id), 'queued');
}, slow);

row('fleet: a rolling restart replaces every process, one by one, and every job ends', async (scope) => {
  const pool = await fleet(scope);
  const before = await pool.pids();
  const sessions = [];
  for (let i = 0; i < 6; i++) {
    const names = [`r${i}a`, `r${i}b`, `r${i}c`];
    sessions.push({ names, ...(await pool.session(names.map((name) => ({ name, seconds: 0.5 })))) });
  }
  await pool.began('r0a');
  for (const name of pool.workers) {
    await pool.control('restart', name);
    const now = await pool.pids();
    assert.equal(Object.keys(now).length, 3);
    assert.notEqual(now[name], before[name]);
  }
  for (const session of sessions) {
    await pool.finished(session.id);
    const cuts = session.names.reduce((n, name) => n + pool.count('begin', name), 0) - session.names.length;
    await isAccountedFor(pool, session, session.names, cuts);
    assert.ok(cuts < (await pool.items(session.id)).length, 'each further beginning has an item of its own');
  }
}, slow);

row('fleet: force stops the item at once; the process learns it from its next heartbeat, and works on', async (scope) => {
  const pool = await fleet(scope, { 'lease.ttl': 6 }); // a heartbeat every three seconds
  const before = await pool.pids();
  const session = await pool.session([{ name: 'stuck', seconds: LONG_S }]);
  await pool.began('stuck');
  await until('the tool to run', () => pool.isRunning('stuck'));
  await pool.work.stop(session.work_id, { ...pool.where, force: true });
  assert.equal(await pool.state(session.work_id), 'stopped');
  assert.ok(pool.isRunning('stuck'), 'the tool does not know yet');
  await until('the tool to be gone', () => !pool.isRunning('stuck'));
  assert.equal(pool.count('end', 'stuck'), 0);
  await pool.polling(3);
  assert.deepEqual(await pool.pids(), before);
  const next = await pool.session([{ name: 'next' }]);
  await pool.ended(next.id);
  await isAccountedFor(pool, next, ['next'], 0);
}, slow);
