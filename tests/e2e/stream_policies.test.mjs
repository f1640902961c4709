// What happens to a stream that breaks after its first token, by the element's onStreamFailure (R22).

import assert from 'node:assert/strict';
import { afterTokens, chunkJson, streamEvents, streamPieces } from './faulty_upstream.mjs';
import { ask, attempts, eventData, fixture, model, route, streamText, test } from './harness.mjs';

const going = (name, upstreamModel, policy, more = {}) =>
  route(name, [
    model('m', upstreamModel, { onStreamFailure: policy, retryDelay: 1, fallback: 'n', ...more }),
    model('n', 'second', { onStreamFailure: policy }),
  ]);

const TEXT = ['one ', 'two ', 'three ', 'four '];
const providers = (upstream) => [
  { slug: 'last', base_url: upstream?.baseUrl, assistant_prefix: 'last_message' },
  { slug: 'field', base_url: upstream?.baseUrl, assistant_prefix: 'prefix_field' },
];

const { upstream, gateway } = await fixture({
  providers,
  routes: [
    going('retried', 'breaks', 'continue', { retries: 1 }),
    going('fallback', 'breaks#fallback', 'continue'),
    going('alone', 'breaks#alone', 'error'),
    route('no-way-out', [model('m', 'breaks#none', { onStreamFailure: 'continue' })]),
    route('differing', [model('m', 'breaks#x', { onStreamFailure: 'continue', fallback: 'd' }), model('d', 'other')]),
    route('twice', [model('m', 'breaks#twice', { onStreamFailure: 'continue', retries: 2, retryDelay: 1 })]),
    route('stalls', [model('m', 'stalls', { onStreamFailure: 'continue', stallTimeout: 150, fallback: 'n' }), model('n', 'second')]),
    route('tools', [model('m', 'tools-break', { onStreamFailure: 'continue', fallback: 'n' }), model('n', 'second')]),
    route('prefix-last', [model('m', 'breaks#last', { onStreamFailure: 'continue', fallback: 'p' }), model('p', 'goes-on', { provider: 'last' })]),
    route('prefix-field', [model('m', 'breaks#field', { onStreamFailure: 'continue', fallback: 'p' }), model('p', 'goes-on#field', { provider: 'field' })]),
    route('held', [model('m', 'held', { onStreamFailure: 'hold', retries: 1, retryDelay: 1, fallback: 'n' }), model('n', 'second')]),
    route('held-stall', [model('m', 'held-stall', { onStreamFailure: 'hold', stallTimeout: 150, fallback: 'n' }), model('n', 'second')]),
    route('held-large', [model('m', 'held-large', { onStreamFailure: 'hold', fallback: 'n' }), model('n', 'second')]),
  ],
});

const stream = (name) => gateway.chat(ask(`dynamic/${name}`, { stream: true }));
const whole = streamPieces(streamEvents('second', { tokens: TEXT }).map((event) => event.replaceAll('chatcmpl-1', 'chatcmpl-2')));
const breaksAfter = (count) => afterTokens(TEXT.slice(0, count), (wire) => wire.end());

/** The stream went on as one: one id, one role, one [DONE], every token once. */
function assertWhole(response, text = TEXT.join('')) {
  assert.equal(response.status, 200);
  const data = eventData(response.text);
  assert.equal(data.at(-1), '[DONE]', response.text);
  assert.equal(data.filter((one) => one === '[DONE]').length, 1);
  const chunks = data.slice(0, -1).map((one) => JSON.parse(one));
  assert.equal(streamText(response.text), text);
  assert.deepEqual([...new Set(chunks.map((chunk) => chunk.id))], ['chatcmpl-1'], response.text);
  assert.equal(chunks.filter((chunk) => chunk.choices[0]?.delta?.role).length, 1, response.text);
  assert.equal(chunks.filter((chunk) => chunk.choices[0]?.finish_reason === 'stop').length, 1, response.text);
}

test('R22: continue: the next attempt answers afresh, what was sent is left out, and the stream goes on under one id', async () => {
  upstream.on('breaks', breaksAfter(2), whole);
  const response = await stream('retried');
  assertWhole(response);
  const line = await gateway.logOf(response);
  assert.deepEqual(attempts(line), ['m:stream', 'm:ok']);
  assert.equal(line.attempts[1].kind, 'begins_afresh');
  assert.equal(line.outcome, 'continued');
});

test('R22: continue: without retries the fallback goes on', async () => {
  upstream.on('breaks#fallback', breaksAfter(3));
  upstream.on('second', whole);
  const response = await stream('fallback');
  assertWhole(response);
  assert.equal(response.header('cf-aig-model'), 'breaks#fallback');
  assert.deepEqual(attempts(await gateway.logOf(response)), ['m:stream', 'n:ok']);
});

test('R22: error is the default: the stream ends with an error event and no [DONE]', async () => {
  upstream.on('breaks#alone', breaksAfter(2));
  const response = await stream('alone');
  const data = eventData(response.text);
  assert.ok(JSON.parse(data.at(-1)).error, response.text);
  assert.ok(!data.includes('[DONE]'));
  assert.equal((await gateway.logOf(response)).outcome, 'stream_failure');
});

