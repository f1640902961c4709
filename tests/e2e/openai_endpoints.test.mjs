// Embeddings and responses on the compat endpoint: passed through to providers that have them, in flows too.

import assert from 'node:assert/strict';
import { completionBody, streamPieces } from './faulty_upstream.mjs';
import { COMPAT, assertOpenAiError, attempts, eventData, fixture, header, model, route, test } from './harness.mjs';

const { upstream, gateway } = await fixture({
  providers: (up) => [
    { slug: 'openai', base_url: up.baseUrl },
    { slug: 'anthropic', base_url: up.baseUrl.replace('/v1', '') },
  ],
  routes: [
    route('vectors', [model('m', 'fail:503', { provider: 'openai', fallback: 'n' }), model('n', 'second', { provider: 'openai' })]),
    route('mixed', [model('m', 'claude', { provider: 'anthropic', fallback: 'n' }), model('n', 'second', { provider: 'openai' })]),
    route('told', [model('m', 'broken', { provider: 'openai', fallback: 'n' }), model('n', 'told', { provider: 'openai' })]),
  ],
});
const send = (operation, body, base = COMPAT) => gateway.chat(body, { path: `${base}/${operation}` });
const event = (type, more = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const COMPLETED = event('response.completed', { response: { id: 'r', usage: { input_tokens: 5, output_tokens: 2, total_tokens: 7 } } });
const DELTA = event('response.output_text.delta', { delta: 'hi' });

test('embeddings go to the provider, the body byte for byte but for the model', async () => {
  const response = await send('embeddings', '{"model":"openai/embed", "input":  ["a","b"]}');
  assert.equal(response.status, 200, response.text);
  const request = upstream.of('embed')[0];
  assert.equal(request.path, '/v1/embeddings');
  assert.equal(request.body.toString(), '{"model":"embed", "input":  ["a","b"]}');
});

for (const base of [COMPAT, '/v1', `${COMPAT}/v1`]) {
  test(`embeddings below ${base}`, async () => {
    assert.equal((await send('embeddings', { model: 'openai/embed', input: 'a' }, base)).status, 200);
  });
}

test('a route serves embeddings, with its fallbacks', async () => {
  const response = await send('embeddings', { model: 'dynamic/vectors', input: 'a' });
  assert.equal(response.text, completionBody('second'));
  assert.equal(header(response, 'cf-aig-step'), '1');
});

test('a provider that has no embeddings is a 400 that says so, and in a route a failure that falls back', async () => {
  const response = await send('embeddings', { model: 'anthropic/claude', input: 'a' });
  assertOpenAiError(response, 400, { message: /embeddings/ });
  const routed = await send('embeddings', { model: 'dynamic/mixed', input: 'a' });
  assert.equal(routed.status, 200);
  assert.deepEqual(attempts(await gateway.logOf(routed)), ['m:bad_request', 'n:ok']);
});

test('a responses stream passes as it is: no [DONE] is added', async () => {
  upstream.on('told', streamPieces([event('response.created'), DELTA, COMPLETED]));
  const response = await send('responses', { model: 'openai/told', input: 'hi', stream: true });
  assert.equal(response.text, event('response.created') + DELTA + COMPLETED);
  assert.equal((await gateway.logOf(response)).tokens_in, 5);
});

test('a responses stream that fails before its first delta falls back; one without an end is broken', async () => {
  upstream.on('broken', streamPieces([event('response.created'), event('response.failed', { response: { error: { code: 'server_error', message: 'no' } } })]));
  const response = await send('responses', { model: 'dynamic/told', input: 'hi', stream: true });
  assert.equal(response.text, event('response.created') + DELTA + COMPLETED);
  upstream.on('broken', streamPieces([event('response.created'), DELTA]));
  const cut = await send('responses', { model: 'dynamic/told', input: 'hi', stream: true });
  assert.ok(JSON.parse(eventData(cut.text).at(-1)).error, cut.text);
});
