// `junctor faulty-provider`: each behaviour by the model's name, looked at over raw sockets.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import tls from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { PATIENCE_MS, RawClient, binary, eventData, test } from './harness.mjs';
import { Http1Reader } from './http1.mjs';

const SENTENCE = 'The quick brown fox jumps over the lazy dog.';
const WIDE = 'Grüße aus Tromsø: 日本語 и ελληνικά 🦊 👩‍👩‍👧.';
const directory = mkdtempSync(path.join(os.tmpdir(), 'junctor-faulty-'));
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});
const at = (name) => path.join(directory, name);

/** Starts the binary and waits until it listens. */
async function start(...args) {
  const where = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const child = spawn(binary(), ['faulty-provider', ...where, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  void exited.then(() => children.delete(child));
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  const line = await new Promise((resolve, reject) => {
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
      if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')));
    });
    void exited.then((status) => reject(new Error(`it ended: ${JSON.stringify(status)}\n${err}`)));
  });
  const url = new URL(line.match(/^listening on (https?:\/\/127\.0\.0\.1:\d+)$/)[1]);
  return {
    port: Number(url.port),
    protocol: url.protocol,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      assert.deepEqual(await exited, { code: 0, signal: null }, err);
      clearTimeout(timer);
    },
  };
}

const provider = await start('--record', at('record.jsonl'));
after(() => provider.stop());

