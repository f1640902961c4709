// Limits of a whole gateway: its rate limit on every endpoint, its spend limits before each call; what callers are told of them; and that
// they outlive the process.

import assert from 'node:assert/strict';
import { at, withControl } from './control.mjs';
import { ask, assertOpenAiError, header, model, outputs, route, test } from './harness.mjs';

const RATE = { rate_limiting_interval: 3600, rate_limiting_limit: 2, rate_limiting_technique: 'sliding' };
// The faulty upstream says 7 tokens in and 3 out: 6.5 dollars a call.
const PRICES = { 'cf-aig-custom-cost': '{"per_token_in":0.5,"per_token_out":1}' };
const rule = (more) => ({ limit: 10, limitType: 'cost', window: 86400, ...more });
const spending = (...rules) => ({ spend_limits: { enabled: true, rules } });

test('R28: a request beyond the rate limit is refused on every endpoint, in the shape that its clients read', () =>
  withControl({}, async ({ gateway, admin, upstream }) => {
    const compat = (id) => gateway.chat(ask('up/a'), { path: at(id, '/compat/chat/completions') });
    const native = (id) => gateway.chat(ask('a'), { path: at(id, '/up/chat/completions') });
    const universal = (id) =>
      gateway.chat(JSON.stringify([{ provider: 'up', endpoint: 'chat/completions', headers: {}, query: ask('a') }]), { path: at(id, '') });
    for (const call of [compat, native, universal]) {
      await admin.gateway(call.name, RATE);
      for (const left of ['1', '0']) {
        const response = await call(call.name);
        assert.equal(response.status, 200, `${call.name}: ${response.text}`);
        assert.equal(header(response, 'x-ratelimit-limit-requests'), '2');
        assert.equal(header(response, 'x-ratelimit-remaining-requests'), left);
        assert.match(header(response, 'x-ratelimit-reset-requests'), /^(1h0m0s|59m\d+s)$/);
      }
      const calls = upstream.requests?.length;
      const refused = await call(call.name);
      assert.equal(refused.status, 429, call.name);
      assert.ok(Number(header(refused, 'retry-after')) > 3000);
      assert.equal(header(refused, 'x-ratelimit-remaining-requests'), '0');
      assert.equal(upstream.requests?.length, calls, 'nothing was sent');
      if (call === universal) {
        assert.equal(JSON.parse(refused.text).error[0].code, 2008);
      } else {
        assertOpenAiError(refused, 429, { code: 'rate_limit_exceeded' });
      }
    }
    await admin.gateway('other');
    assert.equal((await compat('other')).status, 200, 'another gateway has limits of its own');
  }));

test('the tightest of the limits on the path is told', () =>
  withControl({}, async ({ gateway, admin }) => {
    await admin.gateway('one', { ...RATE, rate_limiting_limit: 100 });
    const limit = { id: 'limit', type: 'rate', properties: { limitType: 'count', key: [], limit: 5, window: 60 }, outputs: outputs({ success: 'm' }) };
    await admin.route('one', route('limited', [limit, model('m', 'a')]));
    const response = await gateway.chat(ask('dynamic/limited'), { path: at('one', '/compat/chat/completions') });
    assert.equal(header(response, 'x-ratelimit-limit-requests'), '5');
    assert.equal(header(response, 'x-ratelimit-remaining-requests'), '4');
  }));

test('spend limits count calls by model, provider and metadata, whatever names the model', () =>
  withControl({}, async ({ gateway, admin }) => {
    await admin.gateway('one', spending(
      rule({ id: 'dear', model: { mode: 'filter', values: ['dear'] } }),
      rule({ id: 'per-user', limit: 20, metadata: { user: { mode: 'partition' } } }),
    ));
    await admin.route('one', route('falls', [model('m', 'dear', { provider: 'up', fallback: 'n' }), model('n', 'cheap', { provider: 'up' })]));
    const call = async (name, user) => {
      const response = await gateway.chat(ask(name), { path: at('one', '/compat/chat/completions'), headers: { ...PRICES, 'cf-aig-metadata': JSON.stringify({ user }) } });
      await gateway.logOf(response);
      return response;
    };
    assert.equal((await call('up/dear', 'a')).status, 200);
    assert.equal((await call('dynamic/falls', 'b')).header('cf-aig-model'), 'dear');
    const refused = await call('up/dear', 'c');
    assertOpenAiError(refused, 429, { type: 'insufficient_quota', code: 'spend_limit_exceeded' });
    assert.ok(Number(header(refused, 'retry-after')) > 0);
    assert.equal((await call('dynamic/falls', 'c')).header('cf-aig-model'), 'cheap', 'a model that has something left answers');
    for (let i = 0; i < 3; ++i) assert.equal((await call('up/cheap', 'd')).status, 200);
    assert.equal((await call('up/cheap', 'd')).status, 200, '19.5 of 20 are spent');
    assert.equal((await call('up/cheap', 'd')).status, 429);
    assert.equal((await call('up/cheap', 'e')).status, 200, 'another user has a budget of its own');
  }));

