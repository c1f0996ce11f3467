// worker_rows.mjs — the rows that need the SDK's EnvironmentWorker (facts/management-api.md §6.4, §16).
import assert from 'node:assert/strict';

import { operator, worker } from './clients.mjs';
import { simulator } from './simulator.mjs';
import { row, until } from './tap.mjs';

const bash = (command) => ({ type: 'tool', name: 'bash', input: { command } });
const endTurn = { type: 'idle', stop_reason: 'end_turn' };
const bearerOf = (exchange) => exchange.headers.authorization?.replace(/^Bearer /, '');
const isForced = (stop) => JSON.parse(stop.body).force === true;

/** Wait until the worker's stop of the item has been answered. */
const stopped = (sim, n = 1) =>
  until(`stop number ${n}`, () => sim.recorder.find('POST', '/stop').filter((x) => x.status > 0).length >= n);

/** Wait until the worker has polled after the exchange: it goes on working. */
const pollsAfter = (sim, exchange) =>
  until('the next poll', () => {
    const { exchanges } = sim.recorder;
    return exchanges.slice(exchanges.indexOf(exchange)).some((x) => x.path.endsWith('/poll'));
  });

row('a session with two tool calls runs to its end, step by step, with the environment key', async (scope) => {
  const sim = await simulator(scope, { 'poll.secret': false });
  const session = await sim.session([
    bash('echo hello'),
    bash('cat nowhere'),
    { type: 'message', text: 'done' },
    endTurn,
  ]);
  await worker(scope, sim);
  await stopped(sim);
  await pollsAfter(sim, sim.recorder.find('POST', '/stop')[0]);

  const item = `/v1/environments/env/work/work`;
  const steps = sim.recorder.steps().filter((s, i, all) => !(s.endsWith('/poll') && all[i + 1]?.endsWith('/poll')));
  const at = (step) => steps.indexOf(step);
  const order = [
    'GET /v1/environments/env/work/poll',
    `POST ${item}/ack`,
    `POST ${item}/heartbeat`,
    'GET /v1/sessions/sesn',
    'GET /v1/sessions/sesn/events/stream',
    'GET /v1/sessions/sesn/events',
    'POST /v1/sessions/sesn/events',
    `POST ${item}/stop`,
  ];
  for (let i = 0; i < order.length; i++) {
    assert.ok(at(order[i]) >= 0, `${order[i]} in ${steps.join(', ')}`);
    // the session is read beside the first heartbeat, not after it
    if (i > 0 && i !== 3) assert.ok(at(order[i]) > at(order[i - 1]), `${order[i]} after ${order[i - 1]}`);
  }
  for (const exchange of sim.recorder.exchanges) {
    assert.equal(bearerOf(exchange), sim.pool.key, `${exchange.method} ${exchange.path}`);
    assert.equal(exchange.headers['anthropic-version'], '2026-10-21');
    assert.equal(exchange.headers['x-api-key'], undefined);
    assert.equal(exchange.query.get('beta'), null);
    assert.equal(exchange.headers['anthropic-beta'], 'managed-agents-2026-04-01');
    assert.notEqual(exchange.status, 409);
    assert.match(exchange.answerHeaders['request-id'] ?? 'req_', /^req_/);
  }
  const [stop, ...moreStops] = sim.recorder.find('POST', '/stop');
  assert.ok(isForced(stop) && moreStops.length === 0, 'exactly one, forced');
  assert.equal(stop.status, 204);
  const [stream] = sim.recorder.find('GET', '/stream');
  assert.equal(stream.headers['x-stainless-helper'], 'environments-worker, session-tool-runner');
  const [ack] = sim.recorder.find('POST', '/ack');
  assert.equal(ack.headers['content-length'], '0');
  assert.equal(ack.headers['content-type'], undefined);

  const events = [];
  for await (const event of operator(sim).beta.sessions.events.list(session.id)) events.push(event);
  const calls = events.filter((e) => e.type === 'agent.tool_use');
  const results = events.filter((e) => e.type === 'user.tool_result');
  assert.equal(calls.length, 2);
  assert.deepEqual(results.map((r) => r.tool_use_id), calls.map((c) => c.id));
  assert.equal(results[0].content[0].text.trim(), 'hello');
  assert.equal(events.at(-1).type, 'session.status_idle');
  assert.equal(events.at(-1).stop_reason.type, 'end_turn');
  const work = await operator(sim).beta.environments.work.retrieve(session.work_id, { environment_id: sim.pool.id });
  assert.equal(work.state, 'stopped');
});

row('with a secret, heartbeat, session, events and stop use its token; poll and ack keep the key', async (scope) => {
  const sim = await simulator(scope, { 'poll.secret': true });
  await sim.session([bash('true'), endTurn]);
  await worker(scope, sim);
  await stopped(sim);
  for (const exchange of sim.recorder.exchanges) {
    assert.ok(exchange.status < 400, `${exchange.method} ${exchange.path}: ${exchange.status} ${exchange.answer}`);
    if (/\/(poll|ack)$/.test(exchange.path)) assert.equal(bearerOf(exchange), sim.pool.key);
    else assert.match(bearerOf(exchange), /^sk-ant-req-/, exchange.path);
  }
});

