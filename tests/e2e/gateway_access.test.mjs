// Which gateways there are, and who may use them: tokens, the gateway `default`, routes of a gateway's own.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Admin, at, controlled, OPERATOR, withControl } from './control.mjs';
import { ask, binary, model, route, test, withGateway } from './harness.mjs';

const bearer = (token) => ({ 'cf-aig-authorization': `Bearer ${token}` });
const chatOf = (id) => at(id, '/compat/chat/completions');

test('the four rows: a gateway that asks for authentication needs a token, another does not', () =>
  withControl({}, async ({ gateway, admin }) => {
    await admin.gateway('closed', { authentication: true });
    await admin.gateway('open', { authentication: false });
    const { token } = await admin.token();
    const universal = JSON.stringify([{ provider: 'up', endpoint: 'chat/completions', headers: {}, query: ask('plain') }]);
    const endpoints = [
      ['compat', (id, headers) => gateway.chat(ask('up/plain'), { path: chatOf(id), headers })],
      ['native', (id, headers) => gateway.chat(ask('plain'), { path: at(id, '/up/chat/completions'), headers })],
      ['universal', (id, headers) => gateway.chat(universal, { path: at(id, ''), headers })],
      ['models', (id, headers) => gateway.get(at(id, '/compat/models'), headers)],
    ];
    for (const [name, call] of endpoints) {
      for (const [id, headers, status] of [
        ['closed', bearer(token), 200],
        ['closed', {}, 401],
        ['closed', bearer('jct_wrong'), 401],
        ['open', bearer(token), 200],
        ['open', bearer('jct_wrong'), 200],
        ['open', {}, 200],
      ]) {
        const response = await call(id, headers);
        assert.equal(response.status, status, `${name} on ${id} with ${JSON.stringify(headers)}: ${response.text}`);
        if (status === 401 && name === 'universal') assert.equal(response.json().error[0].code, 2009);
        if (status === 401 && name === 'compat') assert.equal(response.json().error.code, 'invalid_api_key');
      }
    }
  }));

test('a token opens only its gateway, only with the permission to run, and only until it is revoked', () =>
  withControl({}, async ({ gateway, admin }) => {
    await admin.gateway('one', { authentication: true });
    await admin.gateway('two', { authentication: true });
    const bound = await admin.token(['run'], { gateway: 'one' });
    const reader = await admin.token(['read', 'edit']);
    const expired = await admin.token(['run'], { expires_at: new Date(Date.now() + 1000).toISOString() });
    const call = async (id, token) => (await gateway.chat(ask('up/plain'), { path: chatOf(id), headers: bearer(token) })).status;
    assert.equal(await call('one', bound.token), 200);
    assert.equal(await call('two', bound.token), 401);
    assert.equal(await call('one', reader.token), 401);
    assert.equal(await call('one', OPERATOR), 200);
    while (Date.now() < Date.parse(expired.expires_at)) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await call('one', expired.token), 401);
    await admin.must('DELETE', `/tokens/${bound.id}`);
    assert.equal(await call('one', bound.token), 401);
  }));

test("the gateway's token may stand where a provider's key does, and never goes upstream", () =>
  withControl({}, async ({ gateway, admin, upstream }) => {
    await admin.gateway('closed', { authentication: true });
    const { token } = await admin.token();
    // The last as some of the product's examples have it.
    const places = [
      { authorization: `Bearer ${token}` },
      { 'x-api-key': token },
      { 'x-goog-api-key': token },
      bearer(token),
      { 'cf-aig-authorization': token },
    ];
    for (const where of [chatOf('closed'), at('closed', '/up/chat/completions')]) {
      const name = where.includes('compat') ? 'up/plain' : 'plain';
      for (const headers of places) {
        const response = await gateway.chat(ask(name), { path: where, headers });
        assert.equal(response.status, 200, `${where} ${JSON.stringify(headers)}: ${response.text}`);
      }
    }
    const both = { authorization: `Bearer ${token}`, 'x-api-key': 'sk-own' };
    assert.equal((await gateway.chat(ask('plain'), { path: at('closed', '/up/chat/completions'), headers: both })).status, 200);
    assert.equal(upstream.requests.length, 11);
    for (const request of upstream.requests) {
      assert.ok(!JSON.stringify(request.headers).includes(token), JSON.stringify(request.headers));
    }
    assert.equal(upstream.requests.at(-1).header('x-api-key'), 'sk-own');
  }));

