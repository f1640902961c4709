// Custom providers: what `custom-{slug}` reaches, and what it may not.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { at, startControlled } from './control.mjs';
import { completionBody } from './faulty_upstream.mjs';
import { ask, model, route, test } from './harness.mjs';

const directory = mkdtempSync(path.join(os.tmpdir(), 'junctor-e2e-targets-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const file = (name) => path.join(directory, name);
execFileSync(
  'openssl',
  ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key.pem'), '-out', file('cert.pem'), '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  { stdio: 'pipe' },
);

/** An HTTPS server that notes what it gets; `/moved` answers with a redirect. */
async function target() {
  const seen = [];
  const server = https.createServer({ key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) }, (request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(pieces).toString() });
      if (request.url.includes('moved')) {
        response.writeHead(302, { location: `https://localhost:${server.address().port}/elsewhere` }).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(completionBody('custom'));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { seen, server, url: `https://localhost:${server.address().port}` };
}

const CONFIG = { tls_ca_file: file('cert.pem'), threads: 1 };

async function withTarget(config, body) {
  const provider = await target();
  const { gateway, admin } = await startControlled({ config: { ...CONFIG, ...config } });
  try {
    await admin.gateway('one');
    await body({ provider, gateway, admin });
  } catch (error) {
    error.message += `\nlog of the gateway:\n${gateway.stderr.slice(-8000)}`;
    throw error;
  } finally {
    await gateway.stop();
    provider.server.closeAllConnections();
    provider.server.close();
  }
}

test('a custom provider is called on compat, in routes and on its own paths', () =>
  withTarget({ allow_private_targets: ['localhost'] }, async ({ provider, gateway, admin }) => {
    await admin.customProvider({ slug: 'mine', base_url: `${provider.url}/api`, headers: JSON.stringify({ 'X-Team': 'blue' }) });
    await admin.key('one', 'custom-mine', 'sk-mine');
    const compat = await gateway.chat(ask('custom-mine/some/model'), { path: at('one', '/compat/chat/completions'), headers: { 'X-Team': 'red' } });
    assert.equal(compat.status, 200, compat.text);
    assert.equal(compat.header('cf-aig-provider'), 'custom-mine');
    assert.equal(provider.seen[0].url, '/api/v1/chat/completions');
    assert.equal(JSON.parse(provider.seen[0].body).model, 'some/model');
    assert.equal(provider.seen[0].headers['x-team'], 'blue');
    assert.equal(provider.seen[0].headers.authorization, 'Bearer sk-mine');
    await admin.route('one', route('own', [model('m', 'deep', { provider: 'custom-mine' })]));
    const routed = await gateway.chat(ask('dynamic/own'), { path: at('one', '/compat/chat/completions') });
    assert.equal(routed.status, 200, routed.text);
    const native = await gateway.chat('{"x": 1}', { path: at('one', '/custom-mine/v4/any//path?a=b'), method: 'PUT', headers: { 'X-Team': 'red' } });
    assert.equal(native.status, 200, native.text);
    const last = provider.seen.at(-1);
    assert.deepEqual([last.method, last.url, last.body, last.headers['x-team']], ['PUT', '/api/v4/any//path?a=b', '{"x": 1}', 'blue']);
    assert.equal(last.headers.authorization, 'Bearer sk-mine');
  }));

test('a custom provider that is disabled, changed or deleted acts so for the next request', () =>
  withTarget({ allow_private_targets: ['127.0.0.0/8', '::1'] }, async ({ provider, gateway, admin }) => {
    const { id } = await admin.customProvider({ slug: 'mine', base_url: provider.url, enable: false });
    const compat = () => gateway.chat(ask('custom-mine/m'), { path: at('one', '/compat/chat/completions') });
    const native = () => gateway.chat({}, { path: at('one', '/custom-mine/x') });
    const disabled = await compat();
    assert.equal(disabled.status, 400);
    assert.equal(disabled.json().error.code, 'provider_disabled');
    assert.match(disabled.json().error.message, /`custom-mine` is disabled/);
    assert.equal((await native()).status, 403);
    await admin.must('PATCH', `/custom-providers/${id}`, { enable: true });
    assert.equal((await compat()).status, 200);
    await admin.must('PATCH', `/custom-providers/${id}`, { base_url: `${provider.url}/v2` });
    assert.equal((await compat()).status, 200);
    assert.equal(provider.seen.at(-1).url, '/v2/chat/completions');
    await admin.must('DELETE', `/custom-providers/${id}`);
    assert.equal((await compat()).json().error.code, 'unknown_provider');
    assert.equal((await native()).status, 404);
  }));

test('redirects are passed on and not followed', () =>
  withTarget({ allow_private_targets: ['localhost'] }, async ({ provider, gateway, admin }) => {
    await admin.customProvider({ slug: 'mine', base_url: provider.url });
    const response = await gateway.chat({}, { path: at('one', '/custom-mine/moved') });
    assert.equal(response.status, 302);
    assert.equal(provider.seen.length, 1);
    await admin.customProvider({ slug: 'moving', base_url: `${provider.url}/moved` });
    const compat = await gateway.chat(ask('custom-moving/m'), { path: at('one', '/compat/chat/completions') });
    assert.equal(compat.status, 502, compat.text);
    assert.equal(provider.seen.length, 2);
  }));

test('without the permission a private target is refused when saved, and when connected to', async () => {
  const store = file('kept.db');
  await withTarget({ allow_private_targets: ['localhost'], storage: { sqlite: store } }, async ({ provider, gateway, admin }) => {
    await admin.customProvider({ slug: 'mine', base_url: provider.url });
    assert.equal((await gateway.chat({}, { path: at('one', '/custom-mine/x') })).status, 200);
  });
  const provider = await target();
  const { gateway, admin } = await startControlled({ config: { ...CONFIG, storage: { sqlite: store } } });
  try {
    for (const url of ['https://localhost:1', 'https://127.0.0.1', 'https://[::1]', 'https://10.0.0.1/v1', 'https://169.254.169.254']) {
      const answer = await admin.call('POST', '/custom-providers', { name: 'x', slug: 'x', base_url: url });
      assert.equal(answer.status, 400, `${url}: ${JSON.stringify(answer.body)}`);
      assert.equal(answer.body.errors[0].code, 1002);
      assert.deepEqual(answer.body.errors[0].path, ['body', 'base_url']);
    }
    for (const call of [gateway.chat({}, { path: at('one', '/custom-mine/x') }), gateway.chat(ask('custom-mine/m'), { path: at('one', '/compat/chat/completions') })]) {
      const response = await call;
      assert.equal(response.status, 502, response.text);
      assert.match(response.text, /no address that may be connected to/);
    }
    assert.equal(provider.seen.length, 0);
  } finally {
    await gateway.stop();
    provider.server.close();
  }
});