/** The forms: how each is asked, and how the text of its answers is found. */
const FORMS = {
  openai: {
    ask: (model, stream, text = 'hi') => ['/v1/chat/completions', { model, stream, messages: [{ role: 'user', content: text }] }],
    text: (body) => body.choices[0].message.content,
    delta: (event) => event.choices?.[0]?.delta?.content ?? '',
    errorMessage: (body) => body.error.message,
  },
  anthropic: {
    ask: (model, stream, text = 'hi') => ['/v1/messages', { model, stream, max_tokens: 9, messages: [{ role: 'user', content: [{ type: 'text', text }] }] }],
    text: (body) => body.content.map((block) => block.text ?? '').join(''),
    delta: (event) => event.delta?.text ?? '',
    errorMessage: (body) => (assert.equal(body.type, 'error'), body.error.message),
  },
  google: {
    ask: (model, stream, text = 'hi') => [
      `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
      { contents: [{ role: 'user', parts: [{ text }] }] },
    ],
    text: (body) => body.candidates[0].content.parts.map((part) => part.text ?? '').join(''),
    delta: (event) => event.candidates?.[0]?.content?.parts?.map((part) => part.text ?? '').join('') ?? '',
    errorMessage: (body) => (assert.equal(typeof body.error.status, 'string'), body.error.message),
  },
};
const EVERY_FORM = Object.entries(FORMS);

async function post(where, body, headers = {}, port = provider.port) {
  const client = await RawClient.connect(port);
  client.send('POST', where, headers, body);
  return client;
}

/** One answer, read to its end; undefined where there was no whole head. */
async function answer(model, { form = FORMS.openai, stream = false, text, headers } = {}) {
  const client = await post(...form.ask(model, stream, text), headers);
  const message = await client.head();
  const response = message && (await client.reader.body(message, { isResponse: true }));
  client.close();
  return response;
}

const stream = (model, options) => answer(model, { ...options, stream: true });
const events = (response) => eventData(response.text).filter((data) => data !== '[DONE]').map((data) => JSON.parse(data));
const streamed = (form, response) => events(response).map(form.delta).join('');

// ---------------------------------------------------------------------------------------------- good answers

for (const [name, form] of EVERY_FORM) {
  test(`${name}: ok, plain and streamed`, async () => {
    const plain = await answer('ok', { form });
    assert.equal(plain.status, 200);
    assert.equal(plain.header('content-type'), 'application/json');
    assert.equal(plain.framing, 'length');
    assert.equal(form.text(plain.json()), SENTENCE);
    const response = await stream('ok', { form });
    assert.equal(response.status, 200);
    assert.match(response.header('content-type'), /^text\/event-stream/);
    assert.ok(response.complete);
    assert.equal(streamed(form, response), SENTENCE);
    assert.equal(eventData(response.text).at(-1) === '[DONE]', name === 'openai');
  });

  test(`${name}: echo says the last user message back`, async () => {
    assert.equal(form.text((await answer('echo', { form, text: 'grüezi "du"' })).json()), 'grüezi "du"');
    assert.equal(streamed(form, await stream('echo', { form, text: 'a\nb' })), 'a\nb');
  });

  test(`${name}: a status, with and without Retry-After`, async () => {
    for (const one of [{}, { stream: true }]) {
      const failed = await answer('status-503', { form, ...one });
      assert.equal(failed.status, 503);
      assert.match(form.errorMessage(failed.json()), /503/);
      assert.equal(failed.header('retry-after'), undefined);
      const limited = await answer('status-429-retry-after-7', { form, ...one });
      assert.equal(limited.status, 429);
      assert.equal(limited.header('retry-after'), '7');
    }
  });

  test(`${name}: n failures, then success, counted by the model's name`, async () => {
    const statuses = [];
    for (let i = 0; i < 4; ++i) statuses.push((await answer(`fail-2-500.tag-${name}`, { form })).status);
    assert.deepEqual(statuses, [500, 500, 200, 200]);
    assert.equal((await answer(`fail-2-500.tag-${name}-other`, { form })).status, 500);
  });

  test(`${name}: tool calls, one and two`, async () => {
    const find = {
      openai: (body) => body.choices[0].message.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]),
      anthropic: (body) => body.content.filter((block) => block.type === 'tool_use').map((block) => [block.name, block.input]),
      google: (body) => body.candidates[0].content.parts.map((part) => [part.functionCall.name, part.functionCall.args]),
    }[name];
    const rain = ['get_rain', { city: 'Oslo' }];
    assert.deepEqual(find((await answer('tool-call', { form })).json()), [rain]);
    assert.deepEqual(find((await answer('two-tool-calls', { form })).json()), [rain, ['get_wind', { city: 'Oslo' }]]);
    const text = (await stream('two-tool-calls', { form })).text;
    assert.match(text, /get_rain/);
    assert.match(text, /get_wind/);
    assert.match(text, { openai: /"finish_reason":"tool_calls"/, anthropic: /"stop_reason":"tool_use"/, google: /"finishReason":"STOP"/ }[name]);
  });

  test(`${name}: reasoning, finish reasons and usage`, async () => {
    const expected = {
      openai: { reasoning: /"reasoning_content":"Let me think\."/, filter: /"finish_reason":"content_filter"/, length: /"finish_reason":"length"/, cached: /"cached_tokens":12/ },
      anthropic: { reasoning: /"thinking":"Let me think\."/, filter: /"stop_reason":"refusal"/, length: /"stop_reason":"max_tokens"/, cached: /"input_tokens":8,.*"cache_read_input_tokens":12/ },
      google: { reasoning: /"text":"Let me think\.","thought":true/, filter: /"finishReason":"SAFETY"/, length: /"finishReason":"MAX_TOKENS"/, cached: /"promptTokenCount":20,"cachedContentTokenCount":12/ },
    }[name];
    assert.match((await answer('reasoning', { form })).text, expected.reasoning);
    assert.match((await answer('content-filter', { form })).text, expected.filter);
    assert.match((await stream('content-filter', { form })).text, expected.filter);
    assert.match((await answer('length', { form })).text, expected.length);
    assert.match((await answer('usage-cached', { form })).text, expected.cached);
    assert.doesNotMatch((await answer('no-usage', { form })).text, /"usage/);
    assert.equal((await answer('reasoning', { form })).text.includes(SENTENCE), true);
  });

  test(`${name}: context-length and quota as the provider says them`, async () => {
    const long = await answer('context-length', { form });
    assert.equal(long.status, 400);
    assert.match(form.errorMessage(long.json()), /^prompt is too long/);
    const quota = await answer('quota', { form });
    assert.equal(quota.status, 429);
    assert.match(quota.text, { openai: /insufficient_quota/, anthropic: /enforced_spend_limit_reached/, google: /PerDay/ }[name]);
  });

  test(`${name}: faults in a stream`, async () => {
    const broken = await stream('malformed-chunk-2', { form });
    const lines = eventData(broken.text);
    const bad = lines.findIndex((data) => data.startsWith('{"broken"'));
    assert.throws(() => JSON.parse(lines[bad]));
    const good = [...lines.slice(0, bad), ...lines.slice(bad + 1)].filter((data) => data !== '[DONE]');
    assert.equal(good.map((data) => form.delta(JSON.parse(data))).join(''), SENTENCE);
    assert.equal(lines.slice(0, bad).map((data) => form.delta(JSON.parse(data))).join(''), 'The quick');

    const failed = await stream('error-event-after-3', { form });
    assert.ok(failed.complete);
    assert.equal(streamed(form, failed), 'The quick brown');
    assert.ok(events(failed).at(-1).error);

    const first = await stream('error-event-after-0', { form });
    assert.equal(streamed(form, first), '');
    assert.ok(events(first).at(-1).error);

    const unfinished = await stream('no-finish', { form });
    assert.ok(unfinished.complete);
    assert.equal(streamed(form, unfinished), SENTENCE);
    assert.doesNotMatch(unfinished.text, /\[DONE\]|message_stop|"finish_reason":"|"stop_reason":"|finishReason/);
  });

  test(`${name}: answers that are no answers`, async () => {
    assert.equal((await answer('not-json', { form })).text, 'this is not JSON');
    assert.deepEqual(eventData((await stream('not-json', { form })).text), ['this is not JSON', 'this is not JSON']);
    const wrong = await answer('wrong-types', { form });
    assert.equal(wrong.status, 200);
    assert.throws(() => form.text(wrong.json()));
    const page = await stream('html-200', { form });
    assert.equal(page.status, 200);
    assert.match(page.header('content-type'), /^text\/html/);
    assert.match(page.text, /^<!DOCTYPE html>/);
    const error = await stream('error-200', { form });
    assert.equal(error.status, 200);
    assert.equal(typeof form.errorMessage(error.json()), 'string');
  });

  test(`${name}: a stream that breaks off`, async () => {
    for (const model of ['cut-after-4', 'reset-after-4']) {
      const response = await stream(model, { form });
      assert.equal(response.complete, false, model);
      assert.equal(streamed(form, response), 'The quick brown fox', model);
    }
    const none = await stream('cut-after-0', { form });
    assert.equal(none.status, 200);
    assert.equal(none.complete, false);
    assert.equal(streamed(form, none), '');
  });
}

