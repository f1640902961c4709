// Where limits are kept: a file that outlives the gateway, and a Redis server that several share.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { FaultyUpstream } from './faulty_upstream.mjs';
import { ask, header, Gateway, model, outputs, route, test, withGateway } from './harness.mjs';

const limited = (name, more) =>
  route(name, [
    { id: 'limit', type: 'rate', properties: { limitType: 'count', key: [], limit: 3, window: 3600, technique: 'sliding', ...more }, outputs: outputs({ success: 'm' }) },
    model('m', 'a'),
  ]);
const ROUTES = [limited('shared', {}), limited('closed', { onStoreFailure: 'refuse' }), limited('open', { onStoreFailure: 'allow' })];

async function withFolder(body) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'junctor-e2e-limits-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('R17: counts outlive a restart of the gateway', () =>
  withFolder(async (folder) => {
    const options = { config: { limit_state: { sqlite: path.join(folder, 'limits.db') } }, routes: ROUTES };
    await withGateway(options, async ({ gateway }) => {
      for (let i = 0; i < 2; ++i) assert.equal((await gateway.chat(ask('dynamic/shared'))).status, 200);
    });
    await withGateway(options, async ({ gateway }) => {
      const last = await gateway.chat(ask('dynamic/shared'));
      assert.equal(header(last, 'x-ratelimit-remaining-requests'), '0');
      assert.equal((await gateway.chat(ask('dynamic/shared'))).status, 429);
    });
  }));

async function startRedis(socket, folder) {
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
  for (;;) {
    const connection = net.connect(socket);
    const open = await Promise.race([once(connection, 'connect').then(() => true), once(connection, 'error').then(() => false)]).catch(() => false);
    connection.destroy();
    if (open) return server;
    assert.equal(server.exitCode, null, 'redis-server ended');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('R17: gateways that share a server enforce one limit, and go on by their policies without it', () =>
  withFolder(async (folder) => {
    const socket = path.join(folder, 'redis.sock');
    const server = await startRedis(socket, folder);
    const upstream = await FaultyUpstream.start();
    const options = { config: { limit_state: { redis: `unix://${socket}` } }, routes: ROUTES, upstream };
    const gateways = [await Gateway.start(options), await Gateway.start(options)];
    try {
      const send = async (number, name) => gateways[number].chat(ask(`dynamic/${name}`));
      for (const [number, left] of [[0, '2'], [1, '1'], [0, '0']]) {
        const response = await send(number, 'shared');
        assert.equal(response.status, 200, response.text);
        assert.equal(header(response, 'x-ratelimit-remaining-requests'), left);
      }
      for (const number of [0, 1]) assert.equal((await send(number, 'shared')).status, 429);
      server.kill('SIGKILL');
      await once(server, 'exit');
      const closed = await send(0, 'closed');
      assert.equal(closed.status, 429);
      assert.equal(header(closed, 'retry-after'), '1');
      for (let i = 0; i < 4; ++i) assert.equal((await send(0, 'open')).status, 200);
      // Its share of three among two gateways is one.
      assert.equal((await send(1, 'shared')).status, 200);
      assert.equal((await send(1, 'shared')).status, 429);
      await gateways[0].waitForLog((line) => line.event === 'limit_store_away', 'the log line of a server that is away');
    } finally {
      server.kill('SIGKILL');
      for (const gateway of gateways) await gateway.stop();
      await upstream.close();
    }
  }));
