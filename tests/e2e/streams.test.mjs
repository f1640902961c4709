// Streams that start late, break, stall or end oddly (R20, R22), and back-pressure.

import assert from 'node:assert/strict';
import { chunkJson, flood, streamEvents, streamPieces } from './faulty_upstream.mjs';
import { ask, attempts, eventData, fixture, model, route, streamText, test } from './harness.mjs';

const backed = (name, upstreamModel, properties) =>
  route(name, [model('m', upstreamModel, { ...properties, fallback: 'n' }), model('n', 'second')]);

const { upstream, gateway } = await fixture({
  routes: [
    backed('role-only', 'role-then-silence', { timeout: 200 }),
    backed('pings-only', 'pings-only', { timeout: 200 }),
    backed('cut-0', 'cut-after:0', { timeout: 5000 }),
    backed('fin-0', 'fin-after:0', { timeout: 5000 }),
    backed('error-0', 'error-event:0', { timeout: 5000 }),
    backed('tool-call', 'tool-call', { timeout: 300 }),
    backed('finish-first', 'finish-first', { timeout: 300 }),
    backed('empty-stream', 'empty-stream', { timeout: 5000 }),
    backed('html-stream', 'html', { timeout: 5000 }),
    backed('cut', 'cut-after:2', { timeout: 5000, retries: 2 }),
    backed('fin', 'fin-after:2', { timeout: 5000, retries: 2 }),
    backed('stall', 'stall-after:2', { timeout: 5000, stallTimeout: 200, retries: 2 }),
    backed('error', 'error-event:2', { timeout: 5000, retries: 2 }),
    route('pinged', [model('m', 'pings:8:100', { stallTimeout: 400 })]),
    route('drip', [model('m', 'drip:8:100', { timeout: 300, stallTimeout: 400 })]),
    route('retried', [model('m', 'retried', { retries: 1, retryDelay: 1 })]),
  ],
});

const stream = (name) => gateway.chat(ask(`dynamic/${name}`, { stream: true }));

// route, what the first attempt's class is
const early = [
  ['R20: a role-only chunk is no token: silence after it is a timeout', 'role-only', 'timeout'],
  ['R20: pings are no token', 'pings-only', 'timeout'],
  ['R21: a stream that is reset before its first token', 'cut-0', 'reset'],
  ['R21: a stream that ends early before its first token', 'fin-0', 'reset'],
  ['R21: an error event before the first token', 'error-0', 'server_error'],
];
for (const [what, name, kind] of early) {
  test(`${what}, and the fallback's stream is all that the client sees`, async () => {
    const response = await stream(name);
    assert.equal(response.status, 200);
    assert.equal(response.text, streamEvents('second').join(''));
    assert.equal(response.header('cf-aig-model'), 'second');
    assert.deepEqual(attempts(await gateway.logOf(response)), [`m:${kind}`, 'n:ok']);
  });
}

test('a stream with nothing in it, or a web page in place of one, is no answer', async () => {
  upstream.on('empty-stream', streamPieces([]));
  for (const name of ['empty-stream', 'html-stream']) {
    const response = await stream(name);
    assert.equal(response.text, streamEvents('second').join(''), name);
  }
});

const firstTokens = [
  ['a tool call', 'tool-call', { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } }] }, null],
  ['a finish reason', 'finish-first', {}, 'stop'],
];
for (const [what, name, delta, finish] of firstTokens) {
  test(`R20: ${what} is a first token: the timeout ends with it`, async () => {
    const role = streamEvents(name, { tokens: 0, finish: false, done: false })[0];
    upstream.on(name, async (wire) => {
      await wire.streamHead();
      await wire.chunk(role);
      await wire.chunk(`data: ${chunkJson(name, delta, finish)}\n\n`);
      await wire.pause(600);
      await wire.chunk('data: [DONE]\n\n');
      await wire.lastChunk();
    });
    const response = await stream(name);
    assert.equal(response.header('cf-aig-model'), name);
    assert.ok(response.complete);
    assert.equal(eventData(response.text).at(-1), '[DONE]');
  });
}

test('R21: a failed start is retried on the same model', async () => {
  upstream.on('retried', 'fail:503', 'drip:3:1');
  const response = await stream('retried');
  assert.equal(streamText(response.text), 't0 t1 t2 ');
  assert.deepEqual(attempts(await gateway.logOf(response)), ['m:overloaded', 'm:ok']);
});

for (const [what, name] of [
  ['is reset', 'cut'],
  ['ends without its last chunk', 'fin'],
  ['stalls', 'stall'],
  ['has an error event', 'error'],
]) {
  test(`R22: a stream that ${what} after its first tokens ends with an error event and no [DONE]`, async () => {
    const before = upstream.of('second').length;
    const client = await gateway.connect();
    client.chat(ask(`dynamic/${name}`, { stream: true }));
    const response = await client.response();
    const events = eventData(response.text);
    const errors = events.filter((data) => data.startsWith('{"error"'));
    assert.equal(errors.length, 1, response.text);
    assert.equal(events.at(-1), errors[0], 'the error event is the last');
    const { error } = JSON.parse(errors[0]);
    assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
    assert.ok(response.text.endsWith('\n\n'), 'the error event is a whole event');
    assert.equal(streamText(events.slice(0, -1).map((data) => `data: ${data}\n`).join('')), 't0 t1 ');
    assert.ok(!response.text.includes('[DONE]'));
    await client.closed; // The connection must not look as if all were well.
    const line = await gateway.logOf(response);
    assert.deepEqual(attempts(line), ['m:stream']);
    assert.equal(upstream.of('second').length, before, 'no fallback once a token has gone out');
  });
}