test('calls in a provider\'s own form are charged to spend limits', () =>
  withControl({}, async ({ gateway, admin }) => {
    await admin.gateway('one', spending(rule({ id: 'all' })));
    const native = async () => {
      const response = await gateway.chat(ask('a'), { path: at('one', '/up/chat/completions'), headers: PRICES });
      return { response, line: await gateway.logOf(response) };
    };
    const first = await native();
    assert.equal(first.response.status, 200, first.response.text);
    assert.equal(first.line.cost, 6.5);
    assert.equal((await native()).response.status, 200);
    const { response } = await native();
    assert.equal(response.status, 429);
    assert.equal(JSON.parse(response.text).error.code, 'spend_limit_exceeded');
  }));

test('a gateway\'s own prices are checked, kept and charged there only, for every endpoint', () =>
  withControl({ config: { prices: { unknown_input_per_million: 1000000, unknown_output_per_million: 1000000 } } }, async ({ gateway, admin }) => {
    const prices = [{ provider: 'up', model: 'mine', per_token_in: 0.5, per_token_out: 0.25 }];
    await admin.gateway('own', { ...spending(rule({ id: 'all', limit: 1000 })), prices });
    await admin.gateway('other', spending(rule({ id: 'all', limit: 1000 })));
    const cost = async (id, path) => {
      const model = path === '/up/chat/completions' ? 'mine' : 'up/mine';
      const response = await gateway.chat(ask(model), { path: at(id, path) });
      assert.equal(response.status, 200, response.text);
      const { cost: dollars, cost_estimated: estimated } = await gateway.logOf(response);
      return { dollars, estimated };
    };
    for (const path of ['/compat/chat/completions', '/up/chat/completions']) {
      assert.deepEqual(await cost('own', path), { dollars: 7 * 0.5 + 3 * 0.25, estimated: undefined });
      assert.deepEqual(await cost('other', path), { dollars: 10, estimated: true });
    }
    const shown = await admin.call('GET', '/gateways/own');
    assert.deepEqual(shown.body.result.prices, prices);
    const limit = { id: 'c', type: 'rate', properties: { limitType: 'cost', limit: 1, window: 60 }, outputs: outputs({ success: 'm' }) };
    const { elements } = route('r', [limit, model('m', 'mine')]);
    const warnings = async (id) => (await admin.must('POST', `/gateways/${id}/routes/validate`, { elements })).result.diagnostics.filter((one) => /price of the model/.test(one.message));
    assert.deepEqual(await warnings('own'), [], 'the compiler knows it there');
    assert.equal((await warnings('other')).length, 1);
    const { result } = (await admin.call('GET', '/gateways/own')).body;
    const forever = await admin.call('PUT', '/gateways/own', { ...result, rate_limiting_interval: 31622401, rate_limiting_limit: 1 });
    assert.equal(forever.status, 400, 'no window is longer than a leap year');
    for (const [bad, where] of [
      [[{ provider: 'up', model: 'mine' }], ['body', 'prices', '0']],
      [[prices[0], { provider: 'up', model: 'b', per_token_in: -1 }], ['body', 'prices', '1']],
      [[{ ...prices[0], per_tokn_in: 1 }], ['body', 'prices', '0']],
      [[prices[0], prices[0]], ['body', 'prices']],
      [{ models: prices }, ['body', 'prices']],
    ]) {
      const refused = await admin.call('PUT', '/gateways/own', { ...result, prices: bad });
      assert.equal(refused.status, 400, JSON.stringify(bad));
      assert.deepEqual(refused.body.errors[0].path ?? refused.body.errors[0].source, where, JSON.stringify(refused.body.errors));
    }
    assert.equal((await admin.call('PUT', '/gateways/own', { ...result, prices: null })).status, 200);
    assert.equal((await cost('own', '/compat/chat/completions')).dollars, 10, 'without its own it has those of the process');
  }));

test('a custom cost that is none is a 400 on a provider\'s own endpoint too', () =>
  withControl({}, async ({ gateway, admin }) => {
    await admin.gateway('one');
    for (const bad of ['NaN', '{"per_token_in":-1}', '{"per_token_in":NaN}', '{"per_token_out":1e300}']) {
      const response = await gateway.chat(ask('a'), { path: at('one', '/up/chat/completions'), headers: { 'cf-aig-custom-cost': bad } });
      assertOpenAiError(response, 400, { message: /cf-aig-custom-cost/, code: 'invalid_custom_cost' });
    }
  }));
