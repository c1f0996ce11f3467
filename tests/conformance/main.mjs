// main.mjs — all rows; an argument is part of the name of those to run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import './worker_rows.mjs';
import './client_rows.mjs';
import './august_rows.mjs';
import './fleet_rows.mjs';
import './fleet_ops_rows.mjs';

import { runRows } from './tap.mjs';

// one folder for the temporary things of every program that runs below, gone whatever ends this one
process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'sandwatch-conformance-'));
process.on('exit', () => rmSync(process.env.TMPDIR, { recursive: true, force: true }));

process.exit(await runRows({ filter: process.argv[2] ?? '' }));
