// How calls are tried: what a gateway's settings say, and what beats them.

import assert from 'node:assert/strict';
import { at, withControl } from './control.mjs';
import { ask, model, route, test } from './harness.mjs';

const SETTINGS = { retry_max_attempts: 3, retry_delay: 1, retry_backoff: 'constant' };

test("the provider's entry beats the request's headers, and these the gateway's settings", () =>
  withControl({}, async ({ gateway, admin, upstream }) => {
    await admin.gateway('one', SETTINGS);
    await admin.gateway('plain');
    let number = 0;
    const tries = async (send) => {
      const name = `fail:503#${++number}`;
      const response = await send(name);
      assert.ok(response.status >= 500, `${response.status} ${response.text}`);
      return upstream.of(name).length;
    };
    const headers = { 'cf-aig-max-attempts': '2', 'cf-aig-retry-delay': '1' };
    const compat = (id, more) => (name) => gateway.chat(ask(`up/${name}`), { path: at(id, '/compat/chat/completions'), headers: more });
    const native = (id, more) => (name) => gateway.chat(ask(name), { path: at(id, '/up/chat/completions'), headers: more });
    const universal = (id, more, entry = {}) => (name) =>
      gateway.chat(JSON.stringify([{ provider: 'up', endpoint: 'chat/completions', headers: {}, query: ask(name), ...entry }]), { path: at(id, ''), headers: more });
    for (const call of [compat, native, universal]) {
      assert.equal(await tries(call('plain', {})), 1, call.name);
      assert.equal(await tries(call('one', {})), 3, call.name);
      assert.equal(await tries(call('one', headers)), 2, call.name);
    }
    assert.equal(await tries(universal('one', headers, { config: { maxAttempts: 4, retryDelay: 1 } })), 4);
    assert.equal(await tries(universal('one', {}, { headers: { 'cf-aig-max-attempts': '1' } })), 1);
  }));

test('a model element says itself how it is tried', () =>
  withControl({}, async ({ gateway, admin, upstream }) => {
    await admin.gateway('one', { ...SETTINGS, request_timeout: 1 });
    await admin.route('one', route('own', [model('m', 'fail:503#route')]));
    await gateway.chat(ask('dynamic/own'), { path: at('one', '/compat/chat/completions') });
    assert.equal(upstream.of('fail:503#route').length, 1);
  }));

test('the timeout of a gateway bounds a call, and changes with the settings', () =>
  withControl({}, async ({ gateway, admin }) => {
    await admin.gateway('one', { request_timeout: 100 });
    const call = (headers = {}) => gateway.chat(ask('up/slow:1500'), { path: at('one', '/compat/chat/completions'), headers });
    assert.equal((await call()).status, 504);
    assert.equal((await call({ 'cf-aig-request-timeout': '10000' })).status, 200);
    const { result } = await admin.must('GET', '/gateways/one');
    await admin.must('PUT', '/gateways/one', { ...result, request_timeout: null });
    assert.equal((await call()).status, 200);
  }));
