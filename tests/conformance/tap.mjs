// tap.mjs — rows that run side by side and are told as TAP, with the sum on the last line.
import assert from 'node:assert/strict';

const rows = [];

/** One row of the acceptance table; run gets a scope whose defer() cleans up behind it. withinMs: instead of 90 s. */
export function row(name, run, { withinMs = 90_000 } = {}) {
  rows.push({ name, run, withinMs });
}

/** Wait until condition() gives something true, and give that; fails with what it waited for. */
export async function until(what, condition, withinMs = 40_000) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    assert.ok(Date.now() < deadline, `waited ${withinMs} ms in vain for ${what}`);
    await new Promise((go) => setTimeout(go, 10));
  }
}

class Scope {
  #cleanups = [];
  defer(cleanup) {
    this.#cleanups.unshift(cleanup);
  }
  async close() {
    for (const cleanup of this.#cleanups) await cleanup();
  }
}

async function runOne(one) {
  const scope = new Scope();
  let timer;
  try {
    await Promise.race([
      one.run(scope),
      new Promise((_, fail) => {
        timer = setTimeout(() => fail(new Error(`not done after ${one.withinMs} ms`)), one.withinMs);
      }),
    ]);
  } catch (failure) {
    one.failure = failure;
  } finally {
    clearTimeout(timer);
    await scope.close();
  }
}

/** Run every row that filter names, width at a time; the exit status. */
export async function runRows({ width = 6, filter = '' } = {}) {
  const chosen = rows.filter((one) => one.name.includes(filter));
  const waiting = chosen.toSorted((a, b) => b.withinMs - a.withinMs); // what may take longest begins first
  const begun = Date.now();

  console.log(`1..${chosen.length}`);
  const lane = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const atMs = Date.now();
      await runOne(one);
      console.log(`${one.failure ? 'not ok' : 'ok'} ${chosen.indexOf(one) + 1} - ${one.name}`);
      if (one.failure) console.log(String(one.failure.stack ?? one.failure).replace(/^/gm, '# '));
      else console.log(`# ${Date.now() - atMs} ms`);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  const failed = chosen.filter((one) => one.failure).length;
  console.log(`# ${Date.now() - begun} ms`);
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed ? 1 : 0;
}
