// Provider keys that a gateway stores: which one serves, and that a change of one acts at once.

import assert from 'node:assert/strict';
import { at, withControl } from './control.mjs';
import { ask, model, route, test } from './harness.mjs';

/** A provider `keyed` at the upstream with a key of the configuration, and `bare` without one. */
const PROVIDERS = {
  providers: (upstream) => [
    { slug: 'keyed', base_url: upstream.baseUrl, key_env: 'KEYED', keys: { configured: 'CONFIGURED' } },
    { slug: 'bare', base_url: upstream.baseUrl },
  ],
  env: { KEYED: 'sk-configured', CONFIGURED: 'sk-configured-alias' },
};

function callsOf(gateway, upstream, id = 'one') {
  const sent = async (response) => {
    assert.equal(response.status, 200, response.text);
    return upstream.requests.at(-1).header('authorization')?.replace('Bearer ', '');
  };
  return {
    compat: async (provider, headers = {}) => sent(await gateway.chat(ask(`${provider}/plain`), { path: at(id, '/compat/chat/completions'), headers })),
    native: async (provider, headers = {}) => sent(await gateway.chat(ask('plain'), { path: at(id, `/${provider}/chat/completions`), headers })),
    route: async (name, headers = {}) => sent(await gateway.chat(ask(`dynamic/${name}`), { path: at(id, '/compat/chat/completions'), headers })),
  };
}

test('a stored key serves before one of the configuration, by its alias', () =>
  withControl(PROVIDERS, async ({ gateway, admin, upstream }) => {
    await admin.gateway('one');
    const calls = callsOf(gateway, upstream);
    for (const call of [calls.compat, calls.native]) assert.equal(await call('keyed'), 'sk-configured');
    await admin.key('one', 'keyed', 'sk-stored');
    await admin.key('one', 'keyed', 'sk-production', { alias: 'production', default_config: false });
    const alias = (name) => ({ 'cf-aig-byok-alias': name });
    for (const call of [calls.compat, calls.native]) {
      assert.equal(await call('keyed'), 'sk-stored');
      assert.equal(await call('keyed', alias('default')), 'sk-stored');
      assert.equal(await call('keyed', alias('production')), 'sk-production');
      assert.equal(await call('keyed', alias('configured')), 'sk-configured-alias');
    }
    for (const path of [at('one', '/compat/chat/completions'), at('one', '/keyed/chat/completions')]) {
      const response = await gateway.chat(ask(path.includes('compat') ? 'keyed/plain' : 'plain'), { path, headers: alias('nowhere') });
      assert.equal(response.status, 400, response.text);
      assert.match(response.text, /no key with the alias `nowhere`/);
    }
    await admin.route('one', route('aliased', [model('m', 'plain', { provider: 'keyed', byokAlias: 'production' })]));
    assert.equal(await calls.route('aliased'), 'sk-production');
    assert.equal(await calls.route('aliased', alias('default')), 'sk-production');
  }));

test('a key of one gateway serves no other', () =>
  withControl(PROVIDERS, async ({ gateway, admin, upstream }) => {
    await admin.gateway('one');
    await admin.gateway('two');
    await admin.key('one', 'bare', 'sk-one');
    assert.equal(await callsOf(gateway, upstream, 'one').compat('bare'), 'sk-one');
    assert.equal(await callsOf(gateway, upstream, 'two').compat('bare'), undefined);
  }));

test('a key that is replaced or deleted acts for the next request', () =>
  withControl(PROVIDERS, async ({ gateway, admin, upstream }) => {
    await admin.gateway('one');
    const calls = callsOf(gateway, upstream);
    const { id } = await admin.key('one', 'bare', 'sk-0');
    for (let turn = 1; turn <= 10; ++turn) {
      await admin.must('PATCH', `/gateways/one/provider_configs/${id}`, { secret: `sk-${turn}` });
      for (const call of [calls.compat, calls.native]) assert.equal(await call('bare'), `sk-${turn}`);
    }
    const used = await admin.until(`/gateways/one/provider_configs/${id}`, (one) => one.last_used_at);
    assert.ok(Date.parse(used.last_used_at) > 0, JSON.stringify(used));
    await admin.must('DELETE', `/gateways/one/provider_configs/${id}`);
    for (const call of [calls.compat, calls.native]) assert.equal(await call('bare'), undefined);
  }));

