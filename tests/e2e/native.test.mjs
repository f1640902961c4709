// Providers' own endpoints, `/v1/{account}/{gateway}/{provider}/{rest}`: any method, any body, byte for byte.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { ask, assertOpenAiError, fixture, header, test } from './harness.mjs';

const BASE = '/v1/my-account/my-gateway';
const TOKEN = 'gateway-token';
const { upstream, gateway } = await fixture({
  config: { auth: { bearer_token_env: 'GATEWAY_TOKEN' } },
  env: { GATEWAY_TOKEN: TOKEN, STORED_KEY: 'stored-key', TEAM_KEY: 'team-key' },
  providers: (up) => [
    { slug: 'openai', base_url: up.baseUrl },
    { slug: 'anthropic', base_url: up.baseUrl.replace('/v1', ''), key_env: 'STORED_KEY', keys: { team: 'TEAM_KEY' } },
    { slug: 'google-ai-studio', base_url: up.baseUrl.replace('/v1', ''), key_env: 'STORED_KEY' },
    { slug: 'deepgram', base_url: up.baseUrl.replace('/v1', '') },
    { slug: 'custom-acme', base_url: up.baseUrl.replace('/v1', '/base') },
  ],
});
const own = { 'cf-aig-authorization': `Bearer ${TOKEN}` };

async function send(method, path, headers, body) {
  const client = await gateway.connect();
  const before = upstream.requests.length;
  client.send(method, path.startsWith('/') ? path : `${BASE}/${path}`, headers, body);
  const response = await client.response();
  client.close();
  return { response, request: upstream.requests[before] };
}

const PATHS = [
  ['openai/chat/completions', '/v1/chat/completions'],
  ['openai/v1/chat/completions', '/v1/chat/completions'],
  ['openai/models?limit=2&after=a%20b', '/v1/models?limit=2&after=a%20b'],
  ['anthropic/v1/messages', '/v1/messages'],
  ['google-ai-studio/v1beta/models/gemini-2.5-pro:generateContent', '/v1beta/models/gemini-2.5-pro:generateContent'],
  ['deepgram/v1/listen?model=nova', '/v1/listen?model=nova'],
  ['custom-acme/any/thing?x=1', '/base/any/thing?x=1'],
];
for (const [path, upstreamPath] of PATHS) {
  test(`${path} goes to ${upstreamPath}`, async () => {
    const { response, request } = await send('POST', path, own, ask('plain'));
    assert.equal(response.status, 200, response.text);
    assert.equal(request.path, upstreamPath);
    assert.equal(request.method, 'POST');
    assert.equal(request.body.toString(), JSON.stringify(ask('plain')));
    assert.ok(header(response, 'cf-aig-log-id'));
    assert.ok(header(response, 'cf-aig-event-id'));
    assert.equal(header(response, 'cf-aig-provider'), path.split('/')[0]);
  });
}

for (const method of ['GET', 'DELETE', 'PUT', 'PATCH']) {
  test(`${method} passes`, async () => {
    const { response, request } = await send(method, 'openai/responses/resp_1', own, method === 'GET' || method === 'DELETE' ? undefined : '{}');
    assert.equal(response.status, 200);
    assert.equal(request.method, method);
    assert.equal(request.header('content-length'), method === 'GET' || method === 'DELETE' ? undefined : '2');
  });
}

test('a body that is no JSON arrives byte for byte, multipart type included', async () => {
  const body = randomBytes(100000);
  const type = 'multipart/form-data; boundary=xyz';
  const { request } = await send('POST', 'openai/audio/transcriptions', { ...own, 'Content-Type': type }, body);
  assert.ok(request.body.equals(body));
  assert.equal(request.header('content-type'), type);
});

test('an upload larger than what is kept in memory goes through as it comes', async () => {
  const body = randomBytes(9 * 1024 * 1024);
  const { response, request } = await send('POST', 'openai/files', { ...own, 'Content-Type': 'application/octet-stream' }, body);
  assert.equal(response.status, 200);
  assert.ok(request.body.equals(body));
  assert.equal(request.header('content-length'), String(body.length));
});

