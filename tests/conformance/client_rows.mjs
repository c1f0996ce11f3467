// client_rows.mjs — the rows of the SDK's API client: credentials, errors, pages, streams (§16).
import assert from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';

import { bearer, operator } from './clients.mjs';
import { simulator } from './simulator.mjs';
import { row, until } from './tap.mjs';

const fails = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'expected an error' });
};

row('an API key may read stats and items and stop them, but not list work', async (scope) => {
  const sim = await simulator(scope);
  const session = await sim.session([{ type: 'pause', ms: 60000 }]);
  const work = operator(sim).beta.environments.work;
  const where = { environment_id: sim.pool.id };

  const refused = await fails(work.list(sim.pool.id));
  assert.ok(refused instanceof Anthropic.AuthenticationError, String(refused));
  const stats = await work.stats(sim.pool.id);
  assert.deepEqual([stats.depth, stats.pending, stats.workers_polling], [1, 0, 0]);
  assert.equal((await work.retrieve(session.work_id, where)).state, 'queued');
  await work.stop(session.work_id, { ...where, force: true });
  assert.equal((await work.retrieve(session.work_id, where)).state, 'stopped');
  for (const exchange of sim.recorder.exchanges) {
    assert.equal(exchange.headers.authorization, `Bearer ${sim.apiKey}`);
    assert.equal(exchange.headers['x-api-key'], undefined);
    assert.equal(exchange.headers['anthropic-version'], '2026-10-21');
    assert.equal(exchange.query.get('beta'), null);
  }
});

row('an environment key may list work, but neither read nor update an item', async (scope) => {
  const sim = await simulator(scope);
  const session = await sim.session([{ type: 'pause', ms: 60000 }]);
  const work = bearer(sim, sim.pool.key).beta.environments.work;
  const where = { environment_id: sim.pool.id };
  const items = [];

  for await (const item of work.list(sim.pool.id)) items.push(item);
  assert.ok(items.some((item) => item.id === session.work_id && item.state === 'queued'));
  assert.ok(items.every((item) => item.secret === null && item.environment_id === sim.pool.id));
  assert.equal((await fails(work.retrieve(session.work_id, where))).status, 401);
  assert.equal((await fails(work.update(session.work_id, { ...where, metadata: { host: 'x' } }))).status, 401);
});

row('errors become the classes of their codes, with details', async (scope) => {
  const sim = await simulator(scope, { 'poll.secret': false });
  const environments = operator(sim).beta.environments;
  const key = bearer(sim, sim.pool.key).beta.environments.work;
  const where = { environment_id: sim.pool.id };
  const session = await sim.session([{ type: 'pause', ms: 60000 }]);

  const item = await key.poll(sim.pool.id, { 'Anthropic-Worker-ID': 'conformance-1' });
  await key.ack(item.id, where);
  await key.heartbeat(item.id, { ...where, expected_last_heartbeat: 'NO_HEARTBEAT' });
  const lost = await fails(key.heartbeat(item.id, { ...where, expected_last_heartbeat: 'NO_HEARTBEAT' }));
  assert.equal(lost.constructor.name, 'BetaHeartbeatPreconditionFailedError');
  assert.deepEqual([lost.status, lost.errorCode, lost.type], [412, 'heartbeat_precondition_failed', 'invalid_request_error']);
  assert.equal(lost.details.current_state.state, 'active');

  await key.stop(item.id, { ...where, force: true });
  const again = await fails(key.stop(session.work_id, where));
  assert.ok(again instanceof Anthropic.ConflictError, String(again));
  assert.equal(again.type, 'conflict_error');

  const made = await environments.create({ name: 'short-lived', config: { type: 'self_hosted' } });
  await environments.archive(made.id);
  const archived = await fails(environments.update(made.id, { name: 'renamed' }));
  assert.equal(archived.constructor.name, 'BetaEnvironmentArchivedError');
  assert.deepEqual([archived.status, archived.errorCode], [400, 'environment_archived']);
  assert.match(archived.requestID, /^req_/);

  await sim.fault('on-hold');
  const held = await fails(environments.retrieve(sim.pool.id));
  assert.equal(held.constructor.name, 'OrganizationOnHoldError');
  assert.deepEqual([held.status, held.errorCode], [400, 'organization_on_hold']);
  assert.ok('appeal_url' in held.details);
});

