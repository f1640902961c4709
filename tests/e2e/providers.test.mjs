// Providers with wire formats of their own, behind OpenAI's: `junctor faulty-provider` plays Anthropic and Google, well
// and badly, and the caller gets the whole answer or a clear error, never a truncated answer that looks complete.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after } from 'node:test';
import { Gateway, ask, attempts, binary, eventData, header, model, route, streamText, test } from './harness.mjs';

const SENTENCE = 'The quick brown fox jumps over the lazy dog.';

async function startProvider() {
  const child = spawn(binary(), ['faulty-provider', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill('SIGKILL'));
  const line = await new Promise((resolve) => child.stdout.setEncoding('utf8').once('data', resolve));
  after(() => child.kill('SIGTERM'));
  return line.match(/http:\/\/\S+/)[0].replace(/\/$/, '');
}

const origin = await startProvider();
const FORMATS = { openai: '/v1', anthropic: '', 'google-ai-studio': '' };
const backed = (slug, name, more = {}) =>
  route(`${slug}-${name}`, [model('m', name, { provider: slug, timeout: 3000, stallTimeout: 500, fallback: 'n', ...more }), model('n', 'ok', { provider: 'openai' })]);
const BROKEN = ['cut-after-3', 'reset-after-3', 'stall-after-3', 'error-event-after-3'];
const CONTINUED = ['cut-after-3', 'reset-after-3', 'stall-after-3', 'error-event-after-3'];
const gateway = await Gateway.start({
  providers: Object.entries(FORMATS).map(([slug, path]) => ({ slug, base_url: origin + path, key_env: 'PROVIDER_KEY' })),
  env: { PROVIDER_KEY: 'the-key' },
  routes: Object.keys(FORMATS).flatMap((slug) => [
    ...['status-503', 'status-429-retry-after-30', 'quota', 'context-length', 'silent', 'cut-before-head', 'cut-in-head', 'cut-after-0', 'error-event-after-0',
      'endless-headers', 'not-json', 'html-200'].map((name) => backed(slug, name, { timeout: 500, health: false })),
    ...BROKEN.map((name) => route(`${slug}-broken-${name}`, [model('m', name, { provider: slug, stallTimeout: 300, health: false })])),
    ...CONTINUED.map((name) => backed(slug, name, { onStreamFailure: 'continue', health: false })),
    ...CONTINUED.map((name) => ({ ...backed(slug, name, { onStreamFailure: 'hold', health: false }), name: `${slug}-hold-${name}` })),
  ]),
});
after(() => gateway.stop());

const call = (name, more) => gateway.chat(ask(name, more));
const chunksOf = (response) => eventData(response.text).filter((data) => data !== '[DONE]').map((data) => JSON.parse(data));

/** A stream ends with [DONE] once, has one id and one role, and a finish; else it ends with an error and no [DONE]. */
function isWhole(response) {
  const data = eventData(response.text);
  const whole = data.at(-1) === '[DONE]';
  const failed = data.length > 0 && !whole && 'error' in JSON.parse(data.at(-1));
  assert.ok(whole || failed, `neither whole nor failed: ${response.text.slice(-500)}`);
  assert.ok(data.slice(0, -1).every((one) => one !== '[DONE]'));
  return whole;
}

for (const slug of Object.keys(FORMATS)) {
  const direct = (name) => `${slug}/${name}`;

  for (const name of ['ok', 'gzip', 'http10', 'trailers', 'no-usage', 'crlf', 'comments-2', 'slow-body-5']) {
    test(`${slug}: ${name}: the whole text arrives, streamed and not`, async () => {
      const plain = await call(direct(name));
      assert.equal(plain.status, 200, plain.text);
      assert.equal(plain.json().choices[0].message.content, SENTENCE);
      assert.equal(plain.json().choices[0].finish_reason, 'stop');
      assert.equal(plain.json().object, 'chat.completion');
      assert.equal(plain.header('content-encoding'), undefined);
      const stream = await call(direct(name), { stream: true, stream_options: { include_usage: true } });
      assert.match(header(stream, 'content-type'), /^text\/event-stream/);
      assert.equal(streamText(stream.text), SENTENCE);
      assert.ok(isWhole(stream));
      assert.equal(new Set(chunksOf(stream).map((chunk) => chunk.id)).size, 1);
    });
  }

  test(`${slug}: split-utf8: characters stay whole`, async () => {
    const stream = await call(direct('split-utf8'), { stream: true });
    assert.match(streamText(stream.text), /日本語 и ελληνικά 🦊/);
    assert.ok(isWhole(stream));
  });

  test(`${slug}: tools are called in OpenAI's form, two in parallel, streamed and not`, async () => {
    const tools = ['get_rain', 'get_wind'].map((name) => ({ type: 'function', function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } } } } }));
    const plain = await call(direct('two-tool-calls'), { tools });
    const { message, finish_reason: finish } = plain.json().choices[0];
    assert.equal(finish, 'tool_calls');
    assert.deepEqual(message.tool_calls.map((one) => one.function.name), ['get_rain', 'get_wind']);
    for (const one of message.tool_calls) assert.equal(typeof JSON.parse(one.function.arguments), 'object');
    const stream = await call(direct('two-tool-calls'), { tools, stream: true });
    const calls = [];
    for (const chunk of chunksOf(stream)) {
      for (const delta of chunk.choices[0]?.delta?.tool_calls ?? []) {
        calls[delta.index] ??= { name: '', arguments: '' };
        calls[delta.index].name += delta.function?.name ?? '';
        calls[delta.index].arguments += delta.function?.arguments ?? '';
      }
    }
    assert.deepEqual(calls.map((one) => one.name), ['get_rain', 'get_wind']);
    assert.deepEqual(calls.map((one) => JSON.parse(one.arguments)), message.tool_calls.map((one) => JSON.parse(one.function.arguments)));
    assert.ok(chunksOf(stream).some((chunk) => chunk.choices[0]?.finish_reason === 'tool_calls'));
  });

  test(`${slug}: usage is told, cached tokens too, and logged`, async () => {
    const plain = await call(direct('usage-cached'));
    const { usage } = plain.json();
    assert.equal(usage.prompt_tokens, 20);
    assert.equal(usage.prompt_tokens_details.cached_tokens, 12);
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
    const line = await gateway.logOf(plain);
    assert.equal(line.tokens_in, 20);
    assert.equal(line.tokens_out, usage.completion_tokens);
  });

  test(`${slug}: finish reasons: length and content filter`, async () => {
    assert.equal((await call(direct('length'))).json().choices[0].finish_reason, 'length');
    const filtered = await call(direct('content-filter'));
    if (filtered.status === 200) assert.equal(filtered.json().choices[0].finish_reason, 'content_filter');
  });

  const ERRORS = [
    ['status-400', 400], ['status-401', 401], ['status-403', 403], ['status-404', 404], ['status-429-retry-after-7', 429], ['status-500', 500],
    ['status-503', 503], ['status-529', 529], ['context-length', 400], ['quota', 429], ['not-json', 502], ['html-200', 502], ['wrong-types', 502],
    ['cut-before-head', 502], ['cut-in-head', 502], ['endless-headers', 502],
  ];
  for (const [name, status] of ERRORS) {
    test(`${slug}: ${name} is ${status} in OpenAI's shape, streamed or not`, async () => {
      for (const stream of [false, true]) {
        const response = await call(direct(name), { stream });
        if (response.status === 200 && ['not-json', 'wrong-types'].includes(name) && slug === 'openai') continue; // Passed on as it came.
        assert.ok(response.status >= 400, response.text);
        if (!['not-json', 'wrong-types', 'html-200'].includes(name)) assert.equal(response.status, status);
        const { error } = response.json();
        assert.equal(typeof error.message, 'string');
        assert.ok('type' in error && 'code' in error && 'param' in error, response.text);
        assert.ok(!response.text.includes('the-key'));
        if (name === 'context-length') assert.equal(error.code, 'context_length_exceeded');
        if (name.includes('retry-after')) assert.equal(header(response, 'retry-after'), '7');
      }
    });
  }

  for (const name of BROKEN) {
    test(`${slug}: ${name}: a stream that breaks never looks whole`, async () => {
      const response = await call(`dynamic/${slug}-broken-${name}`, { stream: true });
      assert.equal(isWhole(response), false, response.text.slice(-300));
      assert.ok(SENTENCE.startsWith(streamText(response.text)));
    });
  }

  for (const name of ['cut-before-head', 'cut-in-head', 'cut-after-0', 'error-event-after-0', 'silent', 'status-503', 'status-429-retry-after-30', 'quota',
    'context-length', 'endless-headers', 'not-json', 'html-200']) {
    test(`${slug}: ${name} leads to the fallback, streamed or not`, async () => {
      for (const stream of [false, true]) {
        const response = await call(`dynamic/${slug}-${name}`, { stream });
        assert.equal(response.status, 200, response.text);
        if (slug === 'openai' && name === 'not-json') continue;
        const text = stream ? streamText(response.text) : response.json().choices[0].message.content;
        assert.equal(text, SENTENCE);
        const line = await gateway.logOf(response);
        const last = attempts(line).at(-1);
        if (name.endsWith('-after-0') && !stream && slug !== 'openai') continue; // Without a stream there are no tokens to cut after.
        if (!(name.endsWith('-after-0') && !stream)) assert.equal(last, 'n:ok', JSON.stringify(line.attempts));
      }
    });
  }

  for (const name of CONTINUED) {
    for (const policy of ['', 'hold-']) {
      test(`${slug}: ${policy || 'continue-'}${name}: the caller gets the whole answer`, async () => {
        const response = await call(`dynamic/${slug}-${policy}${name}`, { stream: true });
        assert.equal(response.status, 200);
        assert.ok(isWhole(response), response.text.slice(-300));
        assert.equal(streamText(response.text), SENTENCE);
        assert.equal(new Set(chunksOf(response).map((chunk) => chunk.id)).size, 1);
      });
    }
  }
}