test('a chunked upload stays one', async () => {
  const client = await gateway.connect();
  const before = upstream.requests.length;
  client.write(`POST ${BASE}/openai/files HTTP/1.1\r\nHost: x\r\ncf-aig-authorization: Bearer ${TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  client.write('5\r\nhello\r\n');
  client.write('6\r\n world\r\n0\r\n\r\n');
  const response = await client.response();
  client.close();
  assert.equal(response.status, 200);
  assert.equal(upstream.requests[before].body.toString(), 'hello world');
});

test("the provider's errors go through untouched, as do its headers", async () => {
  upstream.on('odd-error', (wire) => wire.answer(418, 'I am a teapot', { 'Content-Type': 'text/plain', 'x-request-id': 'abc', 'retry-after': '7' }));
  const { response } = await send('POST', 'openai/chat/completions', own, ask('odd-error'));
  assert.equal(response.status, 418);
  assert.equal(response.text, 'I am a teapot');
  assert.equal(header(response, 'content-type'), 'text/plain');
  assert.equal(header(response, 'x-request-id'), 'abc');
  assert.equal(header(response, 'retry-after'), '7');
  assert.ok(header(response, 'cf-aig-log-id'));
});

test('a stream passes as it comes', async () => {
  const { response } = await send('POST', 'openai/chat/completions', own, ask('plain', { stream: true }));
  const direct = await fetch(`${upstream.baseUrl}/chat/completions`, { method: 'POST', body: JSON.stringify(ask('plain', { stream: true })) });
  assert.equal(response.text, await direct.text());
});

test('a body that breaks off breaks the connection: it never looks whole', async () => {
  const { response } = await send('POST', 'openai/chat/completions', own, ask('cut-after:2', { stream: true }));
  assert.equal(response.complete, false);
});

const CREDENTIALS = [
  ["the caller's own key goes as it was sent", 'openai/models', { ...own, Authorization: 'Bearer my-key' }, { authorization: 'Bearer my-key' }],
  ['any scheme does', 'deepgram/v1/listen', { ...own, Authorization: 'Token my-key' }, { authorization: 'Token my-key' }],
  ['a configured key serves where the caller has none', 'anthropic/v1/messages', own, { 'x-api-key': 'stored-key', authorization: undefined }],
  ['the key of an alias', 'anthropic/v1/messages', { ...own, 'cf-aig-byok-alias': 'team' }, { 'x-api-key': 'team-key' }],
  ["the gateway's token as Authorization is replaced", 'anthropic/v1/messages', { Authorization: `Bearer ${TOKEN}` }, { 'x-api-key': 'stored-key', authorization: undefined }],
  ["the gateway's token as x-api-key is replaced", 'anthropic/v1/messages', { 'x-api-key': TOKEN }, { 'x-api-key': 'stored-key' }],
  ["the gateway's token as x-goog-api-key is replaced", 'google-ai-studio/v1beta/models', { 'x-goog-api-key': TOKEN }, { 'x-goog-api-key': 'stored-key' }],
  ["keys of other providers don't go", 'openai/models', { ...own, 'x-api-key': 'anthropic-key', 'x-goog-api-key': 'google-key' }, { 'x-api-key': undefined, 'x-goog-api-key': undefined }],
];
for (const [what, path, headers, expected] of CREDENTIALS) {
  test(what, async () => {
    const { response, request } = await send('GET', path, headers);
    assert.equal(response.status, 200, response.text);
    for (const [name, value] of Object.entries(expected)) assert.equal(request.header(name), value, name);
    assert.ok(!request.headers.some(([, value]) => value.includes(TOKEN)), 'the token stays here');
    assert.ok(!request.headers.some(([name]) => name.toLowerCase().startsWith('cf-')), 'our headers stay here');
  });
}

test('without the token nothing is passed on', async () => {
  const before = upstream.requests.length;
  const { response } = await send('GET', 'openai/models', { Authorization: 'Bearer my-key' });
  assertOpenAiError(response, 401);
  assert.ok(header(response, 'cf-aig-log-id'));
  assert.equal(upstream.requests.length, before);
});

test('an unknown provider is a 404 that names it', async () => {
  const { response } = await send('POST', 'opnai/chat/completions', own, '{}');
  assertOpenAiError(response, 404, { message: /opnai/ });
});

for (const path of ['openai/../../admin', 'openai/%2e%2e/x', 'openai/a\\b']) {
  test(`a path that could leave the provider's is refused: ${path}`, async () => {
    const { response } = await send('GET', path, own);
    assert.equal(response.status, 400, response.text);
  });
}

test('cf-aig-max-attempts repeats what may be repeated, with the delay asked for', async () => {
  const options = { ...own, 'cf-aig-max-attempts': '3', 'cf-aig-retry-delay': '1', 'cf-aig-backoff': 'constant' };
  const { response } = await send('POST', 'openai/chat/completions', options, ask('flaky:2:503#native'));
  assert.equal(response.status, 200);
  assert.equal(upstream.of('flaky:2:503#native').length, 3);
  const refused = await send('POST', 'openai/chat/completions', options, ask('fail:400#native'));
  assert.equal(refused.response.status, 400);
  assert.equal(upstream.of('fail:400#native').length, 1);
});

test('cf-aig-request-timeout bounds the time to the first byte', async () => {
  const { response } = await send('POST', 'openai/chat/completions', { ...own, 'cf-aig-request-timeout': '100' }, ask('silent'));
  assertOpenAiError(response, 504);
});

for (const [name, value] of [['cf-aig-max-attempts', '9'], ['cf-aig-request-timeout', 'soon'], ['cf-aig-retry-delay', '-1'], ['cf-aig-backoff', 'random']]) {
  test(`${name}: ${value} is refused by name`, async () => {
    const { response } = await send('POST', 'openai/chat/completions', { ...own, [name]: value }, ask('plain'));
    assertOpenAiError(response, 400, { message: new RegExp(name) });
  });
}

test("the gateway's own errors have the shape that the provider's client reads", async () => {
  const anthropic = (await send('POST', 'anthropic/v1/messages', {}, '{}')).response;
  assert.equal(anthropic.status, 401);
  assert.equal(anthropic.json().type, 'error');
  assert.equal(anthropic.json().error.type, 'authentication_error');
  const google = (await send('POST', 'google-ai-studio/v1beta/models/m:generateContent', { ...own, 'cf-aig-max-attempts': '0' }, '{}')).response;
  assert.equal(google.status, 400);
  assert.equal(google.json().error.code, 400);
  assert.equal(google.json().error.status, 'INVALID_ARGUMENT');
});
