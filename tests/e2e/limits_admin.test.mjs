// What limits have counted, as an operator sees and changes it while requests come: over the admin API, by the client's
// commands, and across a restart.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { ADMIN_TOKEN, ControlledGateway } from './control_plane.mjs';
import { binary, header, model, outputs, route, test } from './harness.mjs';

const rate = (id, target, properties) => ({ id, type: 'rate', properties: { window: 86400, ...properties }, outputs: outputs({ success: target }) });
const byUser = { key: 'metadata.user' };
// The faulty upstream says 7 tokens in and 3 out, at 0.5 and 1 dollar a token.
const COST = 7 * 0.5 + 3 * 1;
const ELEMENTS = [
  rate('per-user', 'budget', { limitType: 'count', limit: 3, ...byUser }),
  rate('budget', 'm', { limitType: 'cost', limit: 2 * COST, ...byUser }),
  model('m', 'priced'),
];
const counted = (name, limit) => route(name, [rate('n', 'm', { limitType: 'count', limit }), model('m', 'free')]);

const controlled = await ControlledGateway.start({ routes: [counted('of-file', 1)] });
after(() => controlled.stop());
for (const document of [route('limited', ELEMENTS), counted('plain', 2)]) {
  const { status, body } = await controlled.ask('POST', '/routes', document);
  assert.equal(status, 200, JSON.stringify(body));
}

