// The admin listener as a network service: first start, hostile requests, restarts.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { Admin, OPERATOR, controlled, startControlled } from './control.mjs';
import { Gateway, test, withGateway } from './harness.mjs';

const { gateway, admin } = await startControlled({});
after(() => gateway.stop());
const { hostname, port } = new URL(admin.base);
const TOKEN = { authorization: `Bearer ${OPERATOR}` };

/** Sends bytes and gives what comes back until the other side closes or `enough` holds. */
function exchange(bytes, enough = () => false) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (more) => {
      text += more;
      if (enough(text)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

test('the first start shows a token once, on standard output and not in the log', async () => {
  await withGateway({ config: { admin: { listen: '127.0.0.1:0' } } }, async ({ gateway: first }) => {
    const api = await Admin.of(first);
    const [, token] = /^admin token, shown this once: (jct_[A-Za-z0-9_-]{43})$/m.exec(first.stdout);
    assert.ok(!first.stderr.includes(token));
    assert.equal((await api.call('GET', '/gateways', undefined, token)).status, 200);
    assert.equal((await api.call('GET', '/gateways', undefined, token.slice(0, -1))).status, 401);
  });
});

test('health and the description need no token', async () => {
  const origin = new URL(admin.base).origin;
  assert.deepEqual(await (await fetch(`${origin}/health`)).json(), { status: 'ok' });
  const description = await (await fetch(`${origin}/openapi.json`)).json();
  assert.equal(description.openapi, '3.1.0');
  assert.equal((await fetch(`${origin}/nothing`)).status, 401);
  assert.equal((await fetch(`${origin}/nothing`, { headers: TOKEN })).status, 404);
});

test('bodies that are not what they should be are refused in the envelope', async () => {
  const send = (body, headers = {}) => fetch(`${admin.base}/gateways`, { method: 'POST', headers: { ...TOKEN, ...headers }, body });
  for (const [body, headers, status] of [
    ['', {}, 400],
    ['[]', {}, 400],
    ['{', {}, 400],
    ['['.repeat(100000), {}, 400],
    [`{"a":${'['.repeat(100000)}${']'.repeat(100000)}}`, {}, 400],
    ['{}', { 'content-encoding': 'gzip' }, 415],
    ['--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
  ]) {
    const response = await send(body, headers);
    assert.equal(response.status, status, body.slice(0, 20));
    const envelope = await response.json();
    assert.equal(envelope.success, false);
    assert.equal(envelope.result, null);
    assert.ok(envelope.errors[0].message.length > 0);
  }
});

test('a body has a limit, however it is sent', async () => {
  const head = `POST /client/v4/accounts/a/ai-gateway/gateways HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${OPERATOR}\r\n`;
  assert.match(await exchange(`${head}Content-Length: 99999999999\r\n\r\n{`, (text) => text.includes('}\n')), /^HTTP\/1\.1 413 /);
  const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`;
  assert.match(await exchange(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(66)}`, (text) => text.includes('}\n')), /^HTTP\/1\.1 413 /);
});

test('nobody without a token makes the server read a body', async () => {
  const head = 'POST /client/v4/accounts/a/ai-gateway/gateways HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n';
  const answer = await exchange(head + 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n', (text) => text.includes('}\n'));
  assert.match(answer, /^HTTP\/1\.1 401 /);
  assert.equal(answer.split('HTTP/1.1').length, 2, 'what follows is not taken for a request');
});

test('heads that are hostile end with an answer or a close', async () => {
  const requests = [
    'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'NONSENSE\r\n\r\n',
    `GET /${'a'.repeat(5000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /${'a'.repeat(50000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(20000)}\r\n`,
    'GET /client/v4/%zz HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ];
  for (const request of requests) {
    const answer = await exchange(request, (text) => text.includes('}\n') || text.includes('\r\n\r\n'));
    assert.ok(answer === '' || /^HTTP\/1\.1 4\d\d /.test(answer), `${request.slice(0, 30)}: ${answer.slice(0, 100)}`);
  }
  assert.equal((await admin.call('GET', '/gateways')).status, 200, 'it serves on');
});

test('what X-Forwarded-For says is not believed', async () => {
  const response = await fetch(`${admin.base}/tokens`, {
    method: 'POST',
    headers: { ...TOKEN, 'x-forwarded-for': '8.8.8.8' },
    body: JSON.stringify({ name: 'forwarded', permissions: ['read'] }),
  });
  assert.equal(response.status, 200);
  const { body } = await admin.call('GET', '/audit_logs?resource.type=ai_gateway.token');
  assert.equal(body.result[0].actor.ip, '127.0.0.1');
});

test('more connections than threads are all served', async () => {
  const answers = await Promise.all(Array.from({ length: 150 }, () => admin.call('GET', '/gateways')));
  assert.ok(answers.every((answer) => answer.status === 200));
});

test('without a master key keys are refused with what to do, and tried once', async () => {
  const options = controlled({ config: { secrets: undefined } });
  await withGateway(options, async ({ gateway: bare }) => {
    const api = await Admin.of(bare);
    await api.gateway('g');
    const response = await fetch(`${api.base}/gateways/g/provider_configs`, {
      method: 'POST',
      headers: TOKEN,
      body: JSON.stringify({ provider_slug: 'openai', alias: 'a', default_config: true, secret: 's' }),
    });
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('x-should-retry'), 'false');
    assert.match((await response.json()).errors[0].message, /secrets\.master_key_file/);
  });
});

test('what was acknowledged is there after a kill, and a start without the master key says what is missing', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'junctor-admin-'));
  after(() => rm(directory, { recursive: true }));
  const storage = { sqlite: path.join(directory, 'junctor.db') };
  const one = await startControlled({ config: { storage } });
  await one.admin.gateway('kept', { cache_ttl: 7 });
  await one.admin.key('kept', 'openai', 'sk-kept');
  one.gateway.signal('SIGKILL');
  await one.gateway.ended();

  const two = await startControlled({ config: { storage } });
  assert.equal((await two.admin.must('GET', '/gateways/kept')).result.cache_ttl, 7);
  await two.gateway.stop();

  const without = await Gateway.launch(controlled({ config: { storage, secrets: undefined } }));
  const status = await without.ended();
  assert.notEqual(status.code, 0);
  assert.match(without.stderr, /1 stored provider key can't be opened.*secrets\.master_key_file/s);
});