test('openai: usage comes in a chunk of its own when it is asked for', async () => {
  const client = await post('/v1/chat/completions', { model: 'ok', stream: true, stream_options: { include_usage: true }, messages: [] });
  const chunks = events(await client.response());
  client.close();
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.equal(chunks.at(-1).usage.completion_tokens, 10);
  assert.ok(!(await stream('ok')).text.includes('usage'));
});

test('google: without alt=sse a stream is one JSON array', async () => {
  const client = await post('/v1beta/models/ok:streamGenerateContent', { contents: [] });
  const response = await client.response();
  client.close();
  assert.equal(response.header('content-type'), 'application/json');
  assert.equal(response.json().map(FORMS.google.delta).join(''), SENTENCE);
});

test('openai: embeddings, one vector an input', async () => {
  const client = await post('/v1/embeddings', { model: 'ok', input: ['a', 'b'] });
  const body = (await client.response()).json();
  client.close();
  assert.deepEqual(body.data.map((item) => item.index), [0, 1]);
  assert.deepEqual(body.data[0].embedding, [0.25, -0.5, 1]);
});

test('openai: responses, plain and streamed', async () => {
  const client = await post('/v1/responses', { model: 'ok', input: 'hi' });
  assert.equal((await client.response()).json().output[0].content[0].text, SENTENCE);
  client.send('POST', '/v1/responses', {}, { model: 'ok', input: 'hi', stream: true });
  const all = events(await client.response());
  client.close();
  assert.equal(all[0].type, 'response.created');
  assert.equal(all.at(-1).type, 'response.completed');
  assert.equal(all.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join(''), SENTENCE);
});

