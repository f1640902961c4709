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
