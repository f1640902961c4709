// `junctor` as a client of a running gateway: what a person or a pipeline does, from the first token to a rollback.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { after } from 'node:test';
import { Gateway, ask, binary, deadPort, model, route, test as timed } from './harness.mjs';

/** Each test starts a process for every command, which takes its time on a busy machine. */
const test = (name, body) => timed(name, body, { ms: 60000 });

const home = await mkdtemp(path.join(os.tmpdir(), 'junctor-e2e-client-'));
after(() => rm(home, { recursive: true, force: true }));

/** Runs `junctor` with arguments; `input` is its standard input. */
function junctor(args, { env = {}, input = '', cwd = home } = {}) {
  const { JUNCTOR_URL, JUNCTOR_TOKEN, ...clean } = process.env;
  const child = spawn(binary(), args, { cwd, env: { ...clean, HOME: home, XDG_CONFIG_HOME: path.join(home, 'config'), ...env } });
  child.stdin.on('error', () => {}); // Commands that read nothing may be gone before it is written.
  child.stdin.end(input);
  const result = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (result.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (result.stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ ...result, status }));
  });
}

const gateway = await Gateway.start({
  config: { admin: { listen: '127.0.0.1:0', default_gateway: { authentication: false } }, secrets: { master_key_env: 'MASTER_KEY' } },
  env: { MASTER_KEY: 'ab'.repeat(32) },
  routes: [route('of-file', [model('m', 'echo', { provider: 'demo' })])],
});
after(() => gateway.stop());
const adminLine = await gateway.waitForLog((line) => line.event === 'admin_listening', 'the admin API');
const url = `http://${adminLine.address}`;
// The line and the log come by two pipes.
while (!gateway.stdout.includes('\n')) await new Promise((resolve) => gateway.process.stdout.once('data', resolve));
const [, token] = gateway.stdout.match(/^admin token, shown this once: (jct_\S+)\n/);

/** Runs a command that has to succeed, logged in, and gives its output. */
async function run(...args) {
  const result = await junctor(args);
  assert.equal(result.status, 0, `junctor ${args.join(' ')}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}
const json = async (...args) => JSON.parse(await run(...args, '--json'));
async function fails(args, pattern, options) {
  const result = await junctor(args, options);
  assert.equal(result.status, 1, `junctor ${args.join(' ')}\n${result.stdout}${result.stderr}`);
  assert.match(result.stderr, pattern);
  return result;
}

/** A folder of route files by name. */
async function folder(name, files) {
  const where = path.join(home, name);
  await rm(where, { recursive: true, force: true });
  await mkdir(where);
  for (const [file, content] of Object.entries(files)) {
    await writeFile(path.join(where, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return where;
}

const simple = (name, modelName = 'echo', more = {}) => route(name, [model('m', modelName, { provider: 'demo', retries: 0, ...more })]);
const backed = (name) =>
  route(name, [model('m', 'fail-503', { provider: 'demo', retries: 0, fallback: 'n' }), model('n', 'echo', { provider: 'demo', retries: 0 })]);

async function served(name, gatewayName = 'default', headers = {}) {
  const response = await gateway.chat(ask(`dynamic/${name}`), { path: `/v1/default/${gatewayName}/compat/chat/completions`, headers });
  return { status: response.status, version: response.header('cf-aig-route-version'), model: response.header('cf-aig-model'), text: response.text };
}

// ---------------------------------------------------------------------------------------------- logging in

test('without a token, without a server and with a wrong token, the error says what to do', async () => {
  await fails(['routes', 'list'], /junctor login/);
  await fails(['routes', 'list', '--token-env', 'NOT_SET'], /`NOT_SET`.*not set/);
  const port = await deadPort();
  await fails(['routes', 'list', '--url', `http://127.0.0.1:${port}`], new RegExp(`cannot connect to http://127.0.0.1:${port}.*junctor serve`), {
    env: { JUNCTOR_TOKEN: token },
  });
  await fails(['routes', 'list', '--url', url], /401.*junctor login/s, { env: { JUNCTOR_TOKEN: 'jct_wrong' } });
  await fails(['login', '--url', url, '--token-stdin'], /does not know this token/, { input: 'jct_wrong\n' });
  await assert.rejects(stat(path.join(home, 'config', 'junctor', 'login.json')));
});

