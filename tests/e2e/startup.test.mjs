// Configurations that must not come up: one clear line on standard error, and exit status 1. And what may come up.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import { Gateway, ask, binary, model, route, test, withGateway } from './harness.mjs';

const ROUTES = [route('plain', [model('m', 'echo', { provider: 'demo' })])];

/** The lines on standard error that are not routine log lines. */
function complaints(text) {
  return text.split('\n').filter((line) => {
    if (!line.trim()) return false;
    try {
      return !['debug', 'info', 'warning', 'warn'].includes(JSON.parse(line).level);
    } catch {
      return true;
    }
  });
}

async function refuses(options, ...patterns) {
  const gateway = await Gateway.launch({ routes: ROUTES, ...options });
  const { code, signal } = await gateway.ended(8000);
  assert.equal(signal, null, `it had to be killed\n${gateway.stderr}`);
  assert.equal(code, 1, gateway.stderr);
  const lines = complaints(gateway.stderr);
  assert.equal(lines.length, 1, `one clear line, but there were:\n${gateway.stderr}`);
  for (const pattern of patterns) assert.match(lines[0], pattern);
  assert.ok(!gateway.logs.some((line) => line.event === 'listening'), 'it never listened');
}

const mistakes = [
  ['an unknown key', { config: { lisen: '127.0.0.1:0' } }, /lisen/, /listen/],
  ['an unknown key in limits', { config: { limits: { body_byte: 1 } } }, /body_byte\b/, /body_bytes/],
  ['an unknown key in a provider', { config: { providers: [{ slug: 'x', base_url: 'http://127.0.0.1:1/v1', kei_env: 'X' }] } }, /kei_env/, /key_env/],
  ['a value of the wrong type', { config: { threads: 'many' } }, /threads/],
  ['a negative limit', { config: { limits: { body_bytes: -1 } } }, /body_bytes/],
  ['an address that is none', { config: { listen: 'nonsense' } }, /listen|nonsense/],
  ['a port out of range', { config: { listen: '127.0.0.1:70000' } }, /70000/],
  ['a provider without a base URL', { config: { providers: [{ slug: 'mine' }] } }, /mine/, /base_url/],
  ['a base URL that is none', { config: { providers: [{ slug: 'mine', base_url: 'ftp://x' }] } }, /ftp:\/\/x/],
  ['one slug twice', { config: { providers: Array(2).fill({ slug: 'mine', base_url: 'http://127.0.0.1:1/v1' }) } }, /mine/],
  ['a missing key variable', { config: { providers: [{ slug: 'mine', base_url: 'http://127.0.0.1:1/v1', key_env: 'E2E_UNSET' }] } }, /E2E_UNSET/],
  ['a missing token variable', { config: { auth: { bearer_token_env: 'E2E_NO_TOKEN' } } }, /E2E_NO_TOKEN/],
  ['a missing routes directory', { config: { routes: 'no-such-directory' } }, /no-such-directory/],
  ['a missing certificate file', { config: { tls_ca_file: 'no-such.pem' } }, /no-such\.pem/],
  ['an unknown log level', { config: { log: { level: 'loud' } } }, /loud/],
  ['a configuration that is no JSON', { configText: '{"listen": ' }, /junctor\.json/],
  ['a configuration that is no object', { configText: '[]' }, /junctor\.json|object/],
];
for (const [what, options, ...patterns] of mistakes) {
  test(`serve refuses ${what}`, () => refuses(options, ...patterns));
}

test('serve refuses a port that is taken, and names it', async () => {
  const holder = net.createServer();
  await new Promise((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address();
  await refuses({ config: { listen: `127.0.0.1:${port}` } }, new RegExp(String(port)));
  await new Promise((resolve) => holder.close(resolve));
});

/** Runs the binary with arguments; resolves with {code, err}. */
function run(...args) {
  return new Promise((resolve) => {
    const child = spawn(binary(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (text) => (err += text));
    child.once('close', (code) => resolve({ code, err }));
  });
}

test('serve refuses a configuration file that is not there, and names it', async () => {
  const { code, err } = await run('serve', '--config', '/no/such/junctor.json');
  assert.equal(code, 1, err);
  assert.match(err, /\/no\/such\/junctor\.json/);
});

test('an unknown option is a usage error: exit status 2', async () => {
  assert.equal((await run('serve', '--nonsense')).code, 2);
});

test('an empty configuration is complete: the defaults serve (here with a free port and a routes directory)', async () => {
  const configText = JSON.stringify({ listen: '127.0.0.1:0' });
  const gateway = await Gateway.start({ routes: ROUTES, configText });
  assert.equal((await gateway.chat(ask('dynamic/plain'))).status, 200);
  await gateway.stop();
});

test('at start, a route file with errors is named in the log and the others serve', async () => {
  await withGateway({ routes: { plain: route('plain', [model('m', 'ok')]), broken: '{"name": "broken"' } }, async ({ gateway }) => {
    assert.equal((await gateway.chat(ask('dynamic/plain'))).status, 200);
    assert.equal((await gateway.chat(ask('dynamic/broken'))).status, 404);
    await gateway.waitForLog((line) => line.level === 'error' && JSON.stringify(line).includes('broken.json'), 'an error about broken.json');
  });
});
