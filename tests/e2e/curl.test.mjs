// The same through `curl`, as a person at a shell would do it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { completionBody, streamEvents } from './faulty_upstream.mjs';
import { COMPAT, ask, eventData, fixture, model, outputs, route, test } from './harness.mjs';

const { upstream, gateway } = await fixture({
  routes: [
    route('plain', [model('m', 'plain')]),
    route('drip', [model('m', 'drip:10:60')]),
    route('down', [model('m', 'fail:503')]),
    route('limited', [
      {
        id: 'limit',
        type: 'rate',
        properties: { limitType: 'count', key: 'metadata.user', limit: 1, window: 86400 },
        outputs: outputs({ success: 'm' }),
      },
      model('m', 'plain'),
    ]),
  ],
});

/** Runs curl; resolves with {code, out, err}. `onOut` sees standard output grow. */
function curl(args, { onOut = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn('curl', ['-sS', '--max-time', '15', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const pieces = [];
    let err = '';
    child.stdout.on('data', (bytes) => {
      pieces.push(bytes);
      onOut(Buffer.concat(pieces).toString());
    });
    child.stderr.on('data', (bytes) => (err += bytes));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out: Buffer.concat(pieces).toString(), err }));
  });
}

/** curl's arguments for a chat call, with the body as JSON text. */
const chat = (body, base = COMPAT) => [
  `${gateway.url}${base}/chat/completions`,
  '-H',
  'Content-Type: application/json',
  '-d',
  JSON.stringify(body),
];
const withStatus = ['-w', '\n%{http_code}'];

for (const base of [COMPAT, '/v1']) {
  test(`curl on ${base}: a plain answer has the model's very bytes`, async () => {
    const { code, out } = await curl(chat(ask('dynamic/plain'), base));
    assert.equal(code, 0);
    assert.equal(out, completionBody('plain'));
  });

  test(`curl -N on ${base}: a stream arrives while it is being made, and byte for byte`, async () => {
    let early = false;
    const onOut = (text) => {
      if (text.includes('t0 ') && !text.includes('[DONE]')) early ||= !upstream.of('drip:10:60').at(-1).answered;
    };
    const { code, out } = await curl(['-N', ...chat(ask('dynamic/drip', { stream: true }), base)], { onOut });
    assert.equal(code, 0);
    assert.equal(out, streamEvents('drip:10:60', { tokens: 10 }).join(''));
    assert.ok(early, 'the first token was seen before the upstream had finished');
  });

  test(`curl on ${base}: the route list`, async () => {
    const { out } = await curl([`${gateway.url}${base}/models`]);
    const document = JSON.parse(out);
    assert.equal(document.object, 'list');
    assert.ok(document.data.some((entry) => entry.id === 'dynamic/plain'));
  });
}

const errors = [
  ['R28: an unknown route', chat(ask('dynamic/nowhere')), 404],
  ['an unknown provider', chat(ask('nobody/x')), 400],
  ["R28: the upstream's own error", chat(ask('dynamic/down')), 503],
  ['a body that is no JSON', [`${gateway.url}${COMPAT}/chat/completions`, '-d', 'hello'], 400],
  ['an unknown path', [`${gateway.url}/nowhere`], 404],
];
for (const [what, args, status] of errors) {
  test(`curl: ${what} is ${status} with an OpenAI-shaped body`, async () => {
    const { out } = await curl([...withStatus, ...args]);
    const at = out.lastIndexOf('\n');
    assert.equal(out.slice(at + 1), String(status), out);
    assert.equal(typeof JSON.parse(out.slice(0, at)).error.message, 'string');
  });
}

test('curl -i: R28: a limited request is 429 with Retry-After', async () => {
  const args = ['-i', '-H', 'cf-aig-metadata: {"user":"curl"}', ...chat(ask('dynamic/limited'))];
  assert.match((await curl(args)).out, /^HTTP\/1.1 200/);
  const { out } = await curl(args);
  assert.match(out, /^HTTP\/1.1 429/);
  assert.match(out, /^retry-after: \d+\r$/im);
  assert.match(out, /"rate_limit_error"/);
});

test('curl --data-binary: a body of 8 MiB goes up unchanged, with Expect: 100-continue', async () => {
  const body = JSON.stringify(ask('dynamic/plain', { filler: 'x'.repeat(8 << 20) }));
  const file = path.join(gateway.directory, 'big.json');
  await writeFile(file, body);
  const { code, out, err } = await curl(['-v', ...chat({}).slice(0, 3), '-H', 'Expect: 100-continue', '--data-binary', `@${file}`]);
  assert.equal(code, 0, err);
  assert.equal(out, completionBody('plain'));
  assert.match(err, /< HTTP\/1.1 100/);
  const request = upstream.of('plain').at(-1);
  assert.ok(request.body.equals(Buffer.from(body.replace('dynamic/plain', 'plain'))));
  assert.equal(request.header('expect'), undefined);
});

test('curl with a chunked request body: it goes up whole', async () => {
  const { out } = await curl(['-H', 'Transfer-Encoding: chunked', ...chat(ask('dynamic/plain', { chunked: true }))]);
  assert.equal(out, completionBody('plain'));
  assert.equal(upstream.of('plain').at(-1).json().chunked, true);
});

test('curl --http1.0: a plain answer and a stream', async () => {
  assert.equal((await curl(['--http1.0', ...chat(ask('dynamic/plain'))])).out, completionBody('plain'));
  const { code, out } = await curl(['--http1.0', '-N', ...chat(ask('dynamic/plain', { stream: true }))]);
  assert.equal(code, 0);
  assert.equal(eventData(out).at(-1), '[DONE]');
});

test('curl with two URLs: the connection is kept and used again', async () => {
  const { err } = await curl(['-v', `${gateway.url}/health`, `${gateway.url}/health`]);
  assert.match(err, /Re-using existing connection/i);
});

test('curl: GET /health is 200', async () => {
  const { out } = await curl([...withStatus, `${gateway.url}/health`]);
  assert.match(out, /\n200$/);
});

test('curl: the three lines of the demo provider work with no account', async () => {
  const plain = await curl(chat(ask('demo/echo'), '/v1'));
  assert.equal(JSON.parse(plain.out).object, 'chat.completion');
  const stream = await curl(['-N', ...chat(ask('demo/echo', { stream: true }), '/v1')]);
  assert.equal(eventData(stream.out).at(-1), '[DONE]');
  const failure = await curl([...withStatus, ...chat(ask('demo/fail-503'), '/v1')]);
  assert.match(failure.out, /\n503$/);
});
