// Versions beside the live one: a share of the requests, and a shadow that only decides.

import assert from 'node:assert/strict';
import { at, withControl } from './control.mjs';
import { ask, model, route, test } from './harness.mjs';

const elementsOf = (name) => route('r', [model('m', name)]).elements;

async function withVersions(body) {
  await withControl({}, async ({ gateway, admin, upstream }) => {
    await admin.gateway('one');
    const made = await admin.route('one', route('r', [model('m', 'old')]));
    const call = (metadata) =>
      gateway.chat(ask('dynamic/r'), {
        path: at('one', '/compat/chat/completions'),
        headers: metadata ? { 'cf-aig-metadata': JSON.stringify(metadata) } : {},
      });
    const served = async (metadata) => {
      const response = await call(metadata);
      assert.equal(response.status, 200, response.text);
      return [response.header('cf-aig-model'), response.header('cf-aig-route-version')];
    };
    await body({ gateway, admin, upstream, id: made.id, call, served });
  });
}

test('a gradual deployment gives a share of the keys the new version, the same ones each time', () =>
  withVersions(async ({ admin, id, served }) => {
    const version = await admin.version('one', id, elementsOf('new'));
    assert.deepEqual(await served({ user_id: 1 }), ['old', '1']);
    await admin.deploy('one', id, { version_id: version, percentage: 25, key: 'metadata.user_id' });
    const users = Array.from({ length: 200 }, (_, index) => `user-${index}`);
    const shares = async () => {
      const answers = [];
      for (let from = 0; from < users.length; from += 20) {
        answers.push(...(await Promise.all(users.slice(from, from + 20).map((user) => served({ user_id: user })))));
      }
      for (const [name, number] of answers) assert.equal(number, name === 'new' ? '2' : '1');
      return answers.map(([name]) => name);
    };
    const first = await shares();
    const share = first.filter((name) => name === 'new').length / users.length;
    assert.ok(share > 0.1 && share < 0.4, `a quarter was asked for, ${share} came`); // Five standard deviations.
    assert.deepEqual(await shares(), first);
    const greater = await admin.deploy('one', id, { version_id: version, percentage: 50, key: 'metadata.user_id' });
    const second = await shares();
    users.forEach((user, index) => assert.ok(first[index] === 'old' || second[index] === 'new', `${user} was moved back`));
    const deployment = greater.deployment_id;
    await admin.must('DELETE', `/gateways/one/routes/${id}/deployments/${deployment}`);
    assert.ok((await shares()).every((name) => name === 'old'));
    await admin.deploy('one', id, { version_id: version });
    assert.deepEqual(await served({ user_id: 1 }), ['new', '2']);
  }), { ms: 90000 });

test('without a key each request draws for itself', () =>
  withVersions(async ({ admin, id, served }) => {
    const version = await admin.version('one', id, elementsOf('new'));
    await admin.deploy('one', id, { version_id: version, percentage: 50 });
    const seen = new Set();
    for (let turn = 0; turn < 200 && seen.size < 2; ++turn) seen.add((await served())[0]);
    assert.equal(seen.size, 2);
  }));

test('a shadow decides for every request, calls nothing, and its differences are counted with examples', () =>
  withVersions(async ({ gateway, admin, upstream, id, call }) => {
    const elements = route('r', [
      { id: 'vip', type: 'conditional', properties: { condition: { 'metadata.plan': 'vip' } }, outputs: { true: { elementId: 'best' }, false: { elementId: 'm' } } },
      model('best', 'better'),
      model('m', 'old'),
    ]).elements;
    const version = await admin.version('one', id, elements);
    const { deployment_id: deployment } = await admin.deploy('one', id, { version_id: version, shadow: true });
    let example;
    for (let turn = 0; turn < 30; ++turn) {
      const response = await call({ plan: turn % 3 ? 'free' : 'vip' });
      assert.equal(response.header('cf-aig-model'), 'old');
      if (turn === 27) example = response.header('cf-aig-log-id');
    }
    // Decided when the answer is out already.
    const differences = await admin.until(`/gateways/one/routes/${id}/deployments/${deployment}/differences`, (one) => one.compared >= 30);
    assert.equal(differences.compared, 30);
    assert.equal(differences.different, 10);
    assert.equal(upstream.of('better').length, 0);
    const shown = differences.examples.find((one) => one.log_id === example);
    assert.ok(shown, JSON.stringify(differences));
    assert.match(JSON.stringify(shown.live), /up\/old/);
    assert.match(JSON.stringify(shown.shadow), /up\/better/);
    assert.ok(Date.parse(shown.at) > 0);
    assert.equal((await gateway.get('/health/ready')).status, 200);
  }));