row('a terminated session: poll, ack, heartbeat, get, forced stop and nothing else', async (scope) => {
  const sim = await simulator(scope);
  const session = await sim.session([endTurn]);
  await until('the turn to end', async () => (await operator(sim).beta.sessions.retrieve(session.id)).status === 'idle');
  await operator(sim).beta.sessions.archive(session.id);
  sim.recorder.exchanges.length = 0;
  await worker(scope, sim);
  await stopped(sim);
  const kinds = sim.recorder.steps().map((s) => s.split('/').at(-1)).filter((s) => s !== 'poll');
  assert.deepEqual([...kinds].sort(), ['ack', 'heartbeat', 'sesn', 'stop']);
  assert.equal(JSON.parse(sim.recorder.find('GET', /sessions\/[^/]*$/)[0].answer).status, 'terminated');
  assert.ok(isForced(sim.recorder.find('POST', '/stop')[0]));
});

row("an operator's stop reaches the worker: the tool is cancelled, no result, forced stop", async (scope) => {
  const sim = await simulator(scope, { 'lease.ttl': 2 });
  const session = await sim.session([bash('sleep 25'), endTurn]);
  await worker(scope, sim);
  const work = operator(sim).beta.environments.work;
  const where = { environment_id: sim.pool.id };
  await until('the item to be active', async () => (await work.retrieve(session.work_id, where)).state === 'active');
  await until('the tool call', () => sim.recorder.exchanges.some((x) => x.answer.includes('sleep 25')));
  const before = sim.recorder.exchanges.length;
  await work.stop(session.work_id, where);
  const after = () => sim.recorder.exchanges.slice(before);
  const forced = await until('the forced stop', () => after().find((x) => x.path.endsWith('/stop') && x.body.includes('force')));
  const beat = after().find((x) => x.path.endsWith('/heartbeat') && x.answer.includes('"stopping"'));
  assert.equal(JSON.parse(beat.answer).lease_extended, false);
  assert.ok(forced.atMs - beat.atMs < 1000, `${forced.atMs - beat.atMs} ms between heartbeat and stop`);
  await until('the item to be stopped', async () => (await work.retrieve(session.work_id, where)).state === 'stopped');
  assert.equal(after().filter((x) => x.method === 'POST' && x.path.endsWith('/events')).length, 0, 'no result');
});

row('a second heartbeat answered 412 ends the item without a stop; the worker polls on', async (scope) => {
  const sim = await simulator(scope, { 'lease.ttl': 2, 'poll.secret': false });
  const session = await sim.session([bash('sleep 25'), endTurn]);
  await worker(scope, sim);
  await until('the first heartbeat', () => sim.recorder.find('POST', '/heartbeat').some((x) => x.status === 200));
  // another holder beats with the right value, so that the worker's own is no longer the stored one
  const last = JSON.parse(sim.recorder.find('POST', '/heartbeat')[0].answer).last_heartbeat;
  const path = `/v1/environments/${sim.pool.id}/work/${session.work_id}/heartbeat`;
  const stolen = await fetch(`${sim.ready.api}${path}?expected_last_heartbeat=${encodeURIComponent(last)}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${sim.pool.key}`,
      'anthropic-version': '2026-10-21',
      'anthropic-beta': 'managed-agents-2026-04-01',
    },
  });
  assert.equal(stolen.status, 200);
  const lost = await until('a 412', () => sim.recorder.find('POST', '/heartbeat').find((x) => x.status === 412));
  const details = JSON.parse(lost.answer).error.details;
  assert.equal(details.error_code, 'heartbeat_precondition_failed');
  assert.equal(details.current_state.lease_extended, false);
  await pollsAfter(sim, lost);
  assert.equal(sim.recorder.find('POST', '/stop').length, 0);
});

row('a second heartbeat answered 404 is followed by a forced stop', async (scope) => {
  const sim = await simulator(scope, { 'lease.ttl': 2 });
  await sim.prepare({
    method: 'POST',
    path: '/v1/environments/{id}/work/{id}/heartbeat',
    status: 404,
    body: { type: 'error', error: { type: 'not_found_error', message: 'no such work' } },
    skip: 1,
  });
  await sim.session([bash('sleep 25'), endTurn]);
  await worker(scope, sim);
  await stopped(sim);
  assert.deepEqual(sim.recorder.find('POST', '/heartbeat').map((x) => x.status), [200, 404]);
  assert.ok(isForced(sim.recorder.find('POST', '/stop')[0]));
});

