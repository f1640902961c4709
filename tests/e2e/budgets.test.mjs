// Cost limits (R16): what a request's calls cost is charged to every cost limit that it passed, once, when its usage is known.

import assert from 'node:assert/strict';
import { chunkJson, completionBody, streamEvents, streamPieces } from './faulty_upstream.mjs';
import { ask, assertOpenAiError, eventData, fixture, header, model, outputs, route, test } from './harness.mjs';

// The faulty upstream says 7 tokens in and 3 out. The test's prices: 0.5 and 1 dollar a token.
const COST = 7 * 0.5 + 3 * 1;
const budget = (limit, more = {}) => ({
  id: 'budget',
  type: 'rate',
  properties: { limitType: 'cost', key: 'metadata.user', limit, window: 86400, ...more },
  outputs: outputs({ success: 'm' }),
});
const { upstream, gateway } = await fixture({
  config: { prices: { unknown_input_per_million: 1000000, unknown_output_per_million: 1000000 } },
  providers: (up) => [{ slug: 'openai', base_url: up.baseUrl }, { slug: 'openrouter', base_url: up.baseUrl }],
  routes: [
    route('budget', [budget(10), model('m', 'priced')]),
    route('streamed', [budget(10), model('m', 'streamed')]),
    route('options', [budget(10), model('m', 'options', { params: { stream_options: { include_obfuscation: false } } })]),
    route('told', [budget(10), model('m', 'router/told', { provider: 'openrouter' })]),
    route('embedded', [budget(10), model('m', 'embedded', { provider: 'openai' })]),
    route('failing', [budget(20), model('m', 'fail:500#budget')]),
    route('retried', [budget(100), model('m', 'flaky:1:503#budget', { retries: 1, retryDelay: 1 })]),
    route('two', [budget(1000), model('m', 'first', { success: 'n' }), model('n', 'second')]),
    route('reserved', [budget(250, { reserve: true }), model('m', 'priced', { provider: 'openai' })]),
    route('reserved-hedge', [budget(100, { reserve: true, key: 'metadata.user' }), model('m', 'slow:400#reserved', { hedge: { after: 50 }, fallback: 'n' }), model('n', 'reserved-second')]),
    route('reserved-chain', [budget(100, { reserve: true }), model('m', 'reserved-one', { success: 'n', fallback: 'n' }), model('n', 'reserved-two', { fallback: 'o' }), model('o', 'reserved-three', { fallback: 'end' })]),
    route('keyed', [{ ...budget(1), properties: { limitType: 'count', key: 'body.user', limit: 1, window: 86400 } }, model('m', 'priced')]),
    route('cheap', [budget(0.0001), model('m', 'gpt-4o', { provider: 'openai' })]),
    route('fallback', [{ ...budget(5), outputs: outputs({ success: 'm', fallback: 'f' }) }, model('m', 'priced'), model('f', 'free')]),
  ],
});
const prices = { 'cf-aig-custom-cost': '{"per_token_in":0.5,"per_token_out":1}' };
const call = async (name, user, { headers = {}, ...more } = {}) => {
  const response = await gateway.chat(ask(`dynamic/${name}`, more), { headers: { 'cf-aig-metadata': `{"user":"${user}"}`, ...prices, ...headers } });
  return { response, line: await gateway.logOf(response) };
};

test('R16: requests pass while what was spent is below the limit, and each is charged what it cost', async () => {
  const first = await call('budget', 'a');
  assert.equal(first.response.status, 200, first.response.text);
  assert.equal(first.line.cost, COST);
  assert.equal(first.line.cost_estimated, undefined);
  assert.equal((await call('budget', 'a')).response.status, 200, '6.5 of 10 were spent');
  const refused = (await call('budget', 'a')).response;
  assertOpenAiError(refused, 429);
  assert.ok(Number(header(refused, 'retry-after')) > 0);
  assert.equal((await call('budget', 'b')).response.status, 200, 'another key has its own window');
});

test('R16: a refused request goes to the fallback', async () => {
  await call('fallback', 'a');
  assert.equal((await call('fallback', 'a')).response.header('cf-aig-model'), 'free');
});

test('R16: a stream is charged by its usage, which the provider is asked for and the caller does not see', async () => {
  upstream.on('streamed', (wire) => streamPieces(streamEvents('streamed', { usage: wire.request.json().stream_options?.include_usage === true }))(wire));
  const { response, line } = await call('streamed', 'a', { stream: true });
  assert.equal(response.text, streamEvents('streamed').join(''));
  assert.equal(line.cost, COST);
  assert.deepEqual(upstream.of('streamed').at(-1).json().stream_options, { include_usage: true });
  const asked = await call('streamed', 'b', { stream: true, stream_options: { include_usage: true } });
  assert.ok(eventData(asked.response.text).some((data) => data.includes('"usage"')), 'who asks for it sees it');
});

