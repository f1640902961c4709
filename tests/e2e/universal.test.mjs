// The universal endpoint, `POST /v1/{account}/{gateway}`: entries tried in turn.

import assert from 'node:assert/strict';
import { ask, fixture, header, model, route, test } from './harness.mjs';

const PATH = '/v1/my-account/my-gateway';
const { upstream, gateway } = await fixture({
  providers: (up) => [
    { slug: 'openai', base_url: up.baseUrl },
    { slug: 'groq', base_url: up.baseUrl },
    { slug: 'anthropic', base_url: up.baseUrl.replace('/v1', '') },
  ],
  routes: [route('support', [model('m', 'fail:500#route', { fallback: 'n' }), model('n', 'from-route')]), route('broken', [model('m', 'fail:503#broken')])],
});

const entry = (provider, name, more = {}) => ({
  provider,
  endpoint: 'chat/completions',
  headers: { Authorization: `Bearer key-of-${provider}`, 'Content-Type': 'application/json' },
  query: ask(name),
  ...more,
});
async function send(body, headers = {}) {
  const before = upstream.requests.length;
  const response = await gateway.chat(body, { path: PATH, headers });
  return { response, requests: upstream.requests.slice(before) };
}
/** The error shape of this endpoint: the key is `error`, a list. */
function assertUniversalError(response, status, code) {
  assert.equal(response.status, status, response.text);
  const document = response.json();
  assert.equal(document.success, false);
  assert.ok(Array.isArray(document.error), response.text);
  assert.equal(typeof document.error[0].message, 'string');
  if (code) assert.equal(document.error[0].code, code);
  assert.ok(header(response, 'cf-aig-log-id'));
  assert.ok(header(response, 'cf-aig-event-id'));
  return document.error[0];
}

test('the first entry that succeeds answers, and cf-aig-step is its number', async () => {
  const { response, requests } = await send([entry('openai', 'fail:503'), entry('groq', 'second')]);
  assert.equal(response.status, 200);
  assert.equal(header(response, 'cf-aig-step'), '1');
  assert.equal(response.json().model, 'second');
  assert.deepEqual(requests.map((request) => request.header('authorization')), ['Bearer key-of-openai', 'Bearer key-of-groq']);
});

test('one entry may stand without a list', async () => {
  const { response } = await send(entry('openai', 'alone'));
  assert.equal(response.status, 200);
  assert.equal(header(response, 'cf-aig-step'), '0');
});

test('a leading v1/ of the endpoint is not doubled, and queries pass', async () => {
  const { requests } = await send(entry('openai', 'plain', { endpoint: 'v1/chat/completions?x=1' }));
  assert.equal(requests[0].path, '/v1/chat/completions?x=1');
});

test('the query goes byte for byte', async () => {
  const query = '{"model":"bytes",  "n": 1.0, "messages":[{"role":"user","content":"\\u00e9"}]}';
  const { requests } = await send(`[{"provider":"openai","endpoint":"chat/completions","query":${query}}]`);
  assert.equal(requests[0].body.toString(), query);
});

test('when all fail, the last error is the answer as its provider gave it', async () => {
  const { response } = await send([entry('openai', 'fail:503'), entry('groq', 'fail:429:7')]);
  assert.equal(response.status, 429);
  assert.equal(header(response, 'cf-aig-step'), '1');
  assert.equal(header(response, 'retry-after'), '7');
  assert.match(response.json().error.message, /429/);
});

test('config repeats an entry before the next one is tried', async () => {
  const config = { maxAttempts: 3, retryDelay: 1, backoff: 'constant' };
  const { response } = await send([entry('openai', 'flaky:2:503#universal', { config }), entry('groq', 'second')]);
  assert.equal(header(response, 'cf-aig-step'), '0');
  assert.equal(upstream.of('flaky:2:503#universal').length, 3);
});

test('config.requestTimeout leads to the next entry', async () => {
  const { response } = await send([entry('openai', 'silent', { config: { requestTimeout: 100 } }), entry('groq', 'second')]);
  assert.equal(header(response, 'cf-aig-step'), '1');
});

test("an entry's headers beat the request's", async () => {
  const slow = entry('openai', 'slow:300#levels');
  slow.headers['cf-aig-request-timeout'] = '5000';
  const { response } = await send([slow, entry('groq', 'second')], { 'cf-aig-request-timeout': '100' });
  assert.equal(header(response, 'cf-aig-step'), '0');
  const other = await send([entry('openai', 'slow:3000#levels'), entry('groq', 'second')], { 'cf-aig-request-timeout': '100' });
  assert.equal(header(other.response, 'cf-aig-step'), '1');
});

test("credentials of the whole request are nobody's but the gateway's", async () => {
  const bare = { provider: 'openai', endpoint: 'chat/completions', query: ask('plain') };
  const { requests } = await send([bare], { Authorization: 'Bearer somebody', 'x-api-key': 'somebody' });
  assert.equal(requests[0].header('authorization'), undefined);
  assert.equal(requests[0].header('x-api-key'), undefined);
});

test('a stream passes as the provider sends it', async () => {
  const { response } = await send([entry('openai', 'plain', { query: ask('plain', { stream: true }) })]);
  assert.match(header(response, 'content-type'), /event-stream/);
  assert.ok(response.text.endsWith('data: [DONE]\n\n'));
});

test('compat serves dynamic routes: the step is the entry, the model element stands beside it', async () => {
  const { response } = await send([entry('openai', 'fail:500'), { provider: 'compat', endpoint: 'chat/completions', query: ask('dynamic/support') }]);
  assert.equal(response.status, 200, response.text);
  assert.equal(header(response, 'cf-aig-step'), '1');
  assert.equal(header(response, 'cf-aig-route-step'), '1');
  assert.equal(header(response, 'cf-aig-route'), 'support');
  assert.equal(header(response, 'cf-aig-model'), 'from-route');
});

test('a route that fails leads to the next entry, and is the answer where there is none', async () => {
  const broken = { provider: 'compat', endpoint: 'chat/completions', query: ask('dynamic/broken') };
  const { response } = await send([broken, entry('groq', 'second')]);
  assert.equal(header(response, 'cf-aig-step'), '1');
  const alone = await send([broken]);
  assert.equal(alone.response.status, 503);
});

const BAD = [
  ['no JSON', '{', 400],
  ['an empty list', '[]', 400],
  ['a number', '7', 400],
  ['an entry that is no object', '[1]', 400],
  ['no provider', [{ endpoint: 'x', query: {} }], 400],
  ['an unknown provider', [entry('nobody', 'x')], 400],
  ['a bad config', [entry('openai', 'x', { config: { maxAttempts: 9 } })], 400],
  ['a header with a line break', [entry('openai', 'x', { headers: { 'x-a': 'a\r\nb: c' } })], 400],
];
for (const [what, body, status] of BAD) {
  test(`${what} gets this endpoint's error shape`, async () => {
    const { response, requests } = await send(body);
    assertUniversalError(response, status);
    assert.equal(requests.length, 0);
  });
}

test('only POST', async () => {
  const response = await gateway.get(PATH);
  assert.equal(response.status, 405);
});
