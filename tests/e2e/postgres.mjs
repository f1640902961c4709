// A PostgreSQL of a test's own, from the installed packages (tests/support/postgres).

import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../support/postgres', import.meta.url));

function control(...parameters) {
  return new Promise((resolve, reject) => {
    const process = spawn(SCRIPT, parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    process.stderr.on('data', (data) => (errors += data));
    process.on('error', reject);
    process.on('exit', (status) => {
      if (status === 0) resolve();
      else reject(new Error(`${SCRIPT} ${parameters.join(' ')} ended with ${status}: ${errors}`));
    });
  });
}

/** A server that is started; `await remove()` at the end (it goes with this process otherwise). */
export class Postgres {
  static async start() {
    const server = new Postgres();
    server.folder = await mkdtemp(path.join(os.tmpdir(), 'junctor_pg_'));
    await server.restart();
    return server;
  }

  /** The URL of an empty database. */
  get url() {
    return `postgresql://junctor@/postgres?host=${this.folder}`;
  }

  /** Starts it again after `stop()`. */
  restart() {
    return control('start', this.folder, String(process.pid));
  }

  /** `mode`: fast ends all connections; immediate is a crash. */
  stop(mode = 'fast') {
    return control('stop', this.folder, mode);
  }

  remove() {
    return control('remove', this.folder);
  }
}