for (const [noRetry, requests] of [
  [false, 3],
  [true, 1],
]) {
  row(`a stop answered 409 ${noRetry ? 'with x-should-retry: false ' : ''}is sent ${requests} times; the worker goes on`, async (scope) => {
    const sim = await simulator(scope, { 'stop.conflict_no_retry': noRetry });
    const session = await sim.session([endTurn]);
    await worker(scope, sim, { maxIdleMs: 700 });
    await until('the idle event', () => sim.recorder.find('GET', '/stream').length + sim.recorder.find('GET', '/events').length > 1);
    await operator({ ...sim, url: sim.ready.api }).beta.environments.work.stop(session.work_id, {
      environment_id: sim.pool.id,
      force: true,
    });
    await stopped(sim, requests);
    await pollsAfter(sim, sim.recorder.find('POST', '/stop').at(-1));
    assert.deepEqual(sim.recorder.find('POST', '/stop').map((x) => x.status), Array(requests).fill(409));
  });
}

row('a poll answered 204 is a miss: the next one comes after 1 to 3 seconds', async (scope) => {
  const sim = await simulator(scope, { 'poll.miss': 204 });
  await worker(scope, sim);
  const polls = await until('a second poll', () => {
    const all = sim.recorder.find('GET', '/poll');
    return all.length > 1 && all;
  });
  assert.equal(polls[0].status, 204);
  const pauseMs = polls[1].atMs - polls[0].atMs;
  assert.ok(pauseMs >= 900 && pauseMs < 5000, `${pauseMs} ms`);
});

row('a poll answered null without a JSON type ends the worker; by default the type is there', async (scope) => {
  const usual = await simulator(scope);
  await worker(scope, usual);
  const miss = await until('a poll', () => usual.recorder.find('GET', '/poll').find((x) => x.status));
  assert.equal(miss.status, 200);
  assert.match(miss.answerHeaders['content-type'], /^application\/json/);
  assert.equal(miss.answer, 'null');

  const sim = await simulator(scope, { 'poll.miss': 'null-text' });
  const { ended } = await worker(scope, sim);
  const error = await ended;
  assert.ok(error instanceof TypeError, String(error));
});

row('a poll answered 401 ends the worker at once', async (scope) => {
  const sim = await simulator(scope);
  await sim.fault('environment-keys-revoked');
  const { ended } = await worker(scope, sim);
  const error = await ended;
  assert.equal(error.status, 401);
  assert.equal(error.type, 'authentication_error');
  assert.equal(sim.recorder.find('GET', '/poll').length, 1);
});

row('an idle session with a refusal is left after max_idle, with a forced stop', async (scope) => {
  const sim = await simulator(scope);
  await sim.session([bash('true'), { type: 'idle', stop_reason: 'refusal' }]);
  await worker(scope, sim, { maxIdleMs: 400 });
  await stopped(sim);
  const [posted] = sim.recorder.find('POST', '/events');
  const [stop] = sim.recorder.find('POST', '/stop');
  assert.ok(isForced(stop));
  assert.ok(stop.atMs - posted.atMs >= 400, `${stop.atMs - posted.atMs} ms after the result`);
});

row('idle with requires_action holds the worker until the person decides', async (scope) => {
  const sim = await simulator(scope);
  const session = await sim.session([{ ...bash('echo allowed'), ask: true }, endTurn]);
  await worker(scope, sim, { maxIdleMs: 300 });
  const events = operator(sim).beta.sessions.events;
  const list = async () => (await events.list(session.id)).data;
  const call = await until('the question', async () => (await list()).find((e) => e.type === 'agent.tool_use'));
  await until('requires_action', async () => (await list()).some((e) => e.stop_reason?.type === 'requires_action'));
  await new Promise((later) => setTimeout(later, 700)); // more than max_idle: what must not happen needs its time
  assert.equal(sim.recorder.find('POST', '/stop').length, 0);
  await events.send(session.id, { events: [{ type: 'user.tool_confirmation', tool_use_id: call.id, result: 'allow' }] });
  await stopped(sim);
  assert.ok((await list()).some((e) => e.type === 'user.tool_result' && e.content[0].text.includes('allowed')));
});

row('a skill "latest" is resolved first, then fetched by the returned id, without a beta header', async (scope) => {
  const sim = await simulator(scope);
  await sim.session([bash('ls skills'), endTurn], {
    skills: [{ type: 'custom', skill_id: 'skill_011CZmSkill00000000001', version: 'latest' }],
  });
  await worker(scope, sim);
  await stopped(sim);
  const [version, content] = sim.recorder.exchanges.filter((x) => x.path.startsWith('/v1/skills/'));
  assert.match(version.path, /\/versions\/latest$/);
  const { id } = JSON.parse(version.answer);
  assert.ok(content.path.endsWith(`/versions/${id}/content`), content.path);
  assert.equal(content.status, 200);
  for (const exchange of [version, content]) assert.equal(exchange.headers['anthropic-beta'], undefined);
});