test('login keeps the token for its owner alone, and later commands use it', async () => {
  const result = await junctor(['login', '--url', `${url}/`, '--token-stdin'], { input: `${token}\n` });
  assert.equal(result.status, 0, result.stderr);
  assert.ok(!(result.stdout + result.stderr).includes(token));
  const file = path.join(home, 'config', 'junctor', 'login.json');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { url, account: 'default', gateway: '', ca_file: '', token });
  assert.match(await run('gateways', 'list'), /^GATEWAY .*\ndefault +off/);
});

test("the login's token does not go to another server", async () => {
  await fails(['routes', 'list', '--url', 'http://127.0.0.1:1'], /the login is for http/);
});

test('wrong usage is status 2', async () => {
  for (const args of [['routes'], ['routes', 'push'], ['routes', 'deploy', 'x'], ['routes', 'nothing'], ['token', 'create'], ['keys', 'add']]) {
    assert.equal((await junctor(args)).status, 2, args.join(' '));
  }
  assert.match((await junctor(['routes', 'push', '--help'])).stdout, /Examples:\n/);
});

// ---------------------------------------------------------------------------------------------- pushing

test('push creates, leaves alone and makes versions; a second push does nothing', async () => {
  const routes = await folder('push', { 'a.json': simple('a'), 'b.jsonc': `// b\n${JSON.stringify(simple('b'), null, 2)}` });
  assert.equal(await run('routes', 'push', routes, '--dry-run'), 'create a\ncreate b\ndry run: nothing was changed\n');
  assert.equal((await json('routes', 'list')).filter((one) => !one.id.startsWith('file:')).length, 0);
  assert.equal(await run('routes', 'push', routes, '--comment', 'first'), 'create a\ncreate b\n');
  assert.equal((await served('a')).status, 200);
  assert.equal((await served('b')).version, '1');
  assert.equal(await run('routes', 'push', routes), 'unchanged a\nunchanged b\nnothing to do\n');

  // Other white space, comments and spellings are no change; another value is.
  const text = JSON.stringify(simple('a'), null, 4).replace('"retries": 0', '"retries": 0.0, // none\n').replace('"demo"', '"\\u0064emo"');
  await folder('push', { 'a.jsonc': `/* a */ ${text}`, 'b.json': backed('b') });
  const plan = await run('routes', 'push', routes);
  assert.match(plan, /^unchanged a\nnew version of b \(1 → 2\): 1 element added, .*worst case calls 1 → 2/);
  assert.deepEqual([(await served('b')).version, (await served('b')).model], ['2', 'echo']);
  assert.match(await run('routes', 'push', routes), /nothing to do\n$/);
  const versions = await json('routes', 'versions', 'b');
  assert.deepEqual(versions.map((one) => [one.number, one.active, one.comment]), [[2, 'true', ''], [1, 'false', 'first']]);
  assert.equal((await json('routes', 'versions', 'a')).length, 1);
});

test('an error in one file: nothing is changed, and it is shown as `junctor check` shows it', async () => {
  const routes = await folder('bad', {
    'a.json': simple('a', 'fail-500'),
    'worse.json': JSON.stringify(simple('worse'), null, 2).replace('"retries"', '"retires"'),
  });
  const { stderr, stdout } = await fails(['routes', 'push', routes], /error\[JR\d+\].*retires/);
  assert.match(stderr, /worse\.json:\d+:\d+/);
  assert.equal(stdout, '');
  assert.equal((await served('a')).status, 200);
  const checked = await junctor(['check', path.join(routes, 'worse.json')]);
  assert.ok(stderr.startsWith(checked.stderr.split('\n\n')[0]), `${stderr}\n---\n${checked.stderr}`);
});

