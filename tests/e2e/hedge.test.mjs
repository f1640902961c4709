// Hedged calls: the fallback's call begins early, and the first token wins.

import assert from 'node:assert/strict';
import { streamEvents } from './faulty_upstream.mjs';
import { ask, assertOpenAiError, attempts, fixture, model, route, test } from './harness.mjs';

const hedged = (name, first, more = {}) =>
  route(name, [model('m', first, { hedge: { after: 100 }, timeout: 5000, retryDelay: 1, fallback: 'n', ...more }), model('n', `${name}-second`)]);

const { upstream, gateway } = await fixture({
  routes: [
    hedged('quick', 'quick-first'),
    hedged('slow', 'slow:3000#slow'),
    hedged('silent', 'silent#hedge'),
    hedged('slow-both', 'slow:300#both'),
    hedged('fails-early', 'fail:503#early', { retries: 1 }),
    hedged('hedge-fails', 'slow:400#wins'),
    hedged('both-fail', 'slow-then-fails'),
    hedged('streamed', 'silent#streamed'),
    route('ends-there', [model('m', 'slow:300#end', { hedge: { after: 100 }, fallback: 'end' })]),
    route('behind-a-condition', [
      model('m', 'silent#condition', { hedge: { after: 100 }, fallback: 'c' }),
      { id: 'c', type: 'conditional', properties: { conditions: { 'request.stream': false } }, outputs: { true: { elementId: 'n' }, false: { elementId: 'end' } } },
      model('n', 'behind'),
    ]),
  ],
});
const call = (name, more) => gateway.chat(ask(`dynamic/${name}`, more));

test('an answer that comes in time needs no hedge', async () => {
  const response = await call('quick');
  assert.equal(response.header('cf-aig-model'), 'quick-first');
  assert.equal(upstream.of('quick-second').length, 0);
});

test('a slow call is overtaken by its fallback, and cancelled', async () => {
  const response = await call('slow');
  assert.equal(response.status, 200);
  assert.equal(response.header('cf-aig-model'), 'slow-second');
  assert.equal(response.header('cf-aig-step'), '1');
  const line = await gateway.logOf(response);
  assert.deepEqual(attempts(line), ['m:cancelled', 'n:ok']);
  assert.equal(line.attempts[1].kind, 'hedge');
  assert.ok(line.total_ms < 2000, `${line.total_ms} ms`);
  await upstream.waitFor(() => upstream.of('slow:3000#slow')[0].closedEarly, 'the slow call to be cancelled');
});

test('a stream is hedged up to its first token', async () => {
  const response = await call('streamed', { stream: true });
  assert.equal(response.text, streamEvents('streamed-second').join(''));
});

test('the first call wins when its token comes first, and the hedge is cancelled', async () => {
  upstream.on('slow-both-second', 'silent');
  const response = await call('slow-both');
  assert.equal(response.header('cf-aig-model'), 'slow:300#both');
  assert.equal(response.header('cf-aig-step'), '0');
  assert.deepEqual(attempts(await gateway.logOf(response)), ['n:cancelled', 'm:ok']);
  await upstream.waitFor(() => upstream.of('slow-both-second')[0].closedEarly, 'the hedge to be cancelled');
});

test('a call that fails before the hedge is due is retried and falls back as ever', async () => {
  const response = await call('fails-early');
  assert.deepEqual(attempts(await gateway.logOf(response)), ['m:overloaded', 'm:overloaded', 'n:ok']);
});

test('a hedge that fails leaves the first call its chance', async () => {
  upstream.on('hedge-fails-second', 'fail:500');
  const response = await call('hedge-fails');
  assert.equal(response.header('cf-aig-model'), 'slow:400#wins');
});

test('when both fail the caller gets the error of the fallback, which was called once', async () => {
  upstream.on('slow-then-fails', async (wire) => {
    await wire.pause(300);
    return wire.answer(500, '{"error":{"message":"first broke"}}');
  });
  upstream.on('both-fail-second', 'fail:429');
  const response = await call('both-fail');
  assertOpenAiError(response, 429, { type: 'upstream_error' });
  assert.equal(upstream.of('both-fail-second').length, 1);
});

test('a fallback that leads to no call is no hedge', async () => {
  const response = await call('ends-there');
  assert.equal(response.header('cf-aig-model'), 'slow:300#end');
});

test('the way to the fallback may lead through conditions', async () => {
  const response = await call('behind-a-condition');
  assert.equal(response.header('cf-aig-model'), 'behind');
});

test('R24: both calls are cancelled when the caller leaves', async () => {
  upstream.on('silent-second', 'silent');
  const client = await gateway.connect();
  client.chat(ask('dynamic/silent'));
  await upstream.waitFor(() => upstream.of('silent-second').length === 1, 'the hedge');
  client.close();
  await upstream.waitFor(() => upstream.of('silent-second')[0].closedEarly && upstream.of('silent#hedge')[0].closedEarly, 'both to be cancelled');
});
