// The request log line: what happened to each request, and no secret in it.

import assert from 'node:assert/strict';
import { ask, attempts, fixture, model, outputs, route, test } from './harness.mjs';

const { gateway } = await fixture({
  routes: [
    route('walk', [
      { id: 'paid', type: 'conditional', properties: { conditions: { 'metadata.plan': 'paid' } }, outputs: outputs({ true: 'limit', false: 'cheap' }) },
      {
        id: 'limit',
        type: 'rate',
        properties: { limitType: 'count', key: 'metadata.user', limit: 100, window: 3600 },
        outputs: outputs({ success: 'big', fallback: 'cheap' }),
      },
      model('big', 'fail:503', { retries: 1, retryDelay: 1, fallback: 'cheap' }),
      model('cheap', 'answer'),
    ]),
    route('limited', [
      {
        id: 'limit',
        type: 'rate',
        properties: { limitType: 'count', key: 'metadata.user', limit: 1, window: 86400 },
        outputs: outputs({ success: 'm' }),
      },
      model('m', 'answer'),
    ]),
    route('breaks', [model('m', 'fin-after:2')]),
  ],
});

test('a request line has the path through the elements and every attempt', async () => {
  const body = JSON.stringify(ask('dynamic/walk'));
  const response = await gateway.chat(body, { headers: { 'cf-aig-metadata': '{"plan":"paid"}' } });
  const line = await gateway.logOf(response);
  assert.equal(line.event, 'request');
  assert.equal(line.event_id, response.header('cf-aig-event-id'));
  assert.equal(line.method, 'POST');
  assert.match(line.path, /\/compat\/chat\/completions$/);
  assert.equal(line.route, 'walk');
  assert.equal(String(line.version), response.header('cf-aig-route-version'));
  assert.deepEqual(line.elements, ['paid', 'limit', 'big', 'cheap', 'end']);
  assert.deepEqual(attempts(line), ['big:overloaded', 'big:overloaded', 'cheap:ok']);
  const [first, , last] = line.attempts;
  assert.equal(first.provider, 'up');
  assert.equal(first.model, 'fail:503');
  assert.equal(first.status, 503);
  assert.equal(last.status, 200);
  for (const attempt of line.attempts) assert.ok(attempt.ms >= 0);
  assert.equal(line.status, 200);
  assert.equal(typeof line.outcome, 'string');
  assert.ok(line.first_byte_ms >= 0 && line.total_ms >= line.first_byte_ms);
  assert.equal(line.bytes_in, body.length);
  assert.ok(line.bytes_out > response.body.length, 'the head and the framing count too');
});

test('the other branch shows the other path', async () => {
  const line = await gateway.logOf(await gateway.chat(ask('dynamic/walk')));
  assert.deepEqual(line.elements, ['paid', 'cheap', 'end']);
});

test('a stream counts its bytes, and its first byte comes before its end', async () => {
  const response = await gateway.chat(ask('up/drip:6:50', { stream: true }));
  const line = await gateway.logOf(response);
  assert.ok(line.bytes_out > response.body.length, 'the head and the framing count too');
  assert.ok(line.total_ms - line.first_byte_ms >= 200, JSON.stringify(line));
});

test('a direct call has attempts but no route', async () => {
  const line = await gateway.logOf(await gateway.chat(ask('up/direct')));
  assert.ok(!line.route);
  assert.equal(line.attempts.length, 1);
  assert.equal(line.attempts[0].model, 'direct');
});

const failures = [
  ['no JSON', 'no json', 400],
  ['an unknown route', ask('dynamic/nowhere'), 404],
  ['an unknown provider', ask('nobody/x'), 400],
];
for (const [what, body, status] of failures) {
  test(`a refused request (${what}) has a line too`, async () => {
    const line = await gateway.logOf(await gateway.chat(body));
    assert.equal(line.status, status);
    assert.deepEqual(line.attempts, []);
  });
}

test('a limited request has a line with its path up to the limit', async () => {
  await gateway.chat(ask('dynamic/limited'));
  const line = await gateway.logOf(await gateway.chat(ask('dynamic/limited')));
  assert.equal(line.status, 429);
  assert.deepEqual(line.elements, ['limit']);
  assert.deepEqual(line.attempts, []);
});

test('R22: a broken stream is not logged as a success', async () => {
  const [broken, whole] = [await gateway.chat(ask('dynamic/breaks', { stream: true })), await gateway.chat(ask('up/fine', { stream: true }))];
  const [bad, good] = [await gateway.logOf(broken), await gateway.logOf(whole)];
  assert.deepEqual(attempts(bad), ['m:stream']);
  assert.notEqual(bad.outcome, good.outcome);
});

test('neither keys nor prompts are in the log', async () => {
  const body = { model: 'up/private', messages: [{ role: 'user', content: 'my-private-prompt' }] };
  const response = await gateway.chat(body, { headers: { Authorization: 'Bearer sk-my-secret-key' } });
  await gateway.logOf(response);
  assert.ok(!gateway.stderr.includes('my-private-prompt'));
  assert.ok(!gateway.stderr.includes('sk-my-secret-key'));
});

test('every log line is one line of JSON', () => {
  assert.ok(gateway.logs.length > 5);
  for (const line of gateway.stderr.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line), line);
});