row('lists go on over an empty page', async (scope) => {
  const sim = await simulator(scope, { 'page.empty_first': true });
  const names = [];
  for await (const environment of operator(sim).beta.environments.list()) names.push(environment.name);
  assert.deepEqual(names, ['yard']);
  assert.deepEqual(JSON.parse(sim.recorder.find('GET', '/environments')[0].answer).data, []);
});

row('the event stream passes on unknown names and ends with the session', async (scope) => {
  const sim = await simulator(scope);
  const session = await sim.session([
    { type: 'pause', ms: 400 },
    { type: 'event', event: { type: 'future.thing_happened', detail: 1 } },
    { type: 'message', text: 'hi' },
    { type: 'idle', stop_reason: 'end_turn' },
  ]);
  const api = operator(sim);
  const stream = await api.beta.sessions.events.stream(session.id);
  const seen = [];
  for await (const event of stream) {
    seen.push(event.type);
    if (event.type === 'session.status_idle') await api.beta.sessions.delete(session.id);
  }
  assert.ok(seen.includes('future.thing_happened'), seen.join(' '));
  assert.equal(seen.at(-1), 'session.deleted');
});

row('sessions: list with filters, get, events, interrupt, archive', async (scope) => {
  const sim = await simulator(scope);
  const session = await sim.session([{ type: 'pause', ms: 60000 }]);
  const sessions = operator(sim).beta.sessions;
  const found = [];
  for await (const one of sessions.list({ statuses: ['running'] })) found.push(one.id);
  assert.deepEqual(found, [session.id]);
  const sent = await sessions.events.send(session.id, { events: [{ type: 'user.interrupt' }] });
  assert.equal(sent.data[0].type, 'user.interrupt');
  await until('the interrupt to be applied', async () => (await sessions.retrieve(session.id)).status === 'idle');
  assert.ok((await sessions.archive(session.id)).archived_at);
});

row('a session has its primary thread, with its own list of events', async (scope) => {
  const sim = await simulator(scope);
  const session = await sim.session([{ type: 'message', text: 'hi' }, { type: 'pause', ms: 60000 }]);
  const threads = operator(sim).beta.sessions.threads;
  const found = [];
  for await (const thread of threads.list(session.id, { statuses: ['running'] })) found.push(thread);
  assert.deepEqual(found.map((thread) => [thread.session_id, thread.parent_thread_id]), [[session.id, null]]);
  const where = { session_id: session.id };
  assert.equal((await threads.retrieve(found[0].id, where)).status, 'running');
  await until('the message', async () => {
    const types = [];
    for await (const event of threads.events.list(found[0].id, where)) types.push(event.type);
    return types.includes('agent.message');
  });
});

row('an error of the service ends a stream as an error of the client', async (scope) => {
  const sim = await simulator(scope);
  const session = await sim.session([{ type: 'pause', ms: 60000 }]);
  const stream = await operator(sim).beta.sessions.events.stream(session.id);
  await sim.fault('api-overloaded');
  const failed = await fails((async () => { for await (const event of stream) assert.ok(event.type); })());
  assert.ok(failed instanceof Anthropic.APIError, String(failed));
  assert.match(failed.message, /Overloaded/);
});

row('tunnels and certificates want the token with the tunnel scope', async (scope) => {
  const sim = await simulator(scope);
  const tunnels = bearer(sim, sim.tunnelsToken).beta.tunnels;
  const all = [];
  for await (const tunnel of tunnels.list()) all.push(tunnel);
  assert.equal(all.length, 1);
  const certificates = [];
  for await (const certificate of tunnels.certificates.list(all[0].id)) certificates.push(certificate);
  assert.equal(certificates.length, 1);
  assert.match(certificates[0].fingerprint, /^[0-9a-f]{64}$/);
  assert.equal(sim.recorder.exchanges[0].headers['anthropic-beta'], 'mcp-tunnels-2026-06-22');
  const refused = await fails(operator(sim).beta.tunnels.list());
  assert.equal(refused.status, 403);
  assert.equal(refused.type, 'permission_error');
});
