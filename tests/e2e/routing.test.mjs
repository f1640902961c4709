// Which model answers: conditions, shares, limits, direct calls, and the headers that say so.

import assert from 'node:assert/strict';
import { FaultyUpstream, completionBody, ok } from './faulty_upstream.mjs';
import { COMPAT, ask, assertOpenAiError, fixture, header, model, outputs, route, test, withGateway } from './harness.mjs';

const when = (id, conditions, yes, no) => ({ id, type: 'conditional', properties: { conditions }, outputs: outputs({ true: yes, false: no }) });
const limit = (properties, fallback) => ({
  id: 'limit',
  type: 'rate',
  properties: { limitType: 'count', window: 86400, ...properties },
  outputs: outputs({ success: 'm', ...(fallback && { fallback }) }),
});

const other = await FaultyUpstream.start();
const { upstream, gateway } = await fixture({
  providers: [{ slug: 'other', base_url: `${other.baseUrl}/deep/path`, key_env: 'OTHER_KEY' }],
  env: { OTHER_KEY: 'sk-other-secret' },
  routes: [
    route('tiers', [when('paid', { 'metadata.plan': 'paid' }, 'big', 'small'), model('big', 'big'), model('small', 'small')]),
    route('region', [when('eu', { 'headers.X-Region': { $in: ['eu', 'ch'] } }, 'yes', 'no'), model('yes', 'yes'), model('no', 'no')]),
    route('tokens', [when('long', { 'body.max_tokens': { $gt: 100 } }, 'yes', 'no'), model('yes', 'yes'), model('no', 'no')]),
    route('message', [
      when('code', { 'body.messages.0.content': { $regex: '^fix', $options: 'i' } }, 'yes', 'no'),
      model('yes', 'yes'),
      model('no', 'no'),
    ]),
    route('streams', [when('s', { 'request.stream': true }, 'yes', 'no'), model('yes', 'yes'), model('no', 'no')]),
    route('sixth', [when('c', { 'metadata.f': { $exists: true } }, 'yes', 'no'), model('yes', 'yes'), model('no', 'no')]),
    route('numbers', [when('c', { 'metadata.n': 5, 'metadata.b': true }, 'yes', 'no'), model('yes', 'yes'), model('no', 'no')]),
    route('sticky', [
      { id: 'split', type: 'percentage', properties: { key: 'metadata.user' }, outputs: outputs({ '50% a': 'yes', '50% b': 'no' }) },
      model('yes', 'yes'),
      model('no', 'no'),
    ]),
    route('shares', [
      { id: 'split', type: 'percentage', outputs: outputs({ '30%': 'yes', else: 'no' }) },
      model('yes', 'yes'),
      model('no', 'no'),
    ]),
    route('cheaper', [limit({ key: 'metadata.user', limit: 2 }, 'n'), model('m', 'dear'), model('n', 'cheap')]),
    route('hard', [limit({ key: 'metadata.user', limit: 2 }), model('m', 'dear')]),
    route('sliding', [limit({ key: ['metadata.user', 'headers.x-team'], limit: 3, technique: 'sliding' }), model('m', 'dear')]),
    route('old-spelling', [
      { ...limit({}), type: 'rate_limit', properties: { limitType: 'count', key: 'metadata.user', limit: 1, interval: 86400 } },
      model('m', 'dear'),
    ]),
    route('cross', [model('a', 'fail:503', { fallback: 'b' }), model('b', 'second', { provider: 'other' })]),
    route('nothing', [when('c', { 'metadata.x': 1 }, 'm', 'end'), model('m', 'plain')]),
  ],
});

const metadata = (values) => ({ 'cf-aig-metadata': JSON.stringify(values) });
const chosen = async (name, headers = {}, more = {}) => {
  const response = await gateway.chat(ask(`dynamic/${name}`, more), { headers });
  assert.equal(response.status, 200, response.text);
  return response.header('cf-aig-model');
};