test('--no-deploy makes a version once; a push without it deploys that version', async () => {
  const routes = await folder('later', { 'a.json': simple('a', 'echo', { timeout: 5000 }) });
  assert.match(await run('routes', 'push', routes, '--no-deploy'), /^new version of a \(1 → 2, not deployed\): /);
  assert.equal((await served('a')).version, '1');
  assert.match(await run('routes', 'push', routes, '--no-deploy'), /nothing to do/);
  assert.match(await run('routes', 'push', routes), /^deploy a \(1 → 2\): /);
  assert.equal((await served('a')).version, '2');
  assert.equal((await json('routes', 'versions', 'a')).length, 2);
});

test("routes of the gateway's own files can't be pushed, and --delete leaves them alone", async () => {
  const routes = await folder('own', { 'x.json': simple('of-file', 'fail-500'), 'a.json': simple('a', 'echo', { timeout: 5000 }) });
  const { stdout } = await fails(['routes', 'push', routes], /of-file.*change that file/);
  assert.match(stdout, /cannot change of-file/);
  assert.equal((await served('of-file')).status, 200);
  const fewer = await folder('fewer', { 'a.json': simple('a', 'echo', { timeout: 5000 }) });
  assert.match(await run('routes', 'push', fewer, '--delete', '--dry-run'), /delete b\n/);
  assert.equal(await run('routes', 'push', fewer, '--delete'), 'unchanged a\ndelete b\n');
  assert.deepEqual((await json('routes', 'list')).map((one) => one.name).sort(), ['a', 'of-file']);
  assert.equal((await served('b')).status, 404);
});

test('push --json gives the actions as data', async () => {
  const routes = await folder('data', { 'a.json': simple('a', 'echo', { timeout: 5000 }), 'c.json': simple('c') });
  const actions = await json('routes', 'push', routes, '--dry-run');
  assert.deepEqual(actions.map((one) => [one.route, one.action]), [['a', 'unchanged'], ['c', 'create']]);
});

test('validate asks the gateway: places are those of the file', async () => {
  const routes = await folder('unknown', { 'u.json': JSON.stringify(simple('u', 'x').elements).replace('"demo"', '"dmeo"') });
  const text = `{\n  // a route\n  "name": "u",\n  "elements": ${JSON.stringify(simple('u').elements, null, 2).replace('"demo"', '"dmeo"')}}`;
  await writeFile(path.join(routes, 'u.json'), text);
  const result = await junctor(['routes', 'validate', routes]);
  assert.equal(result.status, 0, result.stderr);
  assert.match(result.stdout, /u\.json: route `u` is valid\n$/);
  const line = text.split('\n').findIndex((one) => one.includes('dmeo')) + 1;
  assert.match(result.stderr, new RegExp(`warning\\[JR\\d+\\].*dmeo[^]*u\\.json:${line}:`));
});

// ---------------------------------------------------------------------------------------------- versions and deployments

test('diff, deploy and rollback', async () => {
  const routes = await folder('versions', { 'v.json': simple('v') });
  await run('routes', 'push', routes);
  await folder('versions', { 'v.json': backed('v') });
  assert.match(await run('routes', 'diff', path.join(routes, 'v.json')), /^v: version 1 → .*v\.json\n\+ n \(model\)\n~ m: model "echo" → "fail-503"\n> m: fallback \(none\) → n\n/);
  await run('routes', 'push', routes);
  assert.match(await run('routes', 'diff', 'v', '--from', '1', '--to', '2'), /^v: version 1 → 2\n\+ n \(model\)\n/);
  assert.match(await run('routes', 'diff', 'v', '--from', '2', '--to', '1'), /^v: version 2 → 1\n- n \(model\)\n/);
  assert.deepEqual((await json('routes', 'diff', 'v', '--from', '1')).added.map((one) => one.id), ['n']);

  assert.match(await run('routes', 'rollback', 'v'), /^rolled back from version 2 to version 1 of v\n/);
  assert.equal((await served('v')).version, '1');
  await fails(['routes', 'rollback', 'v'], /first/);
  await fails(['routes', 'rollback', 'v', '--to', '7'], /no version `7`/);
  assert.match(await run('routes', 'deploy', 'v', '--version', '2'), /^deployed version 2 of v\n/);
  assert.equal((await served('v')).version, '2');
  await run('routes', 'rollback', 'v', '--to', '1');
  assert.equal((await served('v')).version, '1');
  assert.match(await run('routes', 'versions', 'v'), /^VERSION .*\n2 .*\n1 +live /);
  assert.match(await run('routes', 'show', 'v'), /version +1\n[^]*ELEMENT .*\nstart +start +next → m\n/);
});