test("a token's last use shows", () =>
  withControl({}, async ({ gateway, admin }) => {
    await admin.gateway('closed', { authentication: true });
    const made = await admin.token();
    assert.equal(made.last_used_at, null);
    await gateway.chat(ask('up/plain'), { path: chatOf('closed'), headers: bearer(made.token) });
    const token = await admin.until(`/tokens/${made.id}`, (one) => one.last_used_at);
    assert.ok(Date.parse(token.last_used_at) >= Date.parse(made.created_at), JSON.stringify(token));
  }));

test('a gateway that is not there is 400 in the form of the endpoint', () =>
  withControl({}, async ({ gateway, admin }) => {
    const compat = await gateway.chat(ask('up/plain'), { path: chatOf('nowhere') });
    assert.equal(compat.status, 400);
    assert.equal(compat.json().error.code, 'gateway_not_found');
    assert.match(compat.json().error.message, /`nowhere`/);
    const universal = await gateway.chat('[]', { path: at('nowhere', '') });
    assert.equal(universal.status, 400);
    assert.equal(universal.json().success, false);
    assert.equal(universal.json().error[0].code, 2001);
    const native = await gateway.chat({}, { path: at('nowhere', '/anthropic/v1/messages') });
    assert.equal(native.status, 400);
    assert.equal(native.json().type, 'error');
    await admin.gateway('nowhere');
    assert.equal((await gateway.chat(ask('up/plain'), { path: chatOf('nowhere') })).status, 200);
    await admin.must('DELETE', '/gateways/nowhere');
    assert.equal((await gateway.chat(ask('up/plain'), { path: chatOf('nowhere') })).status, 400);
  }));

test('the gateway `default` is made by the first request with a token, and by no other', () =>
  withControl({}, async ({ gateway, admin }) => {
    const made = async () => (await admin.call('GET', '/gateways/default')).status;
    for (const headers of [{}, bearer('jct_wrong')]) {
      assert.equal((await gateway.chat(ask('up/plain'), { path: '/v1/chat/completions', headers })).status, 401);
    }
    assert.equal(await made(), 404);
    const { token } = await admin.token();
    const calls = Array.from({ length: 20 }, (_, index) =>
      gateway.chat(ask('up/plain'), { path: index % 2 ? '/v1/chat/completions' : chatOf('default'), headers: bearer(token) }),
    );
    for (const response of await Promise.all(calls)) assert.equal(response.status, 200, response.text);
    assert.equal(await made(), 200);
    const { result } = await admin.must('GET', '/gateways/default');
    assert.equal(result.authentication, true);
    assert.equal(result.collect_logs, true);
    assert.ok(!result.cache_ttl && !result.rate_limiting_interval, JSON.stringify(result));
    assert.equal((await gateway.chat(ask('up/plain'), { path: '/v1/chat/completions' })).status, 401);
  }));

test('a gateway `default` that is configured to be open is there from the start', () =>
  withControl({ config: { admin: { listen: '127.0.0.1:0', token_env: 'TEST_ADMIN_TOKEN', default_gateway: { authentication: false } } } }, async ({ gateway }) => {
    assert.equal((await gateway.chat(ask('up/plain'), { path: '/v1/chat/completions' })).status, 200);
    assert.equal((await gateway.chat(ask('up/plain'), { path: chatOf('default') })).status, 200);
    assert.equal((await gateway.chat(ask('up/plain'), { path: chatOf('other') })).status, 400);
  }));

