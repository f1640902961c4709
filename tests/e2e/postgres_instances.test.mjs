// Two gateways on one PostgreSQL: what is deployed on one serves on both, and neither needs the database to serve.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { ACCOUNT, ControlledGateway, calling } from './control_plane.mjs';
import { test } from './harness.mjs';
import { Postgres } from './postgres.mjs';

const on = { account_id: ACCOUNT, gateway_id: 'default' };

const postgres = await Postgres.start();
const options = { config: { storage: { postgresql: postgres.url } } };
// At once: one of them makes the tables.
const [one, two] = await Promise.all([ControlledGateway.start(options), ControlledGateway.start(options)]);
after(async () => {
  await one.stop();
  await two.stop();
  await postgres.remove();
});

/** Asks until `check` passes; returns the milliseconds that it took. */
async function until(what, check) {
  const begin = performance.now();
  let last;
  while (performance.now() - begin < 10000) {
    last = await check();
    if (last === true) return performance.now() - begin;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what}: ${JSON.stringify(last)}`);
}

const serves = (gateway, name, model) => async () => {
  const answer = await gateway.chat(name);
  return (answer.status === 200 && answer.model === model) || { status: answer.status, model: answer.model };
};

const ready = async (gateway) => {
  const response = await fetch(`${gateway.gateway.url}/health/ready`);
  return { status: response.status, body: await response.json() };
};

test('a route that is made, deployed and rolled back on one instance serves on the other within a second', async (context) => {
  const route = await one.routing.create('default', { account_id: ACCOUNT, name: 'shared', elements: calling('first') });
  const times = [await until('created', serves(two, 'shared', 'first'))];
  const second = await one.routing.createVersion(route.id, { ...on, elements: calling('second') });
  await one.routing.createDeployment(route.id, { ...on, version_id: second.version_id });
  times.push(await until('deployed', serves(two, 'shared', 'second')));
  await two.routing.createDeployment(route.id, { ...on, version_id: route.version.version_id });
  times.push(await until('rolled back on the other one', serves(one, 'shared', 'first')));
  context.diagnostic(`milliseconds until the other instance served it: ${times.map(Math.round)}`);
  assert.ok(Math.max(...times) < 1000, `${times}`);
});

test('while the database is away both go on serving, say so, and catch up afterwards', async () => {
  const route = await one.routing.create('default', { account_id: ACCOUNT, name: 'steady', elements: calling('before') });
  await until('created', serves(two, 'steady', 'before'));
  await postgres.stop();
  try {
    for (const gateway of [one, two]) {
      await until('the trouble shows', async () => {
        const { status, body } = await ready(gateway);
        assert.equal(status, 200);
        return /PostgreSQL/.test(JSON.stringify(body)) || body;
      });
      assert.equal(await serves(gateway, 'steady', 'before')(), true);
    }
    const refused = await one.ask('POST', '/routes', { name: 'refused', elements: calling('m') });
    assert.equal(refused.status, 503, JSON.stringify(refused.body));
    assert.equal(refused.headers.get('retry-after'), '1');
  } finally {
    await postgres.restart();
  }
  await until('the database is back', async () => {
    const { body } = await ready(one);
    return !/PostgreSQL/.test(JSON.stringify(body)) || body;
  });
  const second = await one.routing.createVersion(route.id, { ...on, elements: calling('after') });
  await one.routing.createDeployment(route.id, { ...on, version_id: second.version_id });
  await until('deployed', serves(two, 'steady', 'after'));
}, { ms: 60000 });
