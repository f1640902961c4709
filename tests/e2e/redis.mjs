// A Redis server of a test's own, on a Unix socket, without any data.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

/** Begins a server and resolves to its process when it takes connections. */
export async function startRedis(socket, folder) {
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
  // A test that fails early leaves nothing behind, and does not wait for it.
  server.unref();
  process.on('exit', () => server.kill('SIGKILL'));
  for (;;) {
    const connection = net.connect(socket);
    const open = await Promise.race([once(connection, 'connect').then(() => true), once(connection, 'error').then(() => false)]).catch(() => false);
    connection.destroy();
    if (open) return server;
    assert.equal(server.exitCode, null, 'redis-server ended');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