test('azure and vertex: the model is the one of the path', async () => {
  for (const [where, status] of [
    ['/openai/deployments/status-418/chat/completions?api-version=1', 418],
    ['/v1/projects/p/locations/r/publishers/anthropic/models/status-529:rawPredict', 529],
    ['/v1/projects/p/locations/r/publishers/google/models/status-504:generateContent', 504],
    ['/v1beta/models/status-50%33:generateContent', 503],
  ]) {
    const client = await post(where, { messages: [] });
    assert.equal((await client.response()).status, status, where);
    client.close();
  }
});

test('other paths tell what was received, and misbehave by the x-faulty header', async () => {
  const client = await RawClient.connect(provider.port);
  client.send('GET', '/v1/voices?limit=2');
  assert.deepEqual((await client.response()).json(), { method: 'GET', target: '/v1/voices?limit=2', body_bytes: 0 });
  client.send('POST', '/v1/speech', { 'x-faulty': 'status-402' }, 'x');
  assert.equal((await client.response()).status, 402);
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 255));
  client.send('POST', '/v1/upload', { 'x-faulty': 'echo', 'Content-Type': 'audio/wav' }, bytes);
  const echoed = await client.response();
  assert.equal(echoed.header('content-type'), 'audio/wav');
  assert.deepEqual(echoed.body, bytes);
  client.close();
});

test('a model that is no behaviour is not found', async () => {
  const response = await answer('status-abc');
  assert.equal(response.status, 404);
  assert.match(response.json().error.message, /no behaviour is called `status-abc`/);
  assert.equal((await answer('gigantic-chunk-5000')).status, 404);
  assert.equal((await answer('status-99')).status, 404);
  assert.equal((await answer('org/ok')).status, 200);
});

// ---------------------------------------------------------------------------------------------- time

const since = (start) => Number(process.hrtime.bigint() - start) / 1e6;

test('slow-first waits before the head, slow-body before each token', async () => {
  let start = process.hrtime.bigint();
  let client = await post(...FORMS.openai.ask('slow-first-300', true));
  await client.head();
  assert.ok(since(start) >= 295, `${since(start)} ms`);
  client.close();
  start = process.hrtime.bigint();
  client = await post(...FORMS.openai.ask('slow-body-40', true));
  const message = await client.head();
  const times = [];
  await client.reader.body(message, { isResponse: true, onBytes: () => times.push(since(start)) });
  client.close();
  assert.ok(times.at(-1) - times[0] >= 9 * 40 - 5, `${times}`);
  assert.ok(times.length >= 10, 'the tokens come one by one');
});

/** Resolves true when nothing more comes for `ms`, and the connection stays open. */
async function staysQuiet(client, ms = 300) {
  let quiet = true;
  client.socket.on('data', () => (quiet = false));
  void client.closed.then(() => (quiet = false));
  client.socket.once('end', () => (quiet = false));
  await new Promise((resolve) => setTimeout(resolve, ms));
  return quiet;
}

test('silent never answers, and stall-after stops in the middle', async () => {
  const silent = await post(...FORMS.openai.ask('silent', false));
  assert.ok(await staysQuiet(silent));
  silent.close();
  const stalled = await post(...FORMS.anthropic.ask('stall-after-2', true));
  const message = await stalled.head();
  let text = '';
  const enough = new Promise((resolve) => {
    void stalled.reader.body(message, {
      isResponse: true,
      onBytes: (bytes) => {
        text += bytes;
        if (text.includes(' quick')) resolve();
      },
    });
  });
  await enough;
  assert.ok(await staysQuiet(stalled));
  assert.ok(!text.includes('brown'));
  stalled.close();
});

