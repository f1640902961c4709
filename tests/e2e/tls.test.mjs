// HTTPS to the provider: certificates are verified, the name is sent and checked, connections are kept.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { FaultyUpstream, completionBody } from './faulty_upstream.mjs';
import { Gateway, ask, assertOpenAiError, attempts, eventData, test } from './harness.mjs';

const directory = mkdtempSync(path.join(os.tmpdir(), 'junctor-e2e-tls-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const at = (name) => path.join(directory, name);
const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });

/** An authority, and a certificate of it for `names` ("DNS:localhost", "IP:127.0.0.1"). */
function certificate(name, names) {
  writeFileSync(at(`${name}.ext`), `subjectAltName=${names}`);
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
  openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`));
  return { key: readFileSync(at(`${name}.key`)), cert: readFileSync(at(`${name}.pem`)) };
}

openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=test authority');
const good = certificate('good', 'DNS:localhost,IP:127.0.0.1');
const wrong = certificate('wrong', 'DNS:elsewhere.example');

/** A TLS server that pipes each connection to the faulty upstream, and notes the names asked for. */
async function tlsFront(identity, upstream) {
  const front = { names: [], connections: 0 };
  const server = tls.createServer(identity, (socket) => {
    front.names.push(socket.servername);
    ++front.connections;
    const behind = net.connect(upstream.port, '127.0.0.1');
    socket.pipe(behind).pipe(socket);
    for (const end of [socket, behind]) end.on('error', () => [socket, behind].forEach((one) => one.destroy()));
  });
  server.on('tlsClientError', () => {}); // A handshake that the gateway refuses is what some tests want.
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  front.port = server.address().port;
  front.close = () => server.close();
  return front;
}

async function withFront(identity, config, body) {
  const upstream = await FaultyUpstream.start();
  const front = await tlsFront(identity, upstream);
  const provider = (slug, host) => ({ slug, base_url: `https://${host}:${front.port}/v1` });
  const gateway = await Gateway.start({ providers: [provider('named', 'localhost'), provider('numbered', '127.0.0.1')], config });
  try {
    await body({ gateway, front, upstream });
  } finally {
    await gateway.stop();
    front.close();
    await upstream.close();
  }
}

const TRUSTED = { tls_ca_file: at('ca.pem'), threads: 1 };

test('a provider over HTTPS: plain and streaming, with its name in the handshake, on one connection', () =>
  withFront(good, TRUSTED, async ({ gateway, front }) => {
    for (let turn = 0; turn < 5; ++turn) {
      assert.equal((await gateway.chat(ask('named/plain'))).text, completionBody('plain'));
    }
    const stream = await gateway.chat(ask('named/plain', { stream: true }));
    assert.equal(eventData(stream.text).at(-1), '[DONE]');
    assert.deepEqual(front.names, ['localhost']);
  }));

test('a provider by address: the certificate must hold the address', () =>
  withFront(good, TRUSTED, async ({ gateway }) => {
    assert.equal((await gateway.chat(ask('numbered/plain'))).text, completionBody('plain'));
  }));

test('R22: a TLS connection that is cut in mid-stream ends with an error event', () =>
  withFront(good, TRUSTED, async ({ gateway }) => {
    const response = await gateway.chat(ask('named/fin-after:2', { stream: true }));
    assert.match(eventData(response.text).at(-1), /"error"/);
    assert.ok(!response.text.includes('[DONE]'));
  }));

const refusals = [
  ['an authority that is not trusted', good, { threads: 1 }],
  ['a certificate for another name', wrong, TRUSTED],
];
for (const [what, identity, config] of refusals) {
  test(`${what} is a failed connection: 502, class connect, and no byte of the request goes out`, () =>
    withFront(identity, config, async ({ gateway, upstream }) => {
      const response = await gateway.chat(ask('named/plain'));
      assertOpenAiError(response, 502, { message: /certificate|TLS/i });
      assert.deepEqual(new Set(attempts(await gateway.logOf(response)).map((one) => one.split(':')[1])), new Set(['connect']));
      assert.equal(upstream.requests.length, 0);
    }));
}