// route, headers, more of the body, the model that must answer
const decisions = [
  ['tiers', metadata({ plan: 'paid' }), {}, 'big'],
  ['tiers', metadata({ plan: 'free' }), {}, 'small'],
  ['tiers', {}, {}, 'small'],
  ['region', { 'x-region': 'ch' }, {}, 'yes'],
  ['region', { 'X-REGION': 'eu' }, {}, 'yes'],
  ['region', { 'x-region': 'us' }, {}, 'no'],
  ['tokens', {}, { max_tokens: 101 }, 'yes'],
  ['tokens', {}, { max_tokens: 100 }, 'no'],
  ['tokens', {}, { max_tokens: '101' }, 'no'],
  ['message', {}, { messages: [{ role: 'user', content: 'Fix this' }] }, 'yes'],
  ['message', {}, { messages: [{ role: 'user', content: 'please fix' }] }, 'no'],
  ['streams', {}, { stream: true }, 'yes'],
  ['streams', {}, {}, 'no'],
  ['numbers', metadata({ n: 5, b: true }), {}, 'yes'],
  ['numbers', metadata({ n: '5', b: true }), {}, 'no'],
  ['sixth', metadata({ a: 1, b: 2, c: 3, d: 4, f: 5 }), {}, 'yes'],
  ['sixth', metadata({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }), {}, 'no'],
];
for (const [name, headers, more, expected] of decisions) {
  test(`R11, R18, R37: ${name} with ${JSON.stringify({ ...headers, ...more })} goes to ${expected}`, async () => {
    assert.equal(await chosen(name, headers, more), expected);
  });
}

test('R13: a split with a key is sticky, and different keys go different ways', async () => {
  const byUser = new Map();
  for (const user of Array.from({ length: 24 }, (_, index) => `user-${index}`)) {
    const twice = [await chosen('sticky', metadata({ user })), await chosen('sticky', metadata({ user }))];
    assert.equal(twice[0], twice[1], user);
    byUser.set(user, twice[0]);
  }
  assert.deepEqual(new Set(byUser.values()), new Set(['yes', 'no']));
});

test('R13: the same key goes the same way in another process', async () => {
  const routes = [
    route('sticky', [
      { id: 'split', type: 'percentage', properties: { key: 'metadata.user' }, outputs: outputs({ '50% a': 'yes', '50% b': 'no' }) },
      model('yes', 'yes'),
      model('no', 'no'),
    ]),
  ];
  await withGateway({ routes }, async ({ gateway: second }) => {
    for (let index = 0; index < 12; ++index) {
      const headers = metadata({ user: `user-${index}` });
      const here = await chosen('sticky', headers);
      assert.equal((await second.chat(ask('dynamic/sticky'), { headers })).header('cf-aig-model'), here);
    }
  });
});

test('R12: a split without a key follows its shares', async () => {
  const client = await gateway.connect();
  let yes = 0;
  for (let index = 0; index < 300; ++index) {
    client.chat(ask('dynamic/shares'));
    yes += (await client.response()).header('cf-aig-model') === 'yes';
  }
  client.close();
  assert.ok(yes > 45 && yes < 140, `30 % of 300 were ${yes}`); // 5.6 standard deviations either way.
});

test('R15: a limit with a fallback admits exactly its count, per key', async () => {
  for (const user of ['ann', 'bob']) {
    const models = [];
    for (let index = 0; index < 4; ++index) models.push(await chosen('cheaper', metadata({ user })));
    assert.deepEqual(models, ['dear', 'dear', 'cheap', 'cheap']);
  }
});

test('R14, R28: a limit without a fallback answers 429 with Retry-After', async () => {
  const headers = metadata({ user: 'carl' });
  for (let index = 0; index < 2; ++index) assert.equal(await chosen('hard', headers), 'dear');
  const count = upstream.requests.length;
  const response = await gateway.chat(ask('dynamic/hard'), { headers });
  assertOpenAiError(response, 429, { code: 'rate_limit_exceeded' });
  const seconds = Number(response.header('retry-after'));
  assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 86400, response.header('retry-after'));
  assert.equal(upstream.requests.length, count, 'nothing went upstream');
});

test('R15: 40 requests at once never get past a limit, over all threads', async () => {
  const headers = metadata({ user: 'rush' });
  const responses = await Promise.all(Array.from({ length: 40 }, () => gateway.chat(ask('dynamic/hard'), { headers })));
  const statuses = responses.map((response) => response.status).sort();
  assert.deepEqual(statuses, [...Array(2).fill(200), ...Array(38).fill(429)]);
});

test('R17: requests without a value for the key share one bucket', async () => {
  const statuses = [];
  for (let index = 0; index < 3; ++index) statuses.push((await gateway.chat(ask('dynamic/hard'))).status);
  assert.deepEqual(statuses, [200, 200, 429]);
});

test('R14: a sliding limit with two key fields counts each pair by itself', async () => {
  const call = async (user, team) => (await gateway.chat(ask('dynamic/sliding'), { headers: { ...metadata({ user }), 'x-team': team } })).status;
  for (const team of ['red', 'blue']) {
    const statuses = [];
    for (let index = 0; index < 4; ++index) statuses.push(await call('dora', team));
    assert.deepEqual(statuses, [200, 200, 200, 429]);
  }
});

test('R2: rate_limit with `interval` means the same', async () => {
  const headers = metadata({ user: 'eve' });
  assert.equal(await chosen('old-spelling', headers), 'dear');
  assertOpenAiError(await gateway.chat(ask('dynamic/old-spelling'), { headers }), 429);
});

