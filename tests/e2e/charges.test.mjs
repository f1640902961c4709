// R16: what is charged where an attempt used tokens and its answer did not come in one piece: it broke, was too large to be held, or its
// provider had told only a part of what it used.

import assert from 'node:assert/strict';
import { at, withControl } from './control.mjs';
import { chunkJson, completionBody, streamEvents, streamPieces } from './faulty_upstream.mjs';
import { ask, fixture, model, outputs, route, test } from './harness.mjs';

// The faulty upstream says 7 tokens in and 3 out. The test's prices: 0.5 and 1 dollar a token.
const COST = 7 * 0.5 + 3 * 1;
const prices = { 'cf-aig-custom-cost': '{"per_token_in":0.5,"per_token_out":1}' };
const budget = { id: 'budget', type: 'rate', properties: { limitType: 'cost', key: [], limit: 1e6, window: 86400 }, outputs: outputs({ success: 'm' }) };
const { upstream, gateway } = await fixture({
  providers: (up) => [{ slug: 'openai', base_url: up.baseUrl }, { slug: 'anthropic', base_url: up.baseUrl.replace(/\/v1$/, '') }],
  routes: [
    route('plain', [budget, model('m', 'plain')]),
    route('held', [budget, model('m', 'held', { onStreamFailure: 'hold', retries: 1, retryDelay: 1 })]),
    route('retried', [budget, model('m', 'retried', { retries: 1, retryDelay: 1 })]),
    route('told', [budget, model('m', 'told', { provider: 'anthropic' })]),
    route('cut', [budget, model('m', 'cut', { provider: 'anthropic' })]),
    route('responses', [budget, model('m', 'responses', { provider: 'openai' })]),
  ],
});
const call = async (name, more = {}, path) => {
  const response = await gateway.chat({ ...ask(`dynamic/${name}`), ...more }, { headers: prices, path });
  return { response, line: await gateway.logOf(response) };
};
const TEXT = 'x'.repeat(400); // 100 tokens by the estimate

test('R16: an answer that is larger than what is held is charged by the usage at its end', async () => {
  const body = completionBody('plain', 'a long answer '.repeat(20000));
  upstream.on('plain', (wire) => wire.answer(200, body));
  const { response, line } = await call('plain');
  assert.equal(response.text, body);
  assert.equal(line.cost, COST);
  assert.equal(line.cost_estimated, undefined);
  assert.equal(line.tokens_out, 3);
});

test('R16, R22: a held answer that broke and was asked for again is charged too', async () => {
  const broken = async (wire) => {
    await wire.streamHead();
    await wire.chunk(`data: ${chunkJson('held', { content: TEXT })}\n\n`);
    wire.end();
  };
  upstream.on('held', broken, 'ok');
  const { response, line } = await call('held', { stream: true });
  assert.equal(response.status, 200, response.text);
  assert.equal(line.attempts.length, 2);
  assert.ok(line.cost >= 100, `the 100 tokens that came are in ${line.cost}`);
  assert.equal(line.cost_estimated, true);
});

test('R16: a plain answer that was cut is charged for what came of it', async () => {
  const cut = async (wire) => {
    await wire.head(200, { 'Content-Type': 'application/json', 'Content-Length': 10000 });
    await wire.write(completionBody('retried', TEXT));
    wire.end();
  };
  upstream.on('retried', cut, 'ok');
  const { response, line } = await call('retried');
  assert.equal(response.status, 200, response.text);
  assert.ok(line.cost >= 100 + COST, `the 100 tokens that came are in ${line.cost}`);
  assert.equal(line.cost_estimated, true);
});

test('R16: so is one in another form than the caller\'s, of which nothing could be translated', async () => {
  upstream.on('cut', async (wire) => {
    await wire.head(200, { 'Content-Type': 'application/json', 'Content-Length': 10000 });
    await wire.write(JSON.stringify({ id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'text', text: TEXT }] }));
    wire.end();
  });
  const { line } = await call('cut');
  assert.equal(line.outcome, 'failure');
  assert.ok(line.cost >= 100, `the 100 tokens that came are in ${line.cost}`);
  upstream.on('cut', (wire) => wire.answer(200, '{"type":"error","error":{"type":"overloaded_error","message":"overloaded"}}'));
  assert.equal((await call('cut')).line.cost, 0, 'an error has used nothing');
});

test('R16: an error that comes with a status of success has used nothing', async () => {
  upstream.on('retried', (wire) => wire.answer(200, '{"error":{"message":"overloaded","type":"server_error"}}'), 'ok');
  assert.equal((await call('retried')).line.cost, COST);
});

test('R16: a count that a provider told before its text does not stand for the text that came', async () => {
  upstream.on('told', async (wire) => {
    const event = (data) => wire.chunk(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
    await wire.streamHead();
    await event({ type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'told', content: [], usage: { input_tokens: 7, output_tokens: 1 } } });
    await event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
    await event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } });
    wire.end();
  });
  const { line } = await call('told', { stream: true });
  assert.equal(line.outcome, 'stream_failure');
  assert.equal(line.cost, 7 * 0.5 + 100);
  assert.equal(line.cost_estimated, true);
});