test('a store without an admin API serves what it holds', async () => {
  const store = path.join(await mkdtemp(path.join(os.tmpdir(), 'junctor-e2e-store-')), 'shared.db');
  const storage = { sqlite: store };
  let token;
  await withControl({ config: { storage } }, async ({ admin }) => {
    await admin.gateway('closed', { authentication: true });
    ({ token } = await admin.token());
  });
  await withGateway(controlled({ config: { storage, admin: undefined } }), async ({ gateway }) => {
    const call = async (headers) => (await gateway.chat(ask('up/plain'), { path: chatOf('closed'), headers })).status;
    assert.equal(await call({}), 401);
    assert.equal(await call(bearer(token)), 200);
    assert.equal(await call(bearer(OPERATOR)), 401);
  });
  await rm(path.dirname(store), { recursive: true });
});

test('with a control plane there need be no files, unless the configuration names their folder', async () => {
  await withControl({ config: { routes: undefined } }, async ({ gateway }) => {
    await rm(gateway.routesDirectory, { recursive: true });
    const admin = await Admin.of(gateway, await gateway.restart());
    await admin.gateway('open', { authentication: false });
    assert.equal((await gateway.chat(ask('up/plain'), { path: chatOf('open') })).status, 200);
  });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'junctor-e2e-nofiles-'));
  const file = path.join(folder, 'junctor.json');
  const { config, env } = controlled({ config: { listen: '127.0.0.1:0', routes: 'elsewhere' } });
  await writeFile(file, JSON.stringify(config));
  const refused = spawnSync(binary(), ['serve', '--config', file], { env: { ...process.env, ...env }, encoding: 'utf8' });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /the routes directory `.*elsewhere` is not a directory/);
  await rm(folder, { recursive: true });
});

test('a gateway serves its own routes before those of files, and nobody else does', () => {
  const file = route('shared', [model('m', 'from-file')]);
  return withControl({ routes: [file] }, async ({ gateway, admin }) => {
    await admin.gateway('one');
    await admin.gateway('two');
    await admin.route('one', route('own', [model('m', 'own-of-one')]));
    await admin.route('two', route('own', [model('m', 'own-of-two')]));
    const answered = async (id, name) => {
      const response = await gateway.chat(ask(`dynamic/${name}`), { path: chatOf(id) });
      return response.status === 200 ? response.header('cf-aig-model') : response.status;
    };
    assert.equal(await answered('one', 'own'), 'own-of-one');
    assert.equal(await answered('two', 'own'), 'own-of-two');
    assert.equal(await answered('one', 'shared'), 'from-file');
    assert.equal(await answered('one', 'two/own'), 404);
    assert.equal(await answered('one', 'one/own'), 404);
    await admin.route('one', route('only', [model('m', 'x')]));
    const list = async (id) => (await gateway.get(at(id, '/compat/models'))).json().data.map((entry) => entry.id);
    assert.deepEqual(await list('one'), ['dynamic/only', 'dynamic/own', 'dynamic/shared']);
    assert.deepEqual(await list('two'), ['dynamic/own', 'dynamic/shared']);
  });
});

test('limits belong to the gateway, whatever account the path names', () => {
  const limited = route('limited', [
    { id: 'cap', type: 'rate', properties: { limitType: 'count', limit: 2, window: 3600 }, outputs: { success: { elementId: 'm' } } },
    model('m', 'plain'),
  ]);
  return withControl({ routes: [limited] }, async ({ gateway, admin }) => {
    await admin.gateway('one');
    await admin.gateway('two');
    const statuses = [];
    for (const path of ['/v1/a/one', '/v1/b/one', '/v1/c/one', '/v1/a/two']) {
      statuses.push((await gateway.chat(ask('dynamic/limited'), { path: `${path}/compat/chat/completions` })).status);
    }
    assert.deepEqual(statuses, [200, 200, 429, 200]);
  });
});

test('readiness needs no token and has nothing to tell while all is well', () =>
  withControl({}, async ({ gateway }) => {
    const response = await gateway.get('/health/ready');
    assert.equal(response.status, 200);
    assert.deepEqual(response.json(), { status: 'ready', detail: [] });
    assert.equal((await gateway.get('/health/providers')).status, 401);
    assert.equal((await gateway.get('/health/providers', bearer(OPERATOR))).status, 200);
  }));
