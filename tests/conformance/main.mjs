// main.mjs — all rows; an argument is part of the name of those to run.
import './worker_rows.mjs';
import './client_rows.mjs';
import './august_rows.mjs';

import { runRows } from './tap.mjs';

process.exit(await runRows({ filter: process.argv[2] ?? '' }));
