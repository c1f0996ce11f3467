// august_rows.mjs — clients of the 0.120 generation, played by curl (§16): x-api-key, 2023-06-01, ?beta=true.
import assert from 'node:assert/strict';

import { august } from './clients.mjs';
import { simulator } from './simulator.mjs';
import { row } from './tap.mjs';

row('an August client reads environments and stats with x-api-key and ?beta=true', async (scope) => {
  const sim = await simulator(scope);
  const list = await august(sim, 'GET', '/v1/environments', { key: sim.apiKey });
  assert.equal(list.status, 200, list.body);
  assert.equal(list.json.data[0].id, sim.pool.id);
  assert.match(list.headers['request-id'], /^req_/);
  const stats = await august(sim, 'GET', `/v1/environments/${sim.pool.id}/work/stats`, { key: sim.apiKey });
  assert.equal(stats.json.type, 'work_queue_stats');
});

row('an August worker polls, works and stops twice: 409 with x-should-retry: false', async (scope) => {
  const sim = await simulator(scope);
  const work = `/v1/environments/${sim.pool.id}/work`;
  const as = { bearer: sim.pool.key, headers: ['Anthropic-Worker-ID: august-1'] };
  const miss = await august(sim, 'GET', `${work}/poll?block_ms=50`, as);
  assert.deepEqual([miss.status, miss.body], [200, 'null']);
  assert.match(miss.headers['content-type'], /^application\/json/);

  const session = await sim.session([{ type: 'pause', ms: 60000 }]);
  const hit = await august(sim, 'GET', `${work}/poll?block_ms=999`, as);
  assert.equal(hit.json.id, session.work_id);
  assert.equal(hit.json.data.id, session.id);
  assert.equal((await august(sim, 'POST', `${work}/${hit.json.id}/ack`, as)).json.state, 'starting');
  const beat = await august(sim, 'POST', `${work}/${hit.json.id}/heartbeat?expected_last_heartbeat=NO_HEARTBEAT`, as);
  assert.equal(beat.json.state, 'active');
  const stop = (body) => august(sim, 'POST', `${work}/${hit.json.id}/stop`, { ...as, body });
  assert.equal((await stop({ force: true })).status, 204);
  const second = await stop({});
  assert.equal(second.status, 409);
  assert.equal(second.headers['x-should-retry'], 'false');
  const late = await august(sim, 'POST', `${work}/${hit.json.id}/heartbeat?expected_last_heartbeat=whatever`, as);
  assert.deepEqual([late.status, late.json.state, late.json.lease_extended], [200, 'stopped', false]);
});

row('an August worker resolves the version of a skill through the list, and fetches it by number', async (scope) => {
  const sim = await simulator(scope);
  const skill = '/v1/skills/skill_runbook/versions';
  const as = { bearer: sim.pool.key, headers: ['anthropic-beta: skills-2025-10-02'] };
  const list = await august(sim, 'GET', skill, as);
  const { version } = list.json.data[0];
  assert.match(version, /^[0-9]+$/);
  assert.equal((await august(sim, 'GET', `${skill}/${version}/content`, as)).status, 200);
});

row('an August stream has an event line with the known name for every frame', async (scope) => {
  const sim = await simulator(scope);
  const session = await sim.session([
    { type: 'pause', ms: 300 },
    { type: 'message', text: 'hi' },
    { type: 'idle', stop_reason: 'end_turn' },
  ]);
  const stream = await august(sim, 'GET', `/v1/sessions/${session.id}/events/stream`, {
    bearer: sim.pool.key,
    maxTime: 1.5,
  });
  assert.match(stream.headers['content-type'], /^text\/event-stream/);
  const frames = stream.body.split('\n\n').filter((frame) => frame.includes('data:'));
  assert.ok(frames.length >= 2, stream.body);
  for (const frame of frames) {
    const name = /^event: (.+)$/m.exec(frame)?.[1];
    assert.equal(JSON.parse(/^data: (.+)$/m.exec(frame)[1]).type, name);
  }
});

row('both credentials at once, a wrong version and a missing beta header are refused', async (scope) => {
  const sim = await simulator(scope);
  const path = '/v1/environments';
  const bad = async (headers) => {
    const answer = await fetch(sim.ready.api + path, { headers });
    return [answer.status, (await answer.json()).error.type];
  };
  const good = { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'managed-agents-2026-04-01', 'x-api-key': sim.apiKey };
  assert.equal((await fetch(sim.ready.api + path, { headers: good })).status, 200);
  assert.deepEqual(await bad({ ...good, 'anthropic-version': '1999-01-01' }), [400, 'invalid_request_error']);
  const odd = `${good['anthropic-beta']},no-such-beta-2026-01-01`;
  assert.deepEqual(await bad({ ...good, 'anthropic-beta': odd }), [400, 'invalid_request_error']);
  assert.deepEqual(await bad({ ...good, 'x-api-key': 'sk-ant-api03-nobody' }), [401, 'authentication_error']);
  const { id } = await sim.session([{ type: 'pause', ms: 60000 }]);
  const both = await fetch(`${sim.ready.api}/v1/sessions/${id}/events/stream`, {
    headers: { ...good, authorization: `Bearer ${sim.pool.key}` },
  });
  assert.ok(both.status >= 400 && both.status < 500, String(both.status));
  delete good['anthropic-beta'];
  assert.deepEqual(await bad(good), [404, 'not_found_error']);
});
