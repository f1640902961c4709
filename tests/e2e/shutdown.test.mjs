// SIGTERM: no new connections, running requests finish up to a limit, exit status 0.

import assert from 'node:assert/strict';
import { FaultyUpstream, completionBody } from './faulty_upstream.mjs';
import { Gateway, PATIENCE_MS, RawClient, ask, eventData, test } from './harness.mjs';

async function started(config, body) {
  const upstream = await FaultyUpstream.start();
  const gateway = await Gateway.start({ upstream, config });
  try {
    await body({ upstream, gateway });
  } finally {
    gateway.signal('SIGKILL');
    await gateway.ended();
    await upstream.close();
  }
}

/** Waits until the port takes no more connections. */
async function refusesConnections(gateway) {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    try {
      (await RawClient.connect(gateway.port)).close();
    } catch (error) {
      assert.ok(['ECONNREFUSED', 'ECONNRESET'].includes(error.code), error.code);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('the port still takes connections');
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} while a stream runs: it finishes, new connections are refused, the exit status is 0`, () =>
    started({}, async ({ gateway }) => {
      const client = await gateway.connect();
      client.chat(ask('up/drip:30:50', { stream: true }));
      const head = await client.head();
      gateway.signal(signal);
      await refusesConnections(gateway);
      assert.equal(gateway.status, undefined, 'the stream keeps the gateway alive');
      const response = await client.reader.body(head, { isResponse: true });
      assert.ok(response.complete);
      assert.equal(eventData(response.text).at(-1), '[DONE]');
      assert.deepEqual(await gateway.exited, { code: 0, signal: null });
    }));
}

test('a plain request that waits for its upstream gets its answer', () =>
  started({}, async ({ upstream, gateway }) => {
    const client = await gateway.connect();
    client.chat(ask('up/slow:600'));
    await upstream.waitFor(() => upstream.of('slow:600')[0]);
    gateway.signal('SIGTERM');
    const response = await client.response();
    assert.equal(response.text, completionBody('slow:600'));
    assert.deepEqual(await gateway.exited, { code: 0, signal: null });
  }));

test('idle kept-alive connections do not hold it up', () =>
  started({}, async ({ gateway }) => {
    const client = await gateway.connect();
    client.chat(ask('up/plain'));
    assert.equal((await client.response()).status, 200);
    const start = performance.now();
    gateway.signal('SIGTERM');
    assert.deepEqual(await gateway.exited, { code: 0, signal: null });
    assert.ok(performance.now() - start < 5000);
    await client.closed;
  }));

test('a request that never ends is cut at shutdown_timeout_ms', () =>
  started({ shutdown_timeout_ms: 400 }, async ({ upstream, gateway }) => {
    const client = await gateway.connect();
    client.chat(ask('up/silent'));
    await upstream.waitFor(() => upstream.of('silent')[0]);
    const start = performance.now();
    gateway.signal('SIGTERM');
    const status = await gateway.exited;
    const ms = performance.now() - start;
    assert.deepEqual(status, { code: 0, signal: null });
    assert.ok(ms >= 350 && ms < 6000, `${ms} ms`);
    await client.closed;
  }));

test('SIGTERM right after the start ends it with status 0', () =>
  started({}, async ({ gateway }) => {
    gateway.signal('SIGTERM');
    assert.deepEqual(await gateway.exited, { code: 0, signal: null });
  }));