// ---------------------------------------------------------------------------------------------- the wire

async function rawAnswer(model, { form = FORMS.openai, streaming = false } = {}) {
  const client = await post(...form.ask(model, streaming));
  const pieces = [];
  client.socket.on('data', (bytes) => pieces.push(bytes));
  const how = await new Promise((resolve) => {
    client.socket.once('end', () => resolve('end'));
    client.socket.once('error', (error) => resolve(error.code));
  });
  client.close();
  return { text: Buffer.concat(pieces).toString('latin1'), how };
}

test('cuts and resets before and in the head', async () => {
  assert.deepEqual(await rawAnswer('cut-before-head'), { text: '', how: 'end' });
  assert.deepEqual(await rawAnswer('reset-before-head'), { text: '', how: 'ECONNRESET' });
  const inside = await rawAnswer('cut-in-head');
  assert.match(inside.text, /^HTTP\/1\.1 200 OK\r\nContent-Type: appl$/);
  assert.equal(inside.how, 'end');
});

test('a plain answer can be cut, too', async () => {
  const response = await answer('cut-after-5');
  assert.equal(response.complete, false);
  assert.ok(response.body.length > 0 && response.body.length < Number(response.header('content-length')));
});

test('close-after closes a connection that it did not say it would close', async () => {
  const client = await post(...FORMS.openai.ask('close-after', false));
  const ended = new Promise((resolve) => client.socket.once('end', resolve));
  const response = await client.response();
  assert.ok(response.complete);
  assert.equal(response.header('connection'), undefined);
  await ended;
  client.close();
});

test('a connection serves many requests', async () => {
  const client = await RawClient.connect(provider.port);
  for (let i = 0; i < 5; ++i) {
    const [where, body] = FORMS.openai.ask('ok', i % 2 === 1);
    client.send('POST', where, {}, body);
    assert.equal((await client.response()).status, 200);
  }
  client.close();
});

test('no-done leaves the end mark out', async () => {
  assert.ok(!(await stream('no-done')).text.includes('[DONE]'));
  const anthropic = await stream('no-done', { form: FORMS.anthropic });
  assert.ok(!anthropic.text.includes('message_stop') && anthropic.text.includes('message_delta'));
});

test('split-utf8 sends pieces that end inside characters', async () => {
  const client = await post(...FORMS.openai.ask('split-utf8', true));
  const message = await client.head();
  let splits = 0;
  const response = await client.reader.body(message, {
    isResponse: true,
    onBytes: (bytes) => {
      if (bytes.toString('utf8').endsWith('\ufffd')) ++splits;
    },
  });
  client.close();
  assert.equal(streamed(FORMS.openai, response), WIDE);
  assert.ok(splits > 5, `${splits} pieces ended inside a character`);
});

test('gigantic-chunk', async () => {
  const lengths = events(await stream('gigantic-chunk-3')).map((event) => FORMS.openai.delta(event).length);
  assert.equal(Math.max(...lengths), 3 * 1024 * 1024);
});

test('comments and CR LF', async () => {
  const commented = await stream('comments-3');
  assert.equal(commented.text.match(/^: keep-alive$/gm).length % 3, 0);
  assert.equal(streamed(FORMS.openai, commented), SENTENCE);
  const crlf = await stream('crlf');
  assert.ok(!/[^\r]\n/.test(crlf.text));
  assert.equal(streamed(FORMS.openai, crlf), SENTENCE);
});

test('tokens and empty', async () => {
  const many = await stream('tokens-200');
  assert.equal(streamed(FORMS.openai, many).trim().split(' ').length, 200);
  assert.equal((await answer('empty')).json().choices[0].message.content, null);
});

