// What reaches providers whose requests have an address, a signature or a form of their own. The gateway calls the
// providers' real names; a proxy of the test's own answers in their place, records what came over the wire, and the
// tests check it as the provider would.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createHmac, createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { after } from 'node:test';
import { FaultyUpstream, completionBody } from './faulty_upstream.mjs';
import { Gateway, ask, header, model, route, test } from './harness.mjs';

const NATIVE = '/v1/my-account/my-gateway';
// The example values of AWS's own documents.
const ACCESS_KEY = 'AKIDEXAMPLE';
const SECRET_KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const SESSION_TOKEN = 'session-token==';

const HOSTS = {
  azure: 'my-resource.openai.azure.com',
  otherAzure: 'other-resource.openai.azure.com',
  bedrock: 'bedrock-runtime.eu-central-1.amazonaws.com',
  vertex: 'europe-west4-aiplatform.googleapis.com',
  workers: 'api.cloudflare.com',
  groq: 'api.groq.com',
  cerebras: 'api.cerebras.ai',
  openai: 'api.openai.com',
};

// ---------------------------------------------------------------------------------------------- the providers' places

const folder = mkdtempSync(path.join(os.tmpdir(), 'junctor-e2e-targets-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const at = (name) => path.join(folder, name);
const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
const EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
openssl('req', '-x509', '-newkey', ...EC, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=test authority');
writeFileSync(at('ext'), `subjectAltName=${Object.values(HOSTS).map((host) => `DNS:${host}`).join(',')}`);
openssl('req', '-newkey', ...EC, '-keyout', at('key'), '-out', at('csr'), '-subj', '/CN=providers');
openssl('x509', '-req', '-in', at('csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('ext'), '-out', at('pem'));
const identity = { isServer: true, key: readFileSync(at('key')), cert: readFileSync(at('pem')) };

const upstream = await FaultyUpstream.start();

/** A proxy that takes CONNECT for the names above and stands in for each of them. */
const proxy = http.createServer();
proxy.on('connect', (request, socket) => {
  const [host, port] = request.url.split(':');
  if (!Object.values(HOSTS).includes(host) || port !== '443') return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
  const plain = new tls.TLSSocket(socket, identity);
  const behind = net.connect(upstream.port, '127.0.0.1');
  plain.pipe(behind).pipe(plain);
  for (const end of [socket, plain, behind]) end.on('error', () => [socket, plain, behind].forEach((one) => one.destroy()));
});
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
proxy.unref();

// A token service that gives out tokens for whatever it is shown; the test checks what that was.
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const assertions = [];
const tokens = http.createServer((request, response) => {
  let body = '';
  request.on('data', (text) => (body += text));
  request.on('end', () => {
    assertions.push({ path: request.url, form: new URLSearchParams(body) });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: `ya29.token-${assertions.length}`, expires_in: 3599, token_type: 'Bearer' }));
  });
});
await new Promise((resolve) => tokens.listen(0, '127.0.0.1', resolve));
tokens.unref();
const tokenOrigin = `http://127.0.0.1:${tokens.address().port}`;
writeFileSync(
  at('service-account.json'),
  JSON.stringify({
    type: 'service_account',
    project_id: 'my-project',
    private_key_id: 'key-1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'gateway@my-project.iam.gserviceaccount.com',
    token_uri: `${tokenOrigin}/token`,
  }),
);

const gateway = await Gateway.start({
  upstream,
  config: { tls_ca_file: at('ca.pem'), threads: 1 }, // Each thread fetches tokens of its own.
  env: {
    HTTPS_PROXY: `http://127.0.0.1:${proxy.address().port}`,
    NO_PROXY: '',
    AZURE_KEY: 'azure-key',
    AWS_ID: ACCESS_KEY,
    AWS_SECRET: SECRET_KEY,
    AWS_SESSION: SESSION_TOKEN,
    ACCOUNT_TOKEN: 'account-token',
    FAST_KEY: 'fast-key',
    MAIN_KEY: 'main-key',
    TEAM_KEY: 'team-key',
  },
  providers: [
    { slug: 'azure-openai', key_env: 'AZURE_KEY', resource: 'my-resource', api_version: '2025-01-01' },
    {
      slug: 'aws-bedrock',
      region: 'eu-central-1',
      aws: { access_key_id_env: 'AWS_ID', secret_access_key_env: 'AWS_SECRET', session_token_env: 'AWS_SESSION' },
    },
    { slug: 'google-vertex-ai', region: 'europe-west4', project: 'my-project', service_account_file: at('service-account.json'), token_origins: [tokenOrigin] },
    { slug: 'workers-ai', account: 'abc123', key_env: 'ACCOUNT_TOKEN' },
    { slug: 'groq', key_env: 'FAST_KEY' },
    { slug: 'cerebras', key_env: 'FAST_KEY' },
    { slug: 'openai', key_env: 'MAIN_KEY', keys: { team: 'TEAM_KEY' } },
  ],
  routes: [
    route('main', [model('m', 'plain', { provider: 'openai' })]),
    route('team', [model('m', 'fail:503#team', { provider: 'openai', byokAlias: 'team', retries: 0, fallback: 'n' }), model('n', 'plain', { provider: 'openai' })]),
    route('nobody', [model('m', 'plain', { provider: 'openai', byokAlias: 'no-such', retries: 0 })]),
  ],
});
after(async () => {
  await gateway.stop();
  await upstream.close();
});

/** Sends a request and gives the answer with what reached the providers. */
async function send(body, options) {
  const before = upstream.requests.length;
  const response = await gateway.chat(body, options);
  return { response, requests: upstream.requests.slice(before) };
}

// ---------------------------------------------------------------------------------------------- Azure

const AZURE = [
  ['the configured resource', 'azure-openai/gpt-4o-prod', HOSTS.azure],
  ['a resource in the model', 'azure-openai/other-resource/gpt-4o-prod', HOSTS.otherAzure],
  ["the provider's other name", 'azure/other-resource/gpt-4o-prod', HOSTS.otherAzure],
];
for (const [what, name, host] of AZURE) {
  test(`Azure: ${what} and the deployment make the address, the key stands in api-key`, async () => {
    const { response, requests } = await send(ask(name, { temperature: 0.5 }), { headers: { Authorization: 'Bearer callers-own' } });
    assert.equal(response.status, 200, response.text);
    assert.equal(requests.length, 1);
    const [request] = requests;
    assert.equal(request.header('host'), host);
    assert.equal(request.path, '/openai/deployments/gpt-4o-prod/chat/completions?api-version=2025-01-01');
    assert.equal(request.header('api-key'), 'azure-key');
    assert.equal(request.header('authorization'), undefined);
    assert.equal(request.json().model, 'gpt-4o-prod');
    assert.equal(request.json().temperature, 0.5);
  });
}

test('Azure: a deployment that could change the path is refused', async () => {
  for (const name of ['azure-openai/r/a/b', 'azure-openai/r/..', 'azure-openai/r/a?b', 'azure-openai/r.evil.example/a']) {
    const { response, requests } = await send(ask(name));
    assert.equal(response.status, 400, `${name}: ${response.text}`);
    assert.equal(requests.length, 0);
  }
});

test('Azure: the native path keeps the form, and gets a version where it names none', async () => {
  const { requests } = await send(ask('x'), { path: `${NATIVE}/azure-openai/other-resource/gpt-4o-prod/chat/completions` });
  assert.equal(requests[0].header('host'), HOSTS.otherAzure);
  assert.equal(requests[0].path, '/openai/deployments/gpt-4o-prod/chat/completions?api-version=2025-01-01');
  const own = await send(ask('x'), { path: `${NATIVE}/azure-openai/other-resource/gpt-4o-prod/embeddings?api-version=2024-02-01` });
  assert.equal(own.requests[0].path, '/openai/deployments/gpt-4o-prod/embeddings?api-version=2024-02-01');
});

// ---------------------------------------------------------------------------------------------- Bedrock

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const hmac = (key, data) => createHmac('sha256', key).update(data).digest();

/** Fails unless `request` is signed as AWS demands (Signature Version 4), with the test's own keys. */
function assertSigned(request, { region = 'eu-central-1', service = 'bedrock' } = {}) {
  const authorization = request.header('authorization') ?? '';
  const match = authorization.match(/^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/);
  assert.ok(match, authorization);
  const [, id, day, signedRegion, signedService, names, signature] = match;
  assert.deepEqual([id, signedRegion, signedService], [ACCESS_KEY, region, service]);
  const date = request.header('x-amz-date');
  assert.match(date, /^\d{8}T\d{6}Z$/);
  assert.equal(date.slice(0, 8), day);
  const age = Date.now() - Date.parse(date.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'));
  assert.ok(Math.abs(age) < 60_000, `signed ${age} ms ago`);
  for (const name of ['host', 'x-amz-date', 'x-amz-security-token']) assert.ok(names.split(';').includes(name), names);
  assert.deepEqual(names.split(';'), [...names.split(';')].sort());
  const [where, query = ''] = request.path.split('?');
  const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const canonical = [
    request.method,
    where.split('/').map(encode).join('/'),
    query.split('&').filter(Boolean).sort().join('&'),
    ...names.split(';').map((name) => `${name}:${request.header(name).trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce(hmac, `AWS4${SECRET_KEY}`);
  assert.equal(signature, createHmac('sha256', key).update(text).digest('hex'), canonical);
  assert.equal(request.header('x-amz-security-token'), SESSION_TOKEN);
}

const CONVERSE = JSON.stringify({
  output: { message: { role: 'assistant', content: [{ text: 'hello from bedrock' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 },
});

for (const content of ['hi', 'ünïcode 🦊 "quotes"', 'x'.repeat(200_000)]) {
  test(`Bedrock: the request is signed, and the signature holds (${content.length} characters)`, async () => {
    upstream.on(undefined, (wire) => wire.answer(200, CONVERSE));
    const body = { model: 'aws-bedrock/anthropic.claude-3-haiku-20240307-v1:0', messages: [{ role: 'user', content }] };
    const { response, requests } = await send(body, { headers: { Authorization: 'Bearer callers-own' } });
    assert.equal(response.status, 200, response.text);
    assert.equal(response.json().choices[0].message.content, 'hello from bedrock');
    assert.equal(requests.length, 1);
    assert.equal(requests[0].header('host'), HOSTS.bedrock);
    assert.match(requests[0].path, /^\/model\/anthropic\.claude-3-haiku-20240307-v1(:|%3A)0\/converse$/);
    assert.equal(requests[0].json().messages[0].content[0].text, content);
    assertSigned(requests[0]);
  });
}

test('Bedrock: the native path is signed too, its query included', async () => {
  upstream.on(undefined, (wire) => wire.answer(200, CONVERSE));
  const body = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] };
  const { response, requests } = await send(body, {
    path: `${NATIVE}/aws-bedrock/bedrock-runtime/eu-central-1/model/amazon.nova-lite-v1%3A0/converse?b=2&a=1`,
  });
  assert.equal(response.text, CONVERSE);
  assert.equal(requests[0].path, '/model/amazon.nova-lite-v1%3A0/converse?b=2&a=1');
  assertSigned(requests[0]);
});

test('Bedrock: each attempt is signed anew', async () => {
  let calls = 0;
  upstream.on(undefined, (wire) => (++calls === 1 ? wire.answer(503, '{"message":"busy"}') : wire.answer(200, CONVERSE)));
  const { response, requests } = await send(ask('aws-bedrock/amazon.nova-lite-v1:0'), {
    headers: { 'cf-aig-max-attempts': '2', 'cf-aig-retry-delay': '1100', 'cf-aig-backoff': 'constant' },
  });
  assert.equal(response.status, 200, response.text);
  assert.equal(requests.length, 2);
  requests.forEach((request) => assertSigned(request));
});

// ---------------------------------------------------------------------------------------------- Vertex

const GENERATED = JSON.stringify({
  candidates: [{ content: { role: 'model', parts: [{ text: 'hello from vertex' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 3, totalTokenCount: 10 },
});

test("Vertex: a token is fetched with the service account's signature, used, and kept", async () => {
  upstream.on(undefined, (wire) => wire.answer(200, GENERATED));
  for (let turn = 0; turn < 3; ++turn) {
    const { response, requests } = await send(ask('google-vertex-ai/google/gemini-2.5-pro'), { headers: { Authorization: 'Bearer callers-own' } });
    assert.equal(response.status, 200, response.text);
    assert.equal(response.json().choices[0].message.content, 'hello from vertex');
    assert.equal(requests[0].header('host'), HOSTS.vertex);
    assert.equal(requests[0].path, '/v1/projects/my-project/locations/europe-west4/publishers/google/models/gemini-2.5-pro:generateContent');
    assert.equal(requests[0].header('authorization'), 'Bearer ya29.token-1');
  }
  assert.equal(assertions.length, 1, 'one token for all of them');
  const [{ path: where, form }] = assertions;
  assert.equal(where, '/token');
  assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer');
  const [head, claims, signature] = form.get('assertion').split('.');
  const decode = (text) => JSON.parse(Buffer.from(text, 'base64url'));
  assert.deepEqual(decode(head), { alg: 'RS256', typ: 'JWT', kid: 'key-1' });
  const { iss, scope, aud, iat, exp } = decode(claims);
  assert.equal(iss, 'gateway@my-project.iam.gserviceaccount.com');
  assert.equal(scope, 'https://www.googleapis.com/auth/cloud-platform');
  assert.equal(aud, `${tokenOrigin}/token`);
  assert.ok(Math.abs(iat - Date.now() / 1000) < 60 && exp > iat && exp <= iat + 3600);
  assert.ok(createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url'));
});

test('Vertex: a token that the service refuses is dropped, and another one fetched', async () => {
  const refuseFirst = (wire) =>
    wire.request.header('authorization') === 'Bearer ya29.token-1'
      ? wire.answer(401, '{"error":{"code":401,"message":"expired","status":"UNAUTHENTICATED"}}')
      : wire.answer(200, GENERATED);
  upstream.on(undefined, refuseFirst);
  const { response, requests } = await send(ask('google-vertex-ai/google/gemini-2.5-pro'));
  assert.equal(response.status, 200, response.text);
  assert.deepEqual(requests.map((request) => request.header('authorization')), ['Bearer ya29.token-1', 'Bearer ya29.token-2']);
});

// ---------------------------------------------------------------------------------------------- accounts and edits

test('Workers AI: the configured account is part of the address', async () => {
  const { response, requests } = await send(ask('workers-ai/@cf/meta/llama-3.1-8b-instruct'));
  assert.equal(response.status, 200, response.text);
  assert.equal(requests[0].header('host'), HOSTS.workers);
  assert.equal(requests[0].path, '/client/v4/accounts/abc123/ai/v1/chat/completions');
  assert.equal(requests[0].header('authorization'), 'Bearer account-token');
  assert.equal(requests[0].json().model, '@cf/meta/llama-3.1-8b-instruct');
});

const EDITS = [
  ['groq', HOSTS.groq, '/openai/v1/chat/completions', { logprobs: true, top_logprobs: 2, logit_bias: { 1: 2 }, max_tokens: 5, seed: 7 }, { max_tokens: 5, seed: 7 }],
  ['cerebras', HOSTS.cerebras, '/v1/chat/completions', { presence_penalty: 1, frequency_penalty: 0.5, logit_bias: {}, max_tokens: 5, seed: 7 }, { max_completion_tokens: 5, seed: 7 }],
];
for (const [slug, host, where, sent, arrives] of EDITS) {
  test(`${slug}: fields that it refuses never reach it, all others do`, async () => {
    const { response, requests } = await send(ask(`${slug}/llama-3.3-70b`, sent));
    assert.equal(response.status, 200, response.text);
    assert.equal(requests[0].header('host'), host);
    assert.equal(requests[0].path, where);
    assert.equal(requests[0].header('authorization'), 'Bearer fast-key');
    assert.deepEqual(requests[0].json(), { ...ask('llama-3.3-70b'), ...arrives });
  });
}

test('an untouched body goes byte for byte, its spelling included', async () => {
  const text = '{"model":"openai/plain",  "messages":[{"role":"user","content":"\\u00e9"}], "seed":7.0}';
  const { requests } = await send(text);
  assert.equal(requests[0].body.toString(), text.replace('openai/plain', 'plain'));
});

// ---------------------------------------------------------------------------------------------- which key

const KEYS = [
  ['no alias', 'openai/plain', {}, ['main-key']],
  ['the alias of the header', 'openai/plain', { 'cf-aig-byok-alias': 'team' }, ['team-key']],
  ['a route without an alias', 'dynamic/main', {}, ['main-key']],
  ['a route without an alias, and the header', 'dynamic/main', { 'cf-aig-byok-alias': 'team' }, ['team-key']],
  ["an element's own alias, for its calls alone", 'dynamic/team', {}, ['team-key', 'main-key']],
];
for (const [what, name, headers, keys] of KEYS) {
  test(`keys: ${what}`, async () => {
    const { response, requests } = await send(ask(name), { headers });
    assert.equal(response.status, 200, response.text);
    assert.deepEqual(requests.map((request) => request.header('authorization')), keys.map((key) => `Bearer ${key}`));
    assert.ok(requests.every((request) => request.header('cf-aig-byok-alias') === undefined));
  });
}

test('keys: an alias that is not there calls nobody, and no other key is used', async () => {
  for (const [name, headers] of [['openai/plain', { 'cf-aig-byok-alias': 'no-such' }], ['dynamic/nobody', {}]]) {
    const { response, requests } = await send(ask(name), { headers });
    assert.ok(response.status >= 400, response.text);
    assert.match(response.text, /no-such/);
    assert.equal(requests.length, 0);
  }
});

// ---------------------------------------------------------------------------------------------- short and long answers

const LENGTHS = [
  ['a short error body', 404, 'no', 'text/plain'],
  ['an empty error body', 500, '', 'text/plain'],
  ['an error body above 64 KiB', 500, 'e'.repeat(70_000), 'text/plain'],
  ['an answer above 64 KiB', 200, completionBody('long', 'y'.repeat(200_000)), 'application/json'],
  ['a short answer', 200, '{}', 'application/json'],
];
for (const [what, status, body, type] of LENGTHS) {
  test(`universal endpoint: ${what} is passed on whole`, async () => {
    upstream.on('length', (wire) => wire.answer(status, body, { 'Content-Type': type }));
    const entry = { provider: 'openai', endpoint: 'chat/completions', headers: {}, query: ask('length') };
    const { response } = await send([entry], { path: NATIVE });
    assert.equal(response.status, status);
    assert.equal(response.text, body);
    assert.equal(header(response, 'content-type'), type);
    assert.equal(header(response, 'cf-aig-step'), '0');
  });
  test(`universal endpoint: ${what} of a first entry does not stand in a second one's way`, async () => {
    if (status === 200) return;
    upstream.on('length', (wire) => wire.answer(status, body, { 'Content-Type': type }));
    const entry = (name) => ({ provider: 'openai', endpoint: 'chat/completions', headers: {}, query: ask(name) });
    const { response } = await send([entry('length'), entry('plain')], { path: NATIVE });
    assert.equal(response.status, 200, response.text);
    assert.equal(response.text, completionBody('plain'));
  });
}