test('byok_only: keys of the configuration do not serve, stored ones and the caller’s do', () =>
  withControl(PROVIDERS, async ({ gateway, admin, upstream }) => {
    await admin.gateway('one', { byok_only: true });
    const calls = callsOf(gateway, upstream);
    const own = { authorization: 'Bearer sk-callers' };
    for (const call of [calls.compat, calls.native]) {
      assert.equal(await call('keyed'), undefined);
      assert.equal(await call('keyed', own), 'sk-callers');
    }
    await admin.key('one', 'keyed', 'sk-stored');
    for (const call of [calls.compat, calls.native]) assert.equal(await call('keyed'), 'sk-stored');
    const response = await gateway.chat(ask('keyed/plain'), { path: at('one', '/compat/chat/completions'), headers: { 'cf-aig-byok-alias': 'configured' } });
    assert.equal(response.status, 400, response.text);
  }));

test("a stored key's rate limit refuses in the endpoint's form, falls back in routes, and counts for that key alone", () =>
  withControl(PROVIDERS, async ({ gateway, admin, upstream }) => {
    await admin.gateway('one');
    const { id } = await admin.key('one', 'keyed', 'sk-few', { rate_limit: 2, rate_limit_period: 3600 });
    await admin.key('one', 'keyed', 'sk-many', { alias: 'many', default_config: false });
    await admin.route('one', route('safe', [model('a', 'plain', { provider: 'keyed', fallback: 'b', retries: 2 }), model('b', 'plain', { provider: 'bare' })]));
    const compat = (headers = {}) => gateway.chat(ask('keyed/plain'), { path: at('one', '/compat/chat/completions'), headers });
    const native = (headers = {}) => gateway.chat(ask('plain'), { path: at('one', '/keyed/chat/completions'), headers });
    assert.equal((await compat()).status, 200);
    assert.equal((await native()).status, 200);
    const seen = upstream.requests.length;
    for (const call of [compat, native]) {
      // Trying again is of no use, so nobody waits for that.
      const refused = await call({ 'cf-aig-max-attempts': '3', 'cf-aig-retry-delay': '5000' });
      assert.equal(refused.status, 429, refused.text);
      assert.equal(refused.json().error.code, 'rate_limit_exceeded');
      assert.match(refused.json().error.message, /stored key `default` of `keyed`/);
      assert.ok(Number(refused.header('retry-after')) > 0, JSON.stringify(refused.headers));
    }
    const entries = JSON.stringify([{ provider: 'keyed', endpoint: 'chat/completions', headers: {}, query: ask('plain') }]);
    assert.equal((await gateway.chat(entries, { path: at('one', '') })).status, 429);
    assert.equal(upstream.requests.length, seen, 'a refused call does not reach the provider');
    assert.equal((await compat({ 'cf-aig-byok-alias': 'many' })).status, 200);
    const routed = await gateway.chat(ask('dynamic/safe'), { path: at('one', '/compat/chat/completions') });
    assert.equal(routed.status, 200, routed.text);
    assert.equal(routed.header('cf-aig-provider'), 'bare');
    const [window] = (await admin.must('GET', `/gateways/one/limits?element=key:${id}`)).result;
    assert.deepEqual([window.limit, window.spent, window.left], [2, 2, 0]);
    await admin.must('POST', '/gateways/one/limits/reset', { element: `key:${id}`, key: [] });
    assert.equal((await compat()).status, 200);
    await admin.must('PATCH', `/gateways/one/provider_configs/${id}`, { rate_limit: 1 });
    assert.equal((await compat()).status, 429);
    await admin.must('PATCH', `/gateways/one/provider_configs/${id}`, { rate_limit: null });
    assert.equal((await compat()).status, 200);
  }));