test('gzip, plain and streamed', async () => {
  const plain = await answer('gzip');
  assert.equal(plain.header('content-encoding'), 'gzip');
  assert.equal(FORMS.openai.text(JSON.parse(gunzipSync(plain.body))), SENTENCE);
  const response = await stream('gzip');
  assert.equal(eventData(gunzipSync(response.body).toString()).at(-1), '[DONE]');
});

test('http10', async () => {
  for (const streaming of [false, true]) {
    const response = await answer('http10', { stream: streaming });
    assert.match(response.startLine, /^HTTP\/1\.0 200/);
    assert.equal(response.framing, 'close');
    assert.ok(response.text.includes('lazy'));
  }
});

test('trailers', async () => {
  for (const streaming of [false, true]) {
    const response = await answer('trailers', { stream: streaming });
    assert.deepEqual(response.trailers, ['X-Faulty-Trailer: yes']);
    assert.ok(response.complete);
  }
});

test('wrong lengths', async () => {
  const short = await rawAnswer('length-short');
  const [head, body] = short.text.split('\r\n\r\n');
  assert.equal(Number(/Content-Length: (\d+)/.exec(head)[1]), body.length - 10);
  const long = await answer('length-long');
  assert.equal(long.complete, false);
  assert.equal(Number(long.header('content-length')), long.body.length + 10);
});

test('heads and bodies that never end', async () => {
  for (const [model, mark] of [
    ['endless-headers', /X-Endless-1000: /],
    ['endless-body', /./],
  ]) {
    const client = await post(...FORMS.openai.ask(model, true));
    let size = 0;
    let seen = false;
    await new Promise((resolve) => {
      client.socket.on('data', (bytes) => {
        size += bytes.length;
        seen ||= mark.test(bytes.toString('latin1'));
        if (size > 4e6) resolve();
      });
    });
    assert.ok(seen, model);
    client.close();
  }
});

test('behaviours are joined by + and .', async () => {
  const response = await stream('comments-1+crlf.cut-after-2');
  assert.equal(response.complete, false);
  assert.ok(response.text.startsWith(': keep-alive\r\n'));
  assert.equal(streamed(FORMS.openai, response), 'The quick');
});

// ---------------------------------------------------------------------------------------------- records, script, TLS

