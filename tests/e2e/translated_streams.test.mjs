// Streams of a provider with a format of its own, at the edges of time: what counts as a token, and what as life (R20).

import assert from 'node:assert/strict';
import { ask, attempts, eventData, fixture, model, route, streamText, test } from './harness.mjs';

const { upstream, gateway } = await fixture({
  providers: (up) => [{ slug: 'anthropic', base_url: up.baseUrl.replace('/v1', '') }],
  routes: [
    route('pinged', [model('m', 'pinged', { provider: 'anthropic', timeout: 2000, stallTimeout: 300 })]),
    route('only-pings', [model('m', 'only-pings', { provider: 'anthropic', timeout: 300, fallback: 'n' }), model('n', 'second')]),
    route('slow-body', [model('m', 'slow-body', { provider: 'anthropic', timeout: 300, stallTimeout: 1000 })]),
    route('stalled', [model('m', 'stalled', { provider: 'anthropic', timeout: 2000, stallTimeout: 200 })]),
  ],
});
const stream = (name) => gateway.chat(ask(`dynamic/${name}`, { stream: true }));
const event = (type, more = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const START = event('message_start', { message: { id: 'msg_1', model: 'm', usage: { input_tokens: 3, output_tokens: 1 } } }) + event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const text = (piece) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: piece } });
const END =
  event('content_block_stop', { index: 0 }) + event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }) + event('message_stop');
const PING = event('ping');

test('pings keep a translated stream alive, though the caller sees nothing of them', async () => {
  upstream.on('pinged', async (wire) => {
    await wire.streamHead();
    await wire.chunk(START + text('one '));
    for (let index = 0; index < 8; ++index) {
      await wire.pause(100);
      await wire.chunk(PING);
    }
    await wire.chunk(text('two') + END);
    await wire.lastChunk();
  });
  const response = await stream('pinged');
  assert.equal(streamText(response.text), 'one two');
  assert.equal(eventData(response.text).at(-1), '[DONE]');
});

test('R20: pings and the start of a message are no token', async () => {
  upstream.on('only-pings', async (wire) => {
    await wire.streamHead();
    await wire.chunk(START);
    while (await wire.chunk(PING)) await wire.pause(50);
  });
  const response = await stream('only-pings');
  assert.deepEqual(attempts(await gateway.logOf(response)), ['m:timeout', 'n:ok']);
});

test('a translated stream that falls silent is a stall', async () => {
  upstream.on('stalled', async (wire) => {
    await wire.streamHead();
    await wire.chunk(START + text('one '));
    await wire.closed;
  });
  const response = await stream('stalled');
  assert.ok(JSON.parse(eventData(response.text).at(-1)).error);
});

test('R20: the first byte of a body that is no stream is the first token: the rest is awaited', async () => {
  const body = JSON.stringify({ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [{ type: 'text', text: 'slowly' }], stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 1 } });
  upstream.on('slow-body', async (wire) => {
    await wire.head(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    for (let at = 0; at < body.length; at += 40) {
      await wire.write(body.slice(at, at + 40));
      await wire.pause(150);
    }
  });
  const response = await gateway.chat(ask('dynamic/slow-body'));
  assert.equal(response.json().choices[0].message.content, 'slowly');
});
