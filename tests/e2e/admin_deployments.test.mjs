// Deployments while requests run: 100 of them a second, none of the requests failed, delayed or of two minds (R34).

import assert from 'node:assert/strict';
import http from 'node:http';
import { after } from 'node:test';
import { ACCOUNT, ControlledGateway, calling } from './control_plane.mjs';
import { test } from './harness.mjs';

const DEPLOYMENTS = 500;
const DEPLOYMENTS_A_SECOND = 100; // as many as the machine makes of them
const ROUTES = 5; // each with a deployer and a caller
const VERSIONS = 5;

const controlled = await ControlledGateway.start();
after(() => controlled.stop());
const on = { account_id: ACCOUNT, gateway_id: 'default' };

/** One request on a connection that is kept. */
function ask(agent, name) {
  const body = JSON.stringify({ model: `dynamic/${name}`, messages: [{ role: 'user', content: 'hello' }] });
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${controlled.gateway.url}/v1/${ACCOUNT}/default/compat/chat/completions`,
      { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => (text += piece)).on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
      },
    );
    request.on('error', reject).end(body);
  });
}

test('deployments at 100 a second fail no request, and each request sees one version', async (context) => {
  // Version n of a route calls the model `version-n`: what a request says of itself must agree.
  const routes = [];
  for (let i = 0; i < ROUTES; ++i) {
    const name = `busy-${i}`;
    const made = await controlled.routing.create('default', { account_id: ACCOUNT, name, elements: calling('version-1') });
    const versions = [made.version.version_id];
    for (let number = 2; number <= VERSIONS; ++number) {
      versions.push((await controlled.routing.createVersion(made.id, { ...on, elements: calling(`version-${number}`) })).version_id);
    }
    routes.push({ name, id: made.id, versions });
  }
  let ended = false;
  let requests = 0;
  const seen = new Set();
  const call = async ({ name }) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (!ended) {
      const { status, headers, text } = await ask(agent, name);
      assert.equal(status, 200, text);
      const version = headers['cf-aig-route-version'];
      assert.equal(headers['cf-aig-model'], `version-${version}`);
      assert.equal(JSON.parse(text).model, `version-${version}`, 'what the provider was asked');
      ++requests;
      seen.add(`${name} ${version}`);
    }
    agent.destroy();
  };
  const begin = performance.now();
  const times = [];
  const deploy = async ({ name, id, versions }) => {
    for (let done = 0; done < DEPLOYMENTS / ROUTES; ++done) {
      const due = begin + (done * 1000 * ROUTES) / DEPLOYMENTS_A_SECOND;
      if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      const number = 1 + (done % VERSIONS);
      const before = performance.now();
      await controlled.routing.createDeployment(id, { ...on, version_id: versions[number - 1] });
      times.push(performance.now() - before);
      // What is answered is live: the next request has that version.
      if (done % 10 === 0) {
        const { headers } = await ask(undefined, name);
        assert.equal(headers['cf-aig-route-version'], String(number));
      }
    }
  };
  const callers = routes.map(call);
  try {
    await Promise.all(routes.map(deploy));
  } finally {
    ended = true;
  }
  const seconds = (performance.now() - begin) / 1000;
  await Promise.all(callers);
  times.sort((a, b) => a - b);
  context.diagnostic(
    `${times.length} deployments (${(times.length / seconds).toFixed(0)} a second, median ${times[times.length >> 1].toFixed(1)} ms, ` +
      `longest ${times.at(-1).toFixed(0)} ms), ${requests} requests`,
  );
  assert.ok(requests >= DEPLOYMENTS / 2, 'requests ran all the time');
  assert.equal(seen.size, ROUTES * VERSIONS);
}, { ms: 60000 });