// ------------------------------------------------------------------------------------------------ direct calls

test('provider/model calls the provider directly', async () => {
  const response = await gateway.chat(ask('up/plain'));
  assert.equal(response.text, completionBody('plain'));
  assert.equal(response.header('cf-aig-provider'), 'up');
  assert.equal(response.header('cf-aig-model'), 'plain');
});

test('R27: an end without any model is 500 no_model_response', async () => {
  assertOpenAiError(await gateway.chat(ask('dynamic/nothing')), 500, { code: 'no_model_response' });
});

const refused = [
  ['R28: an unknown route is 404 and named', ask('dynamic/nowhere'), 404, /nowhere/],
  ['R28: the empty route name is 404', ask('dynamic/'), 404, undefined],
  ['an unknown provider prefix is 400 and named', ask('nobody/gpt'), 400, /nobody/],
];
for (const [what, body, status, message] of refused) {
  test(what, async () => {
    const count = upstream.requests.length;
    assertOpenAiError(await gateway.chat(body), status, { message });
    assert.equal(upstream.requests.length, count);
  });
}

// ------------------------------------------------------------------------------------------------ headers

test('R26: the response of a route says model, provider, step, route, version and ids', async () => {
  const response = await gateway.chat(ask('dynamic/tiers'), { headers: metadata({ plan: 'paid' }) });
  assert.equal(response.header('cf-aig-model'), 'big');
  assert.equal(response.header('cf-aig-provider'), 'up');
  assert.equal(response.header('cf-aig-step'), '0');
  assert.equal(response.header('cf-aig-route'), 'tiers');
  assert.match(response.header('cf-aig-route-version'), /^[1-9]\d*$/);
  assert.ok(response.header('cf-aig-log-id'));
  assert.ok(response.header('cf-aig-event-id'));
});

test('R26: a stream carries the same headers', async () => {
  const response = await gateway.chat(ask('dynamic/tiers', { stream: true }));
  assert.equal(response.header('cf-aig-model'), 'small');
  assert.equal(response.header('cf-aig-route'), 'tiers');
});

test('R26: after a fallback the step is 1 and the provider is the one that answered', async () => {
  const response = await gateway.chat(ask('dynamic/cross'));
  assert.equal(response.header('cf-aig-step'), '1');
  assert.equal(response.header('cf-aig-provider'), 'other');
  assert.equal(response.header('cf-aig-model'), 'second');
});

test('each request has a log id of its own, failed ones too', async () => {
  const bodies = [ask('dynamic/tiers'), ask('dynamic/tiers'), ask('dynamic/nowhere'), ask('nobody/x'), 'no json'];
  const ids = [];
  for (const body of bodies) ids.push((await gateway.chat(body)).header('cf-aig-log-id'));
  assert.ok(ids.every(Boolean), ids.join());
  assert.equal(new Set(ids).size, bodies.length);
});

test("R26: the upstream's own headers come through, without the hop-by-hop ones", async () => {
  const headers = {
    'x-request-id': 'req_1',
    'x-ratelimit-remaining-requests': '99',
    'openai-processing-ms': '12',
    'Set-Cookie': 'a=1',
    'Keep-Alive': 'timeout=5',
    'cf-aig-model': 'forged',
  };
  for (const stream of [false, true]) {
    upstream.on('heads', ok({ headers }));
    const response = await gateway.chat(ask('up/heads', { stream }));
    assert.equal(response.header('x-request-id'), 'req_1');
    assert.equal(response.header('x-ratelimit-remaining-requests'), '99');
    assert.equal(response.header('openai-processing-ms'), '12');
    assert.notEqual(response.header('keep-alive'), headers['Keep-Alive']);
    assert.equal(response.header('cf-aig-model'), 'heads');
  }
});

test('hop-by-hop, cf-aig and client-address headers never go upstream; others do', async () => {
  const headers = {
    ...metadata({ plan: 'paid' }),
    'cf-aig-event-id': 'ev-1',
    'cf-connecting-ip': '192.0.2.1',
    Connection: 'keep-alive, X-Hop',
    'X-Hop': '1',
    'Keep-Alive': 'timeout=5',
    TE: 'trailers',
    'Proxy-Authorization': 'Basic eA==',
    'X-Custom': 'kept',
    'OpenAI-Organization': 'org-1',
    Authorization: 'Bearer sk-callers-own',
  };
  await gateway.chat(ask('up/heads-up'), { headers });
  const [request] = upstream.of('heads-up');
  const names = request.headerNames;
  for (const name of names) assert.ok(!name.startsWith('cf-'), name);
  for (const gone of ['x-hop', 'keep-alive', 'te', 'proxy-authorization']) assert.ok(!names.includes(gone), gone);
  assert.equal(request.header('x-custom'), 'kept');
  assert.equal(request.header('openai-organization'), 'org-1');
  assert.equal(request.header('authorization'), 'Bearer sk-callers-own', "without a key of ours the caller's goes up");
  assert.equal(request.header('host'), `127.0.0.1:${upstream.port}`);
  assert.equal(names.filter((name) => name === 'content-length').length, 1);
  assert.equal(request.header('transfer-encoding'), undefined);
});