test('it records what it received, and forgets it when told to', async () => {
  const control = await RawClient.connect(provider.port);
  const ask = async (method, where) => {
    control.send(method, where);
    return (await control.response()).json();
  };
  await ask('DELETE', '/faulty/requests');
  const client = await RawClient.connect(provider.port);
  client.write('POST /v1/chat/completions?x=%41 HTTP/1.1\r\nHost: a\r\nX-Odd:  b c \r\nAuthorization: Bearer k\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"mod\r\nd\r\nel": "echo"}\n\r\n0\r\n\r\n');
  assert.equal((await client.response()).status, 200);
  client.send('POST', '/v1/upload', {}, Buffer.from([0xff, 0x00]));
  await client.response();
  client.close();
  const { requests } = await ask('GET', '/faulty/requests');
  assert.equal(requests.length, 2);
  assert.equal(requests[0].target, '/v1/chat/completions?x=%41');
  assert.equal(requests[0].behaviour, 'echo');
  assert.deepEqual(requests[0].headers, [['Host', 'a'], ['X-Odd', 'b c'], ['Authorization', 'Bearer k'], ['Transfer-Encoding', 'chunked']]);
  assert.equal(requests[0].body, '{"model": "echo"}\n');
  assert.equal(requests[1].body_base64, '/wA=');
  assert.equal(requests[0].connection, requests[1].connection);
  const lines = readFileSync(at('record.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines.slice(-2), requests);
  assert.deepEqual(await ask('DELETE', '/faulty/requests'), { requests: [] });
  assert.deepEqual(await ask('GET', '/faulty/requests'), { requests: [] });
  control.close();
});

test('it lists its behaviours, and every one of them works', async () => {
  const control = await RawClient.connect(provider.port);
  control.send('GET', '/faulty/behaviours');
  const { behaviours } = (await control.response()).json();
  control.close();
  assert.ok(behaviours.length > 40);
  for (const { name, what } of behaviours) {
    assert.ok(what.length > 5, name);
    if (/silent|stall|endless/.test(name)) continue;
    const model = name.replace('<code>', '500').replace('<text>', 'x').replace(/<\w+>/g, '1');
    const { text } = await rawAnswerWithin(model);
    if (!/before-head/.test(name)) assert.match(text, /^HTTP\/1\./, name);
    assert.doesNotMatch(text, /no behaviour is called/, name);
  }
});

async function rawAnswerWithin(model) {
  const client = await post(...FORMS.openai.ask(model, true), { Connection: 'close' });
  const pieces = [];
  client.socket.on('data', (bytes) => pieces.push(bytes));
  await client.closed;
  return { text: Buffer.concat(pieces).toString('latin1') };
}

test('a script beats names: one behaviour a request, the last one stays', async () => {
  writeFileSync(at('script.json'), JSON.stringify({ models: { 'gpt-4o': ['status-503', 'status-429-retry-after-1', 'ok'] }, paths: { '/v1/files': ['status-402'] } }));
  const scripted = await start('--script', at('script.json'));
  try {
    const statuses = [];
    for (let i = 0; i < 4; ++i) {
      const client = await post(...FORMS.openai.ask('gpt-4o', false), {}, scripted.port);
      statuses.push((await client.response()).status);
      client.close();
    }
    assert.deepEqual(statuses, [503, 429, 200, 200]);
    const client = await RawClient.connect(scripted.port);
    client.send('GET', '/v1/files');
    assert.equal((await client.response()).status, 402);
    client.close();
  } finally {
    await scripted.stop();
  }
});

test('a wrong script and a wrong address are refused', async () => {
  writeFileSync(at('wrong.json'), '{"models":{"a":["status-x"]}}');
  await assert.rejects(start('--script', at('wrong.json')), /`models\.a`: no behaviour is called `status-x`/);
  await assert.rejects(start('--script', at('none.json')), /cannot read/);
  await assert.rejects(start('--listen', '127.0.0.1'), /no port/);
});

function connectTls(port, options) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ...options }, () => resolve(socket));
    socket.once('error', reject);
  });
}

test('TLS, good: its authority makes a client trust it', async () => {
  const secure = await start('--tls', 'good', '--tls-authority', at('ca.pem'));
  try {
    assert.equal(secure.protocol, 'https:');
    const ca = readFileSync(at('ca.pem'));
    for (const servername of ['localhost', '']) {
      const socket = await connectTls(secure.port, { ca, servername });
      const client = new RawClient(socket);
      client.send('POST', '/v1/chat/completions', {}, FORMS.openai.ask('ok', true)[1]);
      assert.equal(streamed(FORMS.openai, await client.response()), SENTENCE);
      client.close();
    }
    await assert.rejects(connectTls(secure.port, {}), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  } finally {
    await secure.stop();
  }
});

for (const [mode, code] of [
  ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['expired', 'CERT_HAS_EXPIRED'],
  ['wrong-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['abort', 'ECONNRESET'],
  ['refuse-handshake', /HANDSHAKE_FAILURE/],
]) {
  test(`TLS, ${mode}`, async () => {
    const secure = await start('--tls', mode, '--tls-authority', at(`${mode}.pem`));
    try {
      const ca = readFileSync(at(`${mode}.pem`));
      await assert.rejects(connectTls(secure.port, ca.length ? { ca } : {}), (error) => {
        assert.match(error.code, code instanceof RegExp ? code : new RegExp(`^${code}$`));
        return true;
      });
    } finally {
      await secure.stop();
    }
  });
}

test('it stops while clients wait, and while they read', async () => {
  const other = await start();
  const clients = [];
  for (const model of ['silent', 'endless-body', 'slow-first-600000']) {
    clients.push(await post(...FORMS.openai.ask(model, true), {}, other.port));
  }
  await clients[1].head();
  await other.stop();
  for (const client of clients) client.close();
});