test('R20: a ping counts as life between tokens', async () => {
  const response = await stream('pinged');
  assert.ok(response.complete);
  assert.equal(eventData(response.text).at(-1), '[DONE]');
  assert.equal(response.text.match(/^: ping$/gm).length, 8);
});

test('R20: a slow stream may last much longer than timeout and stallTimeout', async () => {
  assert.equal(streamText((await stream('drip')).text), 't0 t1 t2 t3 t4 t5 t6 t7 ');
});

test('R22: a stream that ends properly but without [DONE] is complete, and gets one', async () => {
  const response = await gateway.chat(ask('up/no-done', { stream: true }));
  assert.ok(response.complete);
  assert.equal(response.text, streamEvents('no-done').join(''));
});

test('R22: a stream that the close of the connection ends is complete when it said [DONE]', async () => {
  const response = await gateway.chat(ask('up/close-delimited', { stream: true }));
  assert.ok(response.complete);
  assert.equal(response.text, streamEvents('close-delimited').join(''));
});

test('R22: [DONE] comes once, also with CRLF and without a space', async () => {
  for (const [eol, done] of [['\r\n', 'data: [DONE]'], ['\n', 'data:[DONE]']]) {
    upstream.on('done', streamPieces([...streamEvents('done', { eol, done: false }), done + eol + eol]));
    const response = await gateway.chat(ask('up/done', { stream: true }));
    assert.equal(response.text.match(/\[DONE\]/g).length, 1);
  }
});

test('R22: a chunk that is no JSON is dropped, and the rest goes on', async () => {
  const response = await gateway.chat(ask('up/malformed', { stream: true }));
  assert.equal(response.text, streamEvents('malformed', { tokens: 2 }).join(''));
});

test('events after [DONE] do not reach the client as part of the answer', async () => {
  upstream.on('after-done', streamPieces([...streamEvents('after-done'), 'data: {"late":true}\n\n']));
  const response = await gateway.chat(ask('up/after-done', { stream: true }));
  assert.ok(response.complete);
  assert.ok(!response.text.slice(response.text.indexOf('[DONE]')).includes('late'));
});

test('R24: a client that leaves in mid-stream closes the upstream within 100 ms', async () => {
  const client = await gateway.connect();
  client.chat(ask('up/drip:1000:20', { stream: true }));
  await new Promise((resolve) => client.socket.once('data', resolve));
  const [request] = upstream.of('drip:1000:20');
  const at = performance.now();
  client.close();
  await upstream.waitFor(() => request.closedEarly);
  assert.ok(request.closedAt - at <= 250, `closed after ${request.closedAt - at} ms`);
});

test('a stream gets to the client as it is made: each token before the next is sent', async () => {
  let release;
  const gate = () => new Promise((resolve) => (release = resolve));
  upstream.on('lockstep', async (wire) => {
    await wire.streamHead();
    for (const event of streamEvents('lockstep', { tokens: 5 })) {
      await wire.chunk(event);
      if (event.includes('"content":"t')) await gate();
    }
    await wire.lastChunk();
  });
  const client = await gateway.connect();
  client.chat(ask('up/lockstep', { stream: true }));
  let text = '';
  let seen = 0;
  const onBytes = (bytes) => {
    text += bytes;
    for (; text.includes(`"t${seen} "`); ++seen) release();
  };
  assert.ok((await client.response({ onBytes })).complete);
  client.close();
  assert.equal(seen, 5);
});

test('back-pressure: a client that does not read stops the upstream, and gets everything once it reads', async () => {
  const total = 48 << 20;
  upstream.on('flood', flood(total));
  const client = await gateway.connect();
  client.socket.pause();
  client.chat(ask('up/flood', { stream: true }));
  const request = await upstream.waitFor(() => upstream.of('flood')[0]);
  for (let last = -1; request.sent !== last; ) {
    last = request.sent;
    await new Promise((resolve) => setTimeout(resolve, 400)); // Quiet for this long is a standstill.
  }
  assert.ok(request.sent < 32 << 20, `the gateway and the kernels took ${request.sent} bytes`);
  let size = 0;
  client.socket.resume();
  const response = await client.response({ onBytes: (bytes) => (size += bytes.length) });
  client.close();
  assert.ok(response.complete);
  assert.ok(size >= total);
});

test('R22: a stream whose one event is its finish, without an empty line after it, is complete and gets one [DONE]', async () => {
  const finish = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}`;
  upstream.on('bare-finish', streamPieces([finish]));
  const response = await gateway.chat(ask('up/bare-finish', { stream: true }));
  assert.equal(response.status, 200, response.text);
  assert.equal(response.text, `${finish}\n\ndata: [DONE]\n\n`);
});
