// The built-in provider `demo`, which answers inside the process.

import assert from 'node:assert/strict';
import { ask, assertOpenAiError, attempts, eventData, fixture, model, route, streamText, test } from './harness.mjs';

const { gateway } = await fixture({
  routes: [
    route('demo', [model('m', 'echo', { provider: 'demo' })]),
    route('saved', [
      model('slow', 'slow-2000ms', { provider: 'demo', timeout: 100, fallback: 'down' }),
      model('down', 'fail-503', { provider: 'demo', fallback: 'last' }),
      model('last', 'echo', { provider: 'demo' }),
    ]),
  ],
});

const SAID = 'The quick brown fox jumps over the lazy dog.';
const demo = (name, more) => gateway.chat(ask(`demo/${name}`, { messages: [{ role: 'user', content: SAID }], ...more }));

test('demo/echo answers with a whole completion that repeats the question', async () => {
  const first = (await demo('echo')).json();
  assert.equal(first.object, 'chat.completion');
  assert.equal(first.choices[0].message.role, 'assistant');
  assert.equal(first.choices[0].finish_reason, 'stop');
  assert.ok(first.choices[0].message.content.includes(SAID));
  assert.equal(first.usage.total_tokens, first.usage.prompt_tokens + first.usage.completion_tokens);
});

test('demo/echo streams the same text in chunks, and ends with [DONE]', async () => {
  const plain = (await demo('echo')).json().choices[0].message.content;
  const response = await demo('echo', { stream: true });
  assert.ok(response.complete);
  assert.match(response.header('content-type'), /^text\/event-stream/);
  const events = eventData(response.text);
  assert.equal(events.at(-1), '[DONE]');
  assert.ok(events.length > 3);
  assert.equal(streamText(response.text), plain);
  const chunks = events.slice(0, -1).map((data) => JSON.parse(data));
  assert.ok(chunks.every((chunk) => chunk.object === 'chat.completion.chunk' && chunk.id === chunks[0].id));
});

for (const status of [400, 401, 429, 500, 503]) {
  for (const stream of [false, true]) {
    test(`demo/fail-${status} answers ${status}${stream ? ' to a stream too' : ''}`, async () => {
      assertOpenAiError(await demo(`fail-${status}`, { stream }), status);
    });
  }
}

for (const stream of [false, true]) {
  test(`demo/slow-300ms answers no sooner than that${stream ? ', streaming' : ''}`, async () => {
    const start = performance.now();
    assert.equal((await demo('slow-300ms', { stream })).status, 200);
    assert.ok(performance.now() - start >= 295);
  });
}

test('demo works in a route, with timeouts, errors and fallbacks as any provider', async () => {
  const response = await gateway.chat(ask('dynamic/saved'));
  assert.equal(response.status, 200);
  assert.equal(response.header('cf-aig-provider'), 'demo');
  assert.equal(response.header('cf-aig-step'), '2');
  assert.deepEqual(attempts(await gateway.logOf(response)), ['slow:timeout', 'down:overloaded', 'last:ok']);
});

test('R26: demo carries the route headers', async () => {
  const response = await gateway.chat(ask('dynamic/demo'));
  assert.equal(response.header('cf-aig-model'), 'echo');
  assert.equal(response.header('cf-aig-provider'), 'demo');
  assert.equal(response.header('cf-aig-step'), '0');
});

test('R22: demo/break, streamed, ends with an error event and no [DONE]', async () => {
  const response = await demo('break', { stream: true });
  assert.match(eventData(response.text).at(-1), /^\{"error"/);
  assert.ok(!response.text.includes('[DONE]'));
});

test('an unknown demo model is a 404 that lists the known ones', async () => {
  assertOpenAiError(await demo('hello'), 404, { message: /echo/ });
});