test("a provider's own key is used, and the caller's never reaches it", async () => {
  const response = await gateway.chat(ask('other/keyed'), { headers: { Authorization: 'Bearer sk-callers-own' } });
  assert.equal(response.status, 200);
  const [request] = other.of('keyed');
  assert.equal(request.header('authorization'), 'Bearer sk-other-secret');
  assert.equal(request.path, '/v1/deep/path/chat/completions');
});

test('R28: a gateway token opens the gateway and never goes upstream', async () => {
  const options = {
    routes: [route('plain', [model('m', 'plain')])],
    config: { auth: { bearer_token_env: 'E2E_TOKEN' } },
    env: { E2E_TOKEN: 'gateway-secret' },
  };
  await withGateway(options, async ({ upstream: behind, gateway: guarded }) => {
    const own = { Authorization: 'Bearer gateway-secret' };
    const both = { 'cf-aig-authorization': 'Bearer gateway-secret', Authorization: 'Bearer sk-callers-own' };
    for (const headers of [own, both]) {
      assert.equal((await guarded.chat(ask('dynamic/plain'), { headers })).status, 200);
      assert.ok(!JSON.stringify(behind.requests.at(-1).headers).includes('gateway-secret'));
    }
    assert.equal(behind.requests.at(-1).header('authorization'), 'Bearer sk-callers-own');
    assert.equal((await guarded.get(`${COMPAT}/models`, own)).status, 200);

    const wrong = [
      {},
      { Authorization: 'Bearer wrong' },
      { Authorization: 'gateway-secret' },
      { Authorization: 'Bearer gateway-secret2' },
      { 'cf-aig-authorization': 'Bearer wrong', Authorization: 'Bearer gateway-secret' },
    ];
    const count = behind.requests.length;
    for (const headers of wrong) {
      assertOpenAiError(await guarded.chat(ask('dynamic/plain'), { headers }), 401, { code: 'invalid_api_key' });
      assertOpenAiError(await guarded.get(`${COMPAT}/models`, headers), 401);
    }
    assert.equal(behind.requests.length, count);
    assert.ok(!guarded.stderr.includes('gateway-secret'), 'no token in the log');
  });
});

// ------------------------------------------------------------------------------------------------ connections

test('upstream connections are kept and used again: 30 requests, at most one connection a thread', async () => {
  await gateway.chat(ask('up/pool'));
  const before = upstream.connections;
  const client = await gateway.connect();
  for (let index = 0; index < 30; ++index) {
    client.chat(ask('up/pool'));
    assert.equal((await client.response()).status, 200);
  }
  client.close();
  assert.ok(upstream.connections - before <= 1, `${upstream.connections - before} new connections`);
});

test('an upstream that closes after each answer costs no request', async () => {
  upstream.on('closes', async (wire) => {
    await wire.answer(200, completionBody('closes'));
    wire.end();
  });
  const client = await gateway.connect();
  for (let index = 0; index < 30; ++index) {
    client.chat(ask('up/closes'));
    assert.equal((await client.response()).status, 200);
  }
  client.close();
});

test('pipelined requests are answered in order', async () => {
  const client = await gateway.connect();
  const names = ['slow:60', 'fast-1', 'fast-2'];
  for (const name of names) client.chat(ask(`up/${name}`));
  for (const name of names) assert.equal((await client.response()).text, completionBody(name));
  client.close();
});

test('100 requests at once, each with its own answer', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `many-${index}`);
  const responses = await Promise.all(names.map((name) => gateway.chat(ask(`up/${name}`))));
  responses.forEach((response, index) => assert.equal(response.text, completionBody(names[index])));
});

test('GET models lists every route, once', async () => {
  for (const where of ['/v1/models', `${COMPAT}/models`]) {
    const response = await gateway.get(where);
    assert.equal(response.status, 200);
    assert.match(header(response, 'content-type'), /^application\/json/);
    const ids = response.json().data.map((entry) => entry.id);
    assert.equal(ids.filter((id) => id === 'dynamic/tiers').length, 1);
    assert.equal(new Set(ids).size, ids.length);
  }
});

test('the second upstream ends with the tests', () => other.close());
