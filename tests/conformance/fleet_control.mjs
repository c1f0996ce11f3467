// fleet_control.mjs DIR list|status|logs|drain|start|restart [WORKER] — the control driver of a pool of real workers: what an
// operator's scripts would do with processes, by their pid files. Without WORKER: all of them.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [dir, verb, only] = process.argv.slice(2);
const program = join(dirname(fileURLToPath(import.meta.url)), 'fleet_worker.mjs');
const { workers } = JSON.parse(readFileSync(join(dir, 'pool.json'), 'utf8'));
const GRACE_MS = 30_000; // what the documentation asks for before SIGKILL

/** The pid of the worker's process, 0 when there is none: a number of another program is not taken for it. */
function pidOf(name) {
  const file = join(dir, `${name}.pid`);
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  try {
    return pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0${dir}\0${name}\0`) ? pid : 0;
  } catch {
    return 0;
  }
}

const pause = () => new Promise((go) => setTimeout(go, 20));

function start(name) {
  if (pidOf(name)) return;
  const log = openSync(join(dir, `${name}.log`), 'a');
  const child = spawn(process.execPath, [program, dir, name], { detached: true, stdio: ['ignore', log, log] });
  writeFileSync(join(dir, `${name}.pid`), `${child.pid}\n`);
  child.unref();
  closeSync(log);
}

function drain(name) {
  if (pidOf(name)) process.kill(pidOf(name), 'SIGTERM');
}

async function restart(name) {
  const pid = pidOf(name);
  const deadline = Date.now() + GRACE_MS;
  drain(name);
  while (pid && pidOf(name) === pid && Date.now() < deadline) await pause();
  if (pid && pidOf(name) === pid) {
    process.kill(pid, 'SIGKILL');
    while (pidOf(name) === pid) await pause();
  }
  rmSync(join(dir, `${name}.pid`), { force: true });
  start(name);
}

const say = (line) => process.stdout.write(`${line}\n`);
const verbs = {
  list: (name) => pidOf(name) && say(`${name} ${pidOf(name)}`),
  status: (name) => say(`${name} ${pidOf(name) ? `runs as ${pidOf(name)}` : 'is down'}`),
  logs: (name) => existsSync(join(dir, `${name}.log`)) && process.stdout.write(readFileSync(join(dir, `${name}.log`))),
  drain,
  start,
  restart,
};

if (!verbs[verb] || (only && !workers.includes(only))) {
  console.error(`expected ${Object.keys(verbs).join('|')} and one of ${workers.join(' ')}`);
  process.exit(64);
}
await Promise.all((only ? [only] : workers).map((name) => verbs[verb](name)));