test('R16: a stream of the responses API that breaks is charged for the text that came', async () => {
  upstream.on('responses', async (wire) => {
    await wire.streamHead();
    await wire.chunk(`data: ${JSON.stringify({ type: 'response.output_text.delta', delta: TEXT })}\n\n`);
    wire.end();
  });
  const { line } = await call('responses', { messages: undefined, input: 'hi', stream: true }, '/v1/my-account/my-gateway/compat/responses');
  assert.equal(line.outcome, 'stream_failure');
  assert.ok(line.cost >= 100, `the 100 tokens that came are in ${line.cost}`);
});

// The gateway's own rules, on calls in a provider's own form.
const SPENDING = { spend_limits: { enabled: true, rules: [{ id: 'dear', limit: 1e6, limitType: 'cost', window: 86400, model: { mode: 'filter', values: ['dear'] } }] } };

test('a request body cannot hide its model from the rules by its size or its framing', () =>
  withControl({}, async ({ gateway: controlled, admin }) => {
    await admin.gateway('one', SPENDING);
    const path = at('one', '/up/chat/completions');
    const large = await controlled.chat(ask('dear', { padding: 'x'.repeat(5 * 1024 * 1024) }), { path, headers: prices });
    assert.equal(large.status, 200, large.text);
    assert.equal((await controlled.logOf(large)).cost, COST);
    const client = await controlled.connect();
    const body = JSON.stringify(ask('dear'));
    client.send('POST', path, { 'Transfer-Encoding': 'chunked', 'Content-Type': 'application/json', ...prices });
    client.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    const chunked = await client.response();
    client.close();
    assert.equal(chunked.status, 200, chunked.text);
    assert.equal((await controlled.logOf(chunked)).cost, COST);
  }));

const native = (controlled, body, headers = {}) => controlled.chat(body, { path: at('one', '/up/chat/completions'), headers: { ...prices, ...headers } });

test('a stream in a provider\'s own form is asked for its usage, which a caller that did not ask does not see', () =>
  withControl({}, async ({ gateway: controlled, upstream: up, admin }) => {
    await admin.gateway('one', SPENDING);
    up.on('dear', (wire) => streamPieces(streamEvents('dear', { usage: wire.request.json().stream_options?.include_usage === true }))(wire));
    const unasked = await native(controlled, ask('dear', { stream: true }));
    assert.equal(unasked.text, streamEvents('dear').join(''));
    assert.deepEqual(up.of('dear').at(-1).json().stream_options, { include_usage: true });
    const line = await controlled.logOf(unasked);
    assert.equal(line.cost, COST);
    assert.equal(line.cost_estimated, undefined);
    const refused = await native(controlled, ask('dear', { stream: true, stream_options: { include_usage: false, include_obfuscation: false } }));
    assert.equal(refused.text, streamEvents('dear').join(''));
    assert.deepEqual(up.of('dear').at(-1).json().stream_options, { include_usage: true, include_obfuscation: false });
    const asked = ask('dear', { stream: true, stream_options: { include_usage: true } });
    assert.equal((await native(controlled, asked)).text, streamEvents('dear', { usage: true }).join(''));
    assert.equal(up.of('dear').at(-1).body.toString(), JSON.stringify(asked), 'byte for byte');
    await native(controlled, ask('cheap', { stream: true }));
    assert.equal(up.of('cheap').at(-1).json().stream_options, undefined, 'no rule counts it');
  }));

test('where it is told nowhere, the text of the stream is estimated, not what it is wrapped in', () =>
  withControl({}, async ({ gateway: controlled, upstream: up, admin }) => {
    await admin.gateway('one', SPENDING);
    up.on('dear', streamPieces(streamEvents('dear', { tokens: [TEXT] })));
    const response = await native(controlled, ask('dear', { stream: true }), { 'cf-aig-custom-cost': '{"per_token_in":0,"per_token_out":1}' });
    const line = await controlled.logOf(response);
    assert.equal(line.cost, 100);
    assert.equal(line.cost_estimated, true);
  }));

test('an answer that a rule counts does not come compressed', () =>
  withControl({}, async ({ gateway: controlled, upstream: up, admin }) => {
    await admin.gateway('one', SPENDING);
    const codings = async (name) => {
      await native(controlled, ask(name), { 'Accept-Encoding': 'gzip, br' });
      return up.of(name).at(-1).header('accept-encoding');
    };
    assert.equal(await codings('dear'), 'identity');
    assert.equal(await codings('cheap'), 'gzip, br');
  }));

test('embeddings have no output that could be charged', () =>
  withControl({}, async ({ gateway: controlled, upstream: up, admin }) => {
    await admin.gateway('one', SPENDING);
    const vector = JSON.stringify(Array.from({ length: 256 }, (_, index) => index / 256));
    up.on('dear', (wire) => wire.answer(200, `{"object":"list","data":[{"embedding":${vector},"index":0}],"usage":{"prompt_tokens":7,"total_tokens":7}}`));
    for (const path of [at('one', '/up/embeddings'), at('one', '/compat/embeddings')]) {
      const model = path.includes('compat') ? 'up/dear' : 'dear';
      const response = await controlled.chat({ model, input: 'hi' }, { path, headers: prices });
      assert.equal(response.status, 200, response.text);
      const line = await controlled.logOf(response);
      assert.equal(line.cost, 7 * 0.5);
      assert.equal(line.cost_estimated, undefined);
    }
  }));