test('R16: what a caller or a route wants of a stream besides stays, and no chunk tells that the usage was asked for', async () => {
  const events = (usage) => {
    const parsed = streamEvents('streamed', { usage: true }).map((event) => event.trim().slice('data: '.length));
    return parsed.map((data) => (data === '[DONE]' || data.includes('"usage"') ? data : JSON.stringify({ ...JSON.parse(data), usage })));
  };
  upstream.on('streamed', (wire) => streamPieces(events(null).map((data) => `data: ${data}\n\n`))(wire));
  const { response, line } = await call('streamed', 'c', { stream: true, stream_options: { include_usage: false, include_obfuscation: true } });
  assert.equal(response.text, streamEvents('streamed').join(''));
  assert.equal(line.cost, COST);
  assert.equal(line.cost_estimated, undefined);
  assert.deepEqual(upstream.of('streamed').at(-1).json().stream_options, { include_obfuscation: true, include_usage: true });
  const asked = await call('streamed', 'd', { stream: true, stream_options: { include_usage: true } });
  assert.equal(eventData(asked.response.text).filter((data) => data.includes('"usage":null')).length, events(null).length - 2, 'who asks sees all of it');
  await call('options', 'e', { stream: true });
  assert.deepEqual(JSON.parse(upstream.of('options').at(-1).body.toString().match(/"stream_options":(\{[^}]*\})/)[1]), { include_obfuscation: false, include_usage: true });
  assert.equal(upstream.of('options').at(-1).body.toString().split('stream_options').length, 2, 'said once');
});

test('R16: what a provider says that an answer cost is charged, but for prices of the caller\'s own', async () => {
  upstream.on('router/told', ...Array(2).fill((wire) => wire.answer(200, completionBody('told', 'hi', { usage: { prompt_tokens: 7, completion_tokens: 3, cost: 0.125 } }))));
  const told = await call('told', 'a', { headers: { 'cf-aig-custom-cost': undefined } });
  assert.equal(told.line.cost, 0.125, told.response.text);
  assert.equal(told.line.cost_estimated, undefined, 'though no table has the model');
  assert.equal((await call('told', 'b')).line.cost, COST);
});

test('R16: embeddings have no output, and their usage is no estimate', async () => {
  upstream.on('embedded', (wire) => wire.answer(200, JSON.stringify({ object: 'list', data: [{ embedding: [0.1, 0.2] }], usage: { prompt_tokens: 7, total_tokens: 7 } })));
  const response = await gateway.chat({ model: 'dynamic/embedded', input: 'hi' }, { headers: prices, path: '/v1/my-account/my-gateway/compat/embeddings' });
  const line = await gateway.logOf(response);
  assert.equal(line.cost, 7 * 0.5);
  assert.equal(line.cost_estimated, undefined);
});

test('R16: without a cost limit nothing is asked for', async () => {
  await gateway.chat(ask('up/streamed', { stream: true }));
  assert.equal(upstream.of('streamed').at(-1).json().stream_options, undefined);
});

test('R16: an attempt that failed without using tokens costs nothing; one that answers after it is charged once', async () => {
  const failed = await call('failing', 'a');
  assert.equal(failed.response.status, 500);
  assert.equal(failed.line.cost, 0);
  assert.equal((await call('retried', 'a')).line.cost, COST);
});

test('R16, R23: each call of a request is charged', async () => {
  assert.equal((await call('two', 'a')).line.cost, 2 * COST);
});

test('R24: a caller that leaves in mid-stream is charged an estimate of what came', async () => {
  upstream.on('streamed', async (wire) => {
    await wire.streamHead();
    await wire.chunk(`data: ${chunkJson('streamed', { content: 'x'.repeat(400) })}\n\n`);
    await wire.closed;
  });
  const client = await gateway.connect();
  client.chat(ask('dynamic/streamed', { stream: true }), { 'cf-aig-metadata': '{"user":"gone"}', ...prices });
  await client.head();
  const from = gateway.logs.length;
  client.close();
  const line = await gateway.waitForLog((one) => one.event === 'request' && one.outcome === 'client_gone', 'the log line', { from });
  assert.equal(line.cost_estimated, true);
  assert.ok(line.cost >= 100, `100 tokens at a dollar are in ${line.cost}`);
});

test('an answer without usage is charged an estimate that is marked as one', async () => {
  upstream.on('priced', (wire) => wire.answer(200, completionBody('priced', 'hello', { usage: undefined })));
  const { line } = await call('budget', 'estimated');
  upstream.on('priced', 'ok');
  assert.equal(line.cost_estimated, true);
  assert.ok(line.cost > 0);
});

