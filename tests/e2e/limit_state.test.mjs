// Where limits are kept: a file that outlives the gateway, and a Redis server that several share.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { FaultyUpstream } from './faulty_upstream.mjs';
import { ControlledGateway } from './control_plane.mjs';
import { startRedis } from './redis.mjs';
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

test('a flood of new keys is refused at the bound, which /health/ready tells, and known keys go on', () => {
  const byUser = limited('by-user', { key: 'metadata.user' });
  return withGateway({ config: { limit_state: { memory_keys: 1000 } }, routes: [byUser] }, async ({ gateway }) => {
    const send = (user) => gateway.chat(ask('dynamic/by-user'), { headers: { 'cf-aig-metadata': JSON.stringify({ user }) } });
    const ready = async () => JSON.parse((await gateway.get('/health/ready')).text).detail;
    assert.equal((await send('known')).status, 200);
    assert.deepEqual(await ready(), []);
    const refused = [];
    // A shard has room for 16 keys, and keys are spread over 64 of them.
    for (let user = 0; refused.length < 5 && user < 1200; user += 40) {
      const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => send(user + index)));
      refused.push(...answers.filter((one) => one.status === 429));
    }
    assert.ok(refused.length > 0);
    for (const one of refused) assert.equal(header(one, 'retry-after'), '1');
    assert.match((await ready()).join(), new RegExp(`limit_state.memory_keys. allows: ${refused.length} requests with new keys were refused`));
    for (const status of [200, 200, 429]) assert.equal((await send('known')).status, status);
  });
});

test('R17: gateways that share a server enforce one limit, and go on by their policies without it', () =>
  withFolder(async (folder) => {
    const socket = path.join(folder, 'redis.sock');
    let server = await startRedis(socket, folder);
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
      const { detail } = JSON.parse((await gateways[0].get('/health/ready')).text);
      assert.match(detail.join(), /limits: the store .* is away; limits act by onStoreFailure, and [0-9]+ bookings wait/);
      server = await startRedis(socket, folder);
      const back = await gateways[0].waitForLog((line) => line.event === 'limit_store_back', 'the log line of a server that is back');
      // Four of `open` are one booking: they count in the same slice. The questions of `closed` took nothing.
      assert.ok(back.away_ms >= 0 && back.answered_without_it >= 5, JSON.stringify(back));
      assert.ok(back.bookings_delivered >= 1, JSON.stringify(back));
      assert.equal(back.bookings_lost, 0);
      assert.deepEqual(JSON.parse((await gateways[0].get('/health/ready')).text).detail, []);
      // What passed without the server counts in it.
      assert.equal((await send(0, 'open')).status, 429);
    } finally {
      server.kill('SIGKILL');
      for (const gateway of gateways) await gateway.stop();
      await upstream.close();
    }
  }));

for (const store of ['memory', 'a shared server']) {
  test(`R17: what was counted outlives deployments that change the window, in ${store}`, () =>
    withFolder(async (folder) => {
      const socket = path.join(folder, 'redis.sock');
      const server = store === 'memory' ? null : await startRedis(socket, folder);
      const config = server === null ? {} : { limit_state: { redis: `unix://${socket}` } };
      const upstream = await FaultyUpstream.start();
      const year = { technique: 'fixed', window: 31_536_000 };
      const gateway = await Gateway.start({ config, routes: [limited('changing', { limit: 10, ...year })], upstream });
      try {
        let counted = 0;
        const pass = async () => {
          const response = await gateway.chat(ask('dynamic/changing'));
          assert.equal(response.status, 200, response.text);
          counted += 1;
          assert.equal(header(response, 'x-ratelimit-remaining-requests'), String(10 - counted));
        };
        await pass();
        await pass();
        for (const properties of [{ technique: 'sliding', window: 3600 }, { technique: 'sliding', window: 7200 }, { technique: 'sliding', window: 60 }, year]) {
          const from = gateway.logs.length;
          await gateway.writeRoute('changing', limited('changing', { limit: 10, ...properties }));
          await gateway.waitForLog((line) => line.event === 'route_published' && line.route === 'changing', 'the deployment', { from });
          await pass();
        }
      } finally {
        server?.kill('SIGKILL');
        await gateway.stop();
        await upstream.close();
      }
    }));
}

test('R16: a request that a server runs too late, and its gateway passed meanwhile, counts once', () =>
  withFolder(async (folder) => {
    const socket = path.join(folder, 'redis.sock');
    const server = await startRedis(socket, folder);
    const upstream = await FaultyUpstream.start();
    const gateway = await Gateway.start({ config: { limit_state: { redis: `unix://${socket}` } }, routes: ROUTES, upstream });
    try {
      const send = () => gateway.chat(ask('dynamic/shared'));
      assert.equal(header(await send(), 'x-ratelimit-remaining-requests'), '2');
      server.kill('SIGSTOP');
      assert.equal((await send()).status, 200);
      server.kill('SIGCONT');
      const back = await gateway.waitForLog((line) => line.event === 'limit_store_back', 'the log line of a server that is back');
      assert.equal(back.bookings_delivered, 1, JSON.stringify(back));
      const last = await send();
      assert.equal(last.status, 200, last.text);
      assert.equal(header(last, 'x-ratelimit-remaining-requests'), '0');
      assert.equal((await send()).status, 429);
    } finally {
      server.kill('SIGCONT');
      server.kill('SIGKILL');
      await gateway.stop();
      await upstream.close();
    }
  }));

test('while the server is away the admin API says 503 of limits, and why, and goes on when it is back', () =>
  withFolder(async (folder) => {
    const socket = path.join(folder, 'redis.sock');
    let server = await startRedis(socket, folder);
    const controlled = await ControlledGateway.start({ config: { limit_state: { redis: `unix://${socket}` } }, routes: [ROUTES[0]] });
    const key = { element: 'limit', key: [] };
    const questions = [
      ['GET', '/routes/file:shared/limits'],
      ['POST', '/routes/file:shared/limits/reset', key],
      ['POST', '/routes/file:shared/limits/grant', { ...key, amount: 1 }],
      ['GET', '/limits'],
    ];
    try {
      assert.equal((await controlled.chat('shared')).status, 200);
      server.kill('SIGKILL');
      await once(server, 'exit');
      for (const [method, where, body] of questions) {
        const answer = await controlled.ask(method, where, body);
        assert.equal(answer.status, 503, `${method} ${where}: ${JSON.stringify(answer.body)}`);
        assert.equal(answer.body.success, false);
        assert.equal(answer.body.result, null);
        assert.match(answer.body.errors[0].message, /^the server that keeps the limits can't be asked: ./);
      }
      server = await startRedis(socket, folder);
      await controlled.gateway.waitForLog((line) => line.event === 'limit_store_back', 'the log line of a server that is back');
      assert.equal((await controlled.chat('shared')).status, 200);
      for (const [method, where, body] of questions) {
        const answer = await controlled.ask(method, where, body);
        assert.equal(answer.status, 200, `${method} ${where}: ${JSON.stringify(answer.body)}`);
      }
    } finally {
      server.kill('SIGKILL');
      await controlled.stop();
    }
  }));