const prices = { 'cf-aig-custom-cost': '{"per_token_in":0.5,"per_token_out":1}' };
const call = (name, user) => controlled.chat(name, { headers: { 'cf-aig-metadata': JSON.stringify({ user }), ...prices } });
const status = async (name, user) => (await call(name, user)).status;
async function must(method, where, body) {
  const answer = await controlled.ask(method, where, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.result;
}
/** The one row of the limit `element` for a key; with nothing counted, undefined. */
async function row(name, element, key) {
  const where = `/routes/${name}/limits?element=${element}&key=${encodeURIComponent(JSON.stringify(key))}`;
  const rows = await must('GET', where);
  assert.ok(rows.length <= 1, JSON.stringify(rows));
  return rows[0];
}
/** Charges are booked when the answer is through: looks until `check` holds. */
async function rowThat(name, element, key, check) {
  for (;;) {
    const found = await row(name, element, key);
    if (found !== undefined && check(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('rows show what requests have spent, in requests and in dollars', async () => {
  assert.equal(await status('limited', 'a'), 200);
  const count = await row('limited', 'per-user', ['a']);
  assert.deepEqual(
    [count.type, count.key, count.limit, count.granted, count.spent, count.held, count.left],
    ['count', ['a'], 3, 0, 1, 0, 2],
  );
  assert.ok(Date.parse(count.reset_at) > Date.now(), count.reset_at);
  const cost = await rowThat('limited', 'budget', ['a'], (one) => one.spent > 0);
  assert.deepEqual([cost.type, cost.limit, cost.spent, cost.left], ['cost', 2 * COST, COST, COST]);
  const all = await must('GET', '/routes/limited/limits');
  assert.deepEqual(all.map((one) => [one.element, one.key]), [['budget', ['a']], ['per-user', ['a']]]);
});

test('a reset lets requests pass again at once; by key or by key_id', async () => {
  assert.equal(await status('limited', 'b'), 200);
  await rowThat('limited', 'budget', ['b'], (one) => one.spent === COST);
  assert.equal(await status('limited', 'b'), 200);
  const { key_id } = await rowThat('limited', 'budget', ['b'], (one) => one.spent === 2 * COST);
  assert.equal(await status('limited', 'b'), 429, 'the budget is spent');
  await must('POST', '/routes/limited/limits/reset', { element: 'budget', key_id });
  assert.equal(await row('limited', 'budget', ['b']), undefined);
  assert.equal(await status('limited', 'b'), 429, 'a refused request counts in the limits before: three of three');
  await must('POST', '/routes/limited/limits/reset', { element: 'per-user', key: ['b'] });
  assert.equal(await status('limited', 'b'), 200);
});

test('a grant lets exactly so many more pass', async () => {
  assert.equal(await status('plain', 'x'), 200);
  assert.equal(await status('plain', 'x'), 200);
  assert.equal(await status('plain', 'x'), 429);
  await must('POST', '/routes/plain/limits/grant', { element: 'n', key: [], amount: 2 });
  const granted = await row('plain', 'n', []);
  assert.deepEqual([granted.limit, granted.granted, granted.spent, granted.left], [4, 2, 2, 2]);
  assert.equal(await status('plain', 'x'), 200);
  const last = await call('plain', 'x');
  assert.equal(last.status, 200);
  assert.equal(header(last.response, 'x-ratelimit-remaining-requests'), '0');
  assert.equal(await status('plain', 'x'), 429);
});

test('a granted amount of dollars is left', async () => {
  assert.equal(await status('limited', 'd'), 200);
  await rowThat('limited', 'budget', ['d'], (one) => one.spent === COST);
  await must('POST', '/routes/limited/limits/grant', { element: 'budget', key: ['d'], amount: 0.25 });
  assert.equal((await row('limited', 'budget', ['d'])).left, COST + 0.25);
});

test('routes of files have limits too', async () => {
  assert.equal(await status('of-file', 'x'), 200);
  assert.equal(await status('of-file', 'x'), 429);
  await must('POST', '/routes/file:of-file/limits/grant', { element: 'n', key: [], amount: 1 });
  assert.equal(await status('of-file', 'x'), 200);
  assert.equal(await status('of-file', 'x'), 429);
  assert.equal((await row('of-file', 'n', [])).spent, 2);
});

test("a gateway's own rate limit is seen, and granted more", async () => {
  const settings = { cache_invalidate_on_update: false, cache_ttl: 0, collect_logs: true, authentication: false };
  await controlled.client.aiGateway.create({
    account_id: 'my-account', id: 'small', ...settings, rate_limiting_interval: 3600, rate_limiting_limit: 1, rate_limiting_technique: 'fixed',
  });
  const of = { gateway: 'small' };
  assert.equal((await controlled.chat('of-file', of)).status, 200);
  assert.equal((await controlled.chat('of-file', of)).status, 429);
  const { body } = await controlled.ask('GET', '/limits', undefined, of);
  assert.deepEqual(body.result.map((one) => [one.element, one.limit, one.spent]), [['rate', 1, 1]]);
  assert.equal((await controlled.ask('POST', '/limits/reset', { element: 'rate', key: [] }, of)).status, 200);
  assert.equal((await controlled.chat('of-file', of)).status, 429, 'the limit of the route itself is one');
  const route_ = await controlled.ask('GET', '/routes/of-file/limits', undefined, of);
  assert.equal(route_.body.result[0].spent, 1, 'limits of routes stand apart for each gateway');
});

test('explain says what the limits would say now, and takes nothing', async () => {
  assert.equal(await status('limited', 'e'), 200);
  await rowThat('limited', 'budget', ['e'], (one) => one.spent === COST);
  const version = (await must('GET', '/routes/limited')).version.version_id;
  const explain = (user) =>
    must('POST', `/routes/limited/versions/${version}/explain`, { request: { body: {}, metadata: { user } }, limits: 'live' });
  for (let i = 0; i < 3; ++i) {
    const steps = (await explain('e')).steps.filter((step) => step.kind === 'rate');
    assert.deepEqual(steps.map((step) => [step.admitted, step.window.spent, step.window.left]), [[true, 1, 2], [true, COST, COST]]);
  }
  const { outcome, steps } = await explain('b');
  assert.equal(outcome.kind, 'response', JSON.stringify(steps));
});

test("the client's commands list, reset and grant", async () => {
  const run = async (...args) => {
    const env = { ...process.env, JUNCTOR_URL: controlled.adminUrl, JUNCTOR_TOKEN: ADMIN_TOKEN };
    return (await promisify(execFile)(binary(), ['limits', ...args], { env })).stdout;
  };
  assert.equal(await status('limited', 'cli'), 200);
  await rowThat('limited', 'budget', ['cli'], (one) => one.spent === COST);
  const table = await run('list', 'limited', '--key', 'cli');
  assert.match(table, /^ELEMENT +KEY +SPENT +HELD +LEFT +LIMIT +RESET\nbudget +\["cli"\] +\$6\.5 +\$0 +\$6\.5 +\$13 .*\nper-user +\["cli"\] +1 +0 +2 +3 /);
  await run('grant', 'limited', 'per-user', 'cli', '5');
  assert.equal((await row('limited', 'per-user', ['cli'])).left, 7);
  await run('reset', 'limited', 'per-user', '["cli"]');
  assert.equal(await row('limited', 'per-user', ['cli']), undefined);
  const [found] = JSON.parse(await run('list', 'limited', '--element', 'budget', '--key', 'cli', '--json'));
  await run('reset', 'limited', 'budget', found.key_id, '--key-id');
  assert.equal(await row('limited', 'budget', ['cli']), undefined);
  await assert.rejects(run('reset', 'limited', 'budget', 'nobody'), /has counted nothing for the key \["nobody"\]/);
});

test('what was spent and granted survives a restart', async () => {
  assert.equal(await status('plain', 'x'), 429);
  await must('POST', '/routes/plain/limits/grant', { element: 'n', key: [], amount: 1 });
  const before = await row('plain', 'n', []);
  await controlled.restart('SIGTERM');
  assert.deepEqual(await row('plain', 'n', []), before);
  assert.equal((await rowThat('limited', 'budget', ['a'], () => true)).spent, COST);
  assert.equal(await status('plain', 'x'), 200);
  assert.equal(await status('plain', 'x'), 429);
});