test("a model of the table costs what it says, and an unknown one the configured default", async () => {
  const known = await call('cheap', 'a', { headers: { 'cf-aig-custom-cost': undefined } });
  assert.ok(Math.abs(known.line.cost - (7 * 2.5e-6 + 3 * 1e-5)) < 1e-9, `${known.line.cost}`);
  const unknown = await call('budget', 'unknown', { headers: { 'cf-aig-custom-cost': undefined } });
  assert.equal(unknown.line.cost, 10);
  assert.equal(unknown.line.cost_estimated, true);
});

test('R16: with `reserve` concurrent requests cannot overshoot', async () => {
  upstream.on('priced', async (wire) => {
    await wire.pause(300);
    return wire.answer(200, completionBody('priced'));
  });
  const answers = await Promise.all(Array.from({ length: 6 }, () => call('reserved', 'a', { max_tokens: 3 })));
  upstream.on('priced', 'ok');
  const passed = answers.filter((one) => one.response.status === 200);
  const spent = passed.reduce((sum, one) => sum + one.line.cost, 0);
  assert.ok(passed.length >= 1 && spent <= 250, `${passed.length} passed and spent ${spent}`);
  assert.ok(answers.some((one) => one.response.status === 429), 'the reservations of those under way count');
});

// A token of input costs nothing here, one of output a dollar: a call is held for what `max_tokens` says.
const output = { 'cf-aig-custom-cost': '{"per_token_out":1}' };

test('R16: a hedge has what it may cost held besides, and is not made where there is no room', async () => {
  upstream.on('slow:400#reserved', async (wire) => {
    await wire.pause(400);
    return wire.answer(200, completionBody('slow:400#reserved'));
  });
  const roomy = await call('reserved-hedge', 'roomy', { headers: output, max_tokens: 50 });
  assert.equal(roomy.response.header('cf-aig-model'), 'reserved-second', 'two calls of 50 fit into 100');
  const tight = await call('reserved-hedge', 'tight', { headers: output, max_tokens: 51 });
  assert.equal(tight.response.status, 200, tight.response.text);
  assert.equal(tight.response.header('cf-aig-model'), 'slow:400#reserved', 'two calls of 51 do not');
});

test('R16: a fallback after tokens were used has what is missing held first, or is refused with class quota', async () => {
  upstream.on('reserved-one', (wire) => wire.answer(200, completionBody('reserved-one', 'x', { usage: { prompt_tokens: 1, completion_tokens: 60, total_tokens: 61 } })));
  const fits = await call('reserved-chain', 'fits', { headers: output, max_tokens: 50 });
  assert.equal(fits.response.status, 200, fits.response.text);
  // 60 may still be charged for the first answer, and 60 more would be for the second: they do not fit into 100.
  const refused = await call('reserved-chain', 'tight', { headers: output, max_tokens: 60 });
  assert.equal(refused.response.status, 200, 'the last answer that succeeded stands (R23)');
  assert.equal(refused.response.header('cf-aig-model'), 'reserved-one');
  const kinds = refused.line.attempts.map((one) => `${one.element}:${one.kind ?? 'call'}:${one.error ?? 'ok'}`);
  assert.ok(refused.line.attempts.slice(1).every((one) => one.kind === 'refused'), JSON.stringify(kinds));
  assert.equal(refused.line.cost, 60);
});

test('R17: a key may be an object or a megabyte: each value has a bucket of its own', async () => {
  const megabyte = 'x'.repeat(1 << 20);
  for (const user of [{ a: 1 }, { a: 2 }, { a: { b: [1, null] } }, `${megabyte}a`, `${megabyte}b`, { deep: megabyte }]) {
    const status = async () => (await gateway.chat(ask('dynamic/keyed', { user }))).status;
    const name = JSON.stringify(user).slice(-20);
    assert.equal(await status(), 200, name);
    assert.equal(await status(), 429, name);
  }
});

for (const bad of ['nonsense', '{"per_token_in":-1}', '{"per_token_in":"1"}', '{"per_token":1}', '[]', '{"per_token_in":1e300}', '{"per_token_in":NaN}', '{"per_token_out":-0.001}', '{"per_token_in":Infinity}', '{"per_token_in":1,"per_token_in":2}']) {
  test(`cf-aig-custom-cost ${bad} is a 400 that says so`, async () => {
    const response = await gateway.chat(ask('dynamic/budget'), { headers: { 'cf-aig-custom-cost': bad } });
    assertOpenAiError(response, 400, { message: /cf-aig-custom-cost/ });
  });
}