test("a route's deadline goes along, and a change of it alone is one", async () => {
  const hurried = (deadline) => ({ name: 'hurried', ...(deadline ? { deadline } : {}), elements: simple('hurried').elements });
  const routes = await folder('hurried', { 'a.json': hurried(30000) });
  assert.equal(await run('routes', 'push', routes), 'create hurried\n');
  assert.match(await run('routes', 'push', routes), /^unchanged hurried\n/);
  assert.equal(JSON.parse(await run('routes', 'show', 'hurried', '--source')).deadline, 30000);
  await folder('hurried', { 'a.json': hurried() });
  assert.match(await run('routes', 'diff', path.join(routes, 'a.json')), /deadline 30000 ms → none/);
  assert.match(await run('routes', 'push', routes), /^new version of hurried \(1 → 2\): deadline 30000 ms → none/);
  assert.match(await run('routes', 'diff', 'hurried', '--from', '1', '--to', '2'), /deadline 30000 ms → none/);
  await run('routes', 'delete', 'hurried', '--yes');
});

test('show --source gives a document that pushes back as no change', async () => {
  const source = await run('routes', 'show', 'v', '--source');
  const routes = await folder('source', { 'v.json': source });
  assert.equal(await run('routes', 'push', routes), 'unchanged v\nnothing to do\n');
  assert.match(await run('routes', 'show', 'v', '--version', '2', '--source'), /fail-503/);
});

test('gradual and shadow deployments begin and end', async () => {
  assert.match(await run('routes', 'deploy', 'v', '--version', '2', '--percentage', '50', '--key', 'metadata.user_id'), /^50 % of the requests get version 2 of v\n/);
  assert.match(await run('routes', 'deployments', 'v'), /\ngradual +2 +50 % +metadata\.user_id /);
  assert.match(await run('routes', 'deployments', 'v', '--end', 'gradual'), /^ended the gradual deployment of v\n/);
  await fails(['routes', 'deployments', 'v', '--end', 'gradual'], /no gradual deployment/);
  await run('routes', 'deploy', 'v', '--version', '2', '--shadow');
  assert.equal((await served('v')).version, '1');
  assert.match(await run('routes', 'differences', 'v'), /^\d+ of \d+ requests would have been decided otherwise\n/);
  await run('routes', 'deployments', 'v', '--end', 'shadow');
  await fails(['routes', 'differences', 'v'], /no shadow deployment/);
});

test('delete takes the route away', async () => {
  await run('routes', 'delete', 'v');
  assert.equal((await served('v')).status, 404);
  await fails(['routes', 'delete', 'v'], /404/);
  await fails(['routes', 'delete', 'of-file'], /409/);
});

// ---------------------------------------------------------------------------------------------- gateways, providers, keys, tokens

test('gateways are made, changed and deleted', async () => {
  await run('gateways', 'create', 'prod');
  await fails(['gateways', 'create', 'prod'], /409/);
  const created = await json('gateways', 'show', 'prod');
  assert.deepEqual([created.authentication, created.collect_logs, created.cache_ttl], [true, true, 0]);
  await run('gateways', 'set', 'prod', 'rate_limiting_limit=100', 'rate_limiting_interval=60', 'rate_limiting_technique=sliding');
  const changed = await json('gateways', 'show', 'prod');
  assert.deepEqual([changed.rate_limiting_limit, changed.rate_limiting_interval, changed.rate_limiting_technique], [100, 60, 'sliding']);
  assert.equal(changed.authentication, true);
  assert.match(await run('gateways', 'list'), /\nprod +on +on +off +100\/60s sliding /);
  await fails(['gateways', 'set', 'prod', 'rate_limiting_limit=many'], /rate_limiting_limit/);
  await fails(['gateways', 'set', 'prod', 'nonsense'], /FIELD=VALUE/);
  await run('gateways', 'create', 'short-lived');
  await run('gateways', 'delete', 'short-lived');
  await fails(['gateways', 'show', 'short-lived'], /404/);
});