test('R22: continue: with no attempt and no fallback left the stream ends with an error', async () => {
  upstream.on('breaks#none', breaksAfter(2));
  const response = await stream('no-way-out');
  assert.equal(streamText(response.text), 'one two ');
  assert.ok(JSON.parse(eventData(response.text).at(-1)).error);
});

test('R22: continue: an answer that begins differently ends the stream with an error, and nothing of it is sent', async () => {
  upstream.on('breaks#x', breaksAfter(2));
  upstream.on('other', streamPieces(streamEvents('other', { tokens: ['one ', 'too ', 'many '] })));
  const response = await stream('differing');
  assert.equal(streamText(response.text), 'one two ');
  assert.ok(JSON.parse(eventData(response.text).at(-1)).error, response.text);
  assert.ok(!response.text.includes('[DONE]'));
});

test('R22: continue: an answer that is shorter than what was sent is another answer', async () => {
  upstream.on('breaks#x', breaksAfter(3));
  upstream.on('other', streamPieces(streamEvents('other', { tokens: ['one ', 'two '] })));
  const response = await stream('differing');
  assert.equal(streamText(response.text), 'one two three ');
  assert.ok(JSON.parse(eventData(response.text).at(-1)).error, response.text);
});

test('R22: continue: a stream may break more than once', async () => {
  upstream.on('breaks#twice', breaksAfter(1), breaksAfter(3), whole);
  const response = await stream('twice');
  assertWhole(response);
  assert.deepEqual(attempts(await gateway.logOf(response)), ['m:stream', 'm:stream', 'm:ok']);
});

test('R22: continue: a stall is a break', async () => {
  upstream.on('stalls', afterTokens(TEXT.slice(0, 2), (wire) => wire.closed));
  upstream.on('second', whole);
  assertWhole(await stream('stalls'));
});

test('R22: continue: an error event in the stream is a break', async () => {
  upstream.on('breaks#fallback', afterTokens(TEXT.slice(0, 2), async (wire) => {
    await wire.chunk('data: {"error":{"message":"overloaded","type":"server_error","code":"overloaded"}}\n\n');
    await wire.lastChunk();
  }));
  upstream.on('second', whole);
  assertWhole(await stream('fallback'));
});

test('R22: continue: a tool call that was begun cannot be gone on from', async () => {
  const call = { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{"a"' } }] };
  upstream.on('tools-break', async (wire) => {
    await wire.streamHead();
    await wire.chunk(`data: ${chunkJson('tools-break', { role: 'assistant', content: null, ...call })}\n\n`);
    wire.end();
  });
  const response = await stream('tools');
  assert.ok(JSON.parse(eventData(response.text).at(-1)).error, response.text);
  assert.equal(upstream.of('second').filter((request) => request.time > upstream.of('tools-break')[0].time).length, 0);
});

for (const [name, id, field] of [['prefix-last', 'last', undefined], ['prefix-field', 'field', true]]) {
  test(`R22: continue: a provider that takes a prefix (${id}) gets the text so far as the assistant's last message`, async () => {
    const goesOn = id === 'last' ? 'goes-on' : 'goes-on#field';
    upstream.on(`breaks#${id}`, breaksAfter(2));
    upstream.on(goesOn, streamPieces(streamEvents(goesOn, { tokens: TEXT.slice(2) })));
    const response = await stream(name);
    assertWhole(response);
    const message = upstream.of(goesOn)[0].json().messages.at(-1);
    assert.deepEqual(message, { role: 'assistant', content: 'one two ', ...(field && { prefix: true }) });
    assert.equal((await gateway.logOf(response)).attempts[1].kind, 'continues');
  });
}

test('R22: hold: nothing is sent before the answer is complete, so a break is retried in full', async () => {
  upstream.on('held', breaksAfter(3), streamPieces(streamEvents('held', { tokens: TEXT })));
  const response = await stream('held');
  assert.equal(response.text, streamEvents('held', { tokens: TEXT }).join(''));
  assert.deepEqual(attempts(await gateway.logOf(response)), ['m:reset', 'm:ok']);
});

test('R22: hold: a stall leads to the fallback, and nothing of the first answer is seen', async () => {
  upstream.on('held-stall', afterTokens(TEXT.slice(0, 2), (wire) => wire.closed));
  upstream.on('second', streamPieces(streamEvents('second', { tokens: 2 })));
  const response = await stream('held-stall');
  assert.equal(response.text, streamEvents('second', { tokens: 2 }).join(''));
  assert.deepEqual(attempts(await gateway.logOf(response)), ['m:timeout', 'n:ok']);
});

test('R22: hold: beyond 1 MiB the answer is sent as it comes, and a break then is an error', async () => {
  const big = 'x'.repeat(65536);
  upstream.on('held-large', afterTokens(Array.from({ length: 20 }, () => big), (wire) => wire.end()));
  const response = await stream('held-large');
  assert.ok(streamText(response.text.replace(/data: \{"error".*/s, '')).length > 1024 * 1024);
  assert.ok(JSON.parse(eventData(response.text).at(-1)).error);
});
