// Targets that keep failing are left alone for a while, then tried by one request at a time.

import assert from 'node:assert/strict';
import { ask, attempts, fixture, model, route, test } from './harness.mjs';

const health = { failures: 3, cooldown: 300 };
const { upstream, gateway } = await fixture({
  routes: [
    route('backed', [model('m', 'down', { health, fallback: 'n' }), model('n', 'second')]),
    route('alone', [model('m', 'down#alone', { health })]),
    route('never', [model('m', 'down#never', { health: false, fallback: 'n' }), model('n', 'second')]),
    route('callers-fault', [model('m', 'fail:400#fault', { health, fallback: 'n' }), model('n', 'second')]),
    route('one-trial', [model('m', 'trial', { health, fallback: 'n' }), model('n', 'second')]),
    route('chain', [
      model('a', 'down#chain', { health, fallback: 'c' }),
      { id: 'c', type: 'conditional', properties: { conditions: { 'metadata.plan': 'paid' } }, outputs: { true: { elementId: 'n' }, false: { elementId: 'end' } } },
      model('n', 'second'),
    ]),
  ],
});
const call = async (name, headers) => {
  const response = await gateway.chat(ask(`dynamic/${name}`), { headers });
  return { response, line: await gateway.logOf(response) };
};
const report = async (name) =>
  (await gateway.get('/health/providers')).json().targets.find((target) => target.model === name);

test('after repeated failures a target is skipped as `overloaded`, and answers come from the fallback alone', async () => {
  upstream.on('down', 'fail:503');
  for (let index = 0; index < 3; ++index) assert.deepEqual(attempts((await call('backed')).line), ['m:overloaded', 'n:ok']);
  const { response, line } = await call('backed');
  assert.equal(response.header('cf-aig-model'), 'second');
  assert.deepEqual(attempts(line), ['m:overloaded', 'n:ok']);
  assert.equal(line.attempts[0].kind, 'skipped');
  assert.equal(upstream.of('down').length, 3, 'the target was not asked again');
  const target = await report('down');
  assert.equal(target.state, 'cooling');
  assert.equal(target.consecutive_failures, 3);
  assert.equal(target.skipped, 1);
  assert.equal(target.last_error, 'overloaded');
  await gateway.waitForLog((one) => one.event === 'provider_cooling' && one.model === 'down', 'the log line');
});

test('when it has cooled down it is tried, and an answer makes it healthy again', async () => {
  upstream.on('down', 'ok');
  await gateway.waitForLog(
    (one) => one.event === 'provider_recovered' && one.model === 'down',
    'the recovery',
    { from: 0, ms: 1 },
  ).catch(() => {});
  let seen;
  for (const begin = Date.now(); Date.now() - begin < 10000 && !seen; ) {
    const { response } = await call('backed');
    if (response.header('cf-aig-model') === 'down') seen = response;
  }
  assert.ok(seen, 'the target was tried again');
  assert.equal((await report('down')).state, 'healthy');
  assert.equal((await report('down')).consecutive_failures, 0);
});

test('where there is no fallback the target is tried all the same', async () => {
  upstream.on('down#alone', 'fail:503');
  for (let index = 0; index < 5; ++index) assert.equal((await call('alone')).response.status, 503);
  assert.equal(upstream.of('down#alone').length, 5);
});

test('`health: false` leaves a target alone', async () => {
  upstream.on('down#never', 'fail:503');
  for (let index = 0; index < 6; ++index) await call('never');
  assert.equal(upstream.of('down#never').length, 6);
});

test("failures of the caller's making don't count", async () => {
  for (let index = 0; index < 5; ++index) await call('callers-fault');
  assert.equal(upstream.of('fail:400#fault').length, 5);
});

test('one request at a time tries a target that has cooled down, and a failed trial cools it for longer', async () => {
  upstream.on('trial', 'fail:503');
  for (let index = 0; index < 3; ++index) await call('one-trial');
  const first = (await report('trial')).cooling_for_ms;
  assert.ok(first > 0 && first <= 300, `${first}`);
  upstream.on('trial', 'slow-failure');
  upstream.on('trial', async (wire) => {
    await wire.pause(300);
    return wire.answer(503, '{}');
  });
  while ((await report('trial')).state !== 'trial') await new Promise((resolve) => setTimeout(resolve, 10));
  await Promise.all(Array.from({ length: 8 }, () => call('one-trial')));
  assert.equal(upstream.of('trial').length, 4, 'one of the eight was the trial');
  const second = (await report('trial')).cooling_for_ms;
  assert.ok(second > 300, `the second cooling time is ${second} ms`);
});

test('skipping works inside any flow', async () => {
  upstream.on('down#chain', 'fail:500');
  for (let index = 0; index < 4; ++index) await call('chain', { 'cf-aig-metadata': '{"plan":"paid"}' });
  assert.equal(upstream.of('down#chain').length, 3);
  const { response } = await call('chain', { 'cf-aig-metadata': '{"plan":"free"}' });
  assert.equal(response.status, 503);
  assert.match(response.json().error.message, /left alone/);
});