test('custom providers are named by their slugs', async () => {
  await run('providers', 'create', 'acme', '--base-url', 'https://llm.acme.example/v1', '--name', 'Acme');
  assert.match(await run('providers', 'list'), /^PROVIDER .*\ncustom-acme +Acme +yes +https:\/\/llm\.acme\.example\/v1 /);
  await run('providers', 'set', 'custom-acme', 'enable=false');
  assert.equal((await json('providers', 'show', 'acme')).enable, false);
  await fails(['providers', 'create', 'acme', '--base-url', 'https://llm.acme.example'], /409/);
  await fails(['providers', 'create', 'other', '--base-url', 'http://llm.acme.example'], /body\.base_url/);
  await run('providers', 'delete', 'acme');
  await fails(['providers', 'show', 'acme'], /no custom provider `acme`/);
});

test('keys come from variables and standard input, and are shown masked', async () => {
  const key = 'sk-0123456789abcdefghij';
  const stored = await junctor(['keys', 'add', 'openai', '--key-env', 'MY_KEY'], { env: { MY_KEY: key } });
  assert.equal(stored.status, 0, stored.stderr);
  const second = await junctor(['keys', 'add', 'openai', '--alias', 'team-b', '--key-stdin'], { input: `${key}-b\n` });
  assert.equal(second.status, 0, second.stderr);
  const list = await run('keys', 'list');
  assert.match(list, /openai +default +yes /);
  assert.match(list, /openai +team-b +no /);
  assert.ok(!list.includes(key) && !(stored.stdout + stored.stderr).includes(key));
  await fails(['keys', 'add', 'openai'], /standard input or in a variable/);
  await run('keys', 'set', 'openai', '--alias', 'team-b', '--default');
  assert.match(await run('keys', 'list'), /openai +team-b +yes /);
  await run('keys', 'delete', 'openai', '--alias', 'team-b');
  await fails(['keys', 'delete', 'openai', '--alias', 'team-b'], /no key of `openai` with the alias `team-b`/);
});

test('tokens are shown once, do what they may, and end when they are revoked', async () => {
  const made = await junctor(['token', 'create', '--permissions', 'run', '--gateway', 'prod', '--name', 'app', '--expires', '30d']);
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /^jct_[\w-]{43}\n$/);
  const secret = made.stdout.trim();
  const routes = await folder('prod', { 'p.json': simple('p') });
  await run('routes', 'push', routes, '-g', 'prod');
  assert.equal((await served('p', 'prod')).status, 401);
  assert.equal((await served('p', 'prod', { 'cf-aig-authorization': `Bearer ${secret}` })).status, 200);
  await fails(['routes', 'list', '--url', url], /403/, { env: { JUNCTOR_TOKEN: secret } });
  const list = await run('token', 'list');
  assert.match(list, /\napp +jct_\S+ +run +prod +\d{4}-/);
  assert.ok(!list.includes(secret));
  await run('token', 'revoke', 'app');
  assert.equal((await served('p', 'prod', { 'cf-aig-authorization': `Bearer ${secret}` })).status, 401);
  await fails(['token', 'revoke', 'app'], /no token `app`/);
  await fails(['token', 'create', '--permissions', 'read,write'], /`write` is no permission/);
  await fails(['token', 'create', '--permissions', 'read', '--expires', 'soon'], /`soon` is no time/);
});

test('audit tells who did it', async () => {
  const all = await json('audit', '--limit', '0');
  assert.ok(all.length > 10);
  assert.ok(!JSON.stringify(all).includes('sk-0123456789abcdefghij'));
  const tokens = await run('audit', '--since', '1h', '--resource', all.find((one) => one.resource.type.includes('token')).resource.type);
  assert.match(tokens, /^WHEN +WHO +FROM +ACTION +RESOURCE\n/);
  assert.match(tokens, /127\.0\.0\.1/);
  assert.equal(await run('audit', '--before', '2020-01-01T00:00:00Z'), 'no changes\n');
});