test('an address that is taken is named', async () => {
  const second = await Gateway.launch(controlled({ config: { admin: { listen: `127.0.0.1:${port}`, token_env: 'TEST_ADMIN_TOKEN' } } }));
  const status = await second.ended();
  assert.notEqual(status.code, 0);
  assert.match(second.stderr, new RegExp(`admin API can't listen on 127\\.0\\.0\\.1:${port}`));
});

test('an answer is whole, whatever range was asked for, and a body may say that it is not encoded', async () => {
  const send = (headers) => fetch(`${admin.base}/tokens`, { method: 'POST', headers: { ...TOKEN, ...headers }, body: JSON.stringify({ name: 'n', permissions: ['read'] }) });
  for (const headers of [{ range: 'bytes=0-5' }, { 'content-encoding': 'identity' }]) {
    const response = await send(headers);
    assert.equal(response.status, 200, JSON.stringify(headers));
    assert.equal((await response.json()).success, true);
  }
  const got = await fetch(`${admin.base}/gateways`, { headers: { ...TOKEN, range: 'bytes=0-5,7-8' } });
  assert.equal(got.status, 200);
  assert.equal((await got.json()).success, true);
});

test('connections that idle hold up nobody, and are not cut off for others', async () => {
  const request = `GET /client/v4/accounts/a/ai-gateway/gateways?per_page=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${OPERATOR}\r\n\r\n`;
  const open = () =>
    new Promise((resolve, reject) => {
      const connection = { text: '', ended: false };
      connection.socket = net.connect(Number(port), hostname, () => resolve(connection));
      connection.socket.setEncoding('latin1').on('data', (more) => {
        connection.text += more;
        connection.look?.();
      });
      connection.socket.on('error', reject).on('close', () => {
        connection.ended = true;
        connection.look?.();
      });
    });
  const answer = (connection) =>
    new Promise((resolve, reject) => {
      connection.text = '';
      connection.look = () => {
        if (connection.text.endsWith('}\n')) resolve(connection.text);
        else if (connection.ended) reject(new Error('cut off'));
      };
      connection.socket.write(request);
    });
  // More than there are threads; some say nothing, the others idle after an answer.
  const silent = await Promise.all(Array.from({ length: 100 }, open));
  const used = await Promise.all(Array.from({ length: 100 }, open));
  for (let turn = 0; turn < 3; ++turn) {
    for (const text of await Promise.all(used.map(answer))) assert.match(text, /^HTTP\/1\.1 200 /);
    assert.equal((await admin.call('GET', '/gateways')).status, 200);
  }
  assert.match(await answer(silent[7]), /^HTTP\/1\.1 200 /);
  for (const { socket } of [...silent, ...used]) socket.destroy();
});