test('https: the authority is named, kept by the login, and no other one is trusted', async () => {
  const at = (name) => path.join(home, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-keyout', at('tls.key'), '-out', at('tls.pem')], { stdio: 'pipe' });
  const server = tls.createServer({ key: await readFile(at('tls.key')), cert: await readFile(at('tls.pem')) }, (socket) => {
    const behind = net.connect(Number(adminLine.address.split(':').pop()), '127.0.0.1');
    socket.pipe(behind).pipe(socket);
    for (const end of [socket, behind]) end.on('error', () => [socket, behind].forEach((one) => one.destroy()));
  });
  server.on('tlsClientError', () => {});
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const secure = `https://localhost:${server.address().port}`;
  const env = { XDG_CONFIG_HOME: at('secure') };
  await fails(['login', '--url', secure, '--token-stdin'], /--ca-file/, { env, input: token });
  const login = await junctor(['login', '--url', secure, '--token-stdin', '--ca-file', 'tls.pem'], { env, input: token });
  assert.equal(login.status, 0, login.stderr);
  const list = await junctor(['gateways', 'list'], { env, cwd: '/' });
  assert.equal(list.status, 0, list.stderr);
  assert.match(list.stdout, /\nprod /);
  await fails(['gateways', 'list', '--url', secure.replace('https', 'http')], /no answer|something that is no envelope/, { env: { JUNCTOR_TOKEN: token } });
  await new Promise((resolve) => server.close(resolve));
});

test('the master key is changed in the store, and gateways with the new one open what was sealed', async () => {
  const directory = await mkdtemp(path.join(home, 'rotate-'));
  const [first, second] = ['11'.repeat(32), '22'.repeat(32)];
  const config = (more) => ({ listen: '127.0.0.1:0', admin: { listen: '127.0.0.1:0', token_env: 'ADMIN' }, storage: { sqlite: path.join(directory, 'kept.db') }, ...more });
  const keyed = (key) => Gateway.start({ config: config({ secrets: { master_key_env: 'MASTER_KEY' } }), env: { MASTER_KEY: key, ADMIN: 'the-admin-token' } });
  const command = async (one, args, options = {}) => {
    const line = await one.waitForLog((entry) => entry.event === 'admin_listening');
    const result = await junctor([...args, '--url', `http://${line.address}`], { ...options, env: { JUNCTOR_TOKEN: 'the-admin-token', ...options.env } });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout;
  };
  const before = await keyed(first);
  await command(before, ['gateways', 'create', 'g']);
  await command(before, ['keys', 'add', 'openai', '-g', 'g', '--key-stdin'], { input: 'sk-to-be-kept' });
  await before.stop();

  await writeFile(path.join(directory, 'junctor.json'), JSON.stringify(config({ secrets: { master_key_env: 'MASTER_KEY' } })));
  await writeFile(path.join(directory, 'new.key'), second, { mode: 0o600 });
  const rotate = (env, ...more) => junctor(['secrets', 'rotate', '--config', path.join(directory, 'junctor.json'), ...more], { env: { ADMIN: 'x', ...env } });
  const wrong = await rotate({ MASTER_KEY: '33'.repeat(32) }, '--new-key-file', path.join(directory, 'new.key'));
  assert.equal(wrong.status, 1, wrong.stdout);
  const done = await rotate({ MASTER_KEY: first }, '--new-key-file', path.join(directory, 'new.key'));
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, /^1 secret is sealed under the new master key now/);
  const again = await rotate({ MASTER_KEY: first, NEW: second }, '--new-key-env', 'NEW');
  assert.match(again.stdout, /^0 secrets are/);

  const late = await Gateway.launch({ config: config({ secrets: { master_key_env: 'MASTER_KEY' } }), env: { MASTER_KEY: first, ADMIN: 'x' } });
  assert.notEqual((await late.ended()).code, 0, 'the old key alone does not open what is stored');
  const next = await keyed(second);
  assert.match(await command(next, ['keys', 'list', '-g', 'g']), /openai +default/);
  await next.stop();
});

test('logout forgets', async () => {
  assert.match(await run('logout'), /^logged out/);
  assert.equal(await run('logout'), 'there was no login\n');
  await fails(['routes', 'list'], /junctor login/);
});
