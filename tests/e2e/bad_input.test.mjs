// Requests of any kind of damage: an OpenAI-shaped error, and a gateway that serves the next one.

import assert from 'node:assert/strict';
import { COMPAT, RawClient, ask, assertOpenAiError, fixture, model, outputs, route, test } from './harness.mjs';

const BODY_BYTES = 20000;
const { upstream, gateway } = await fixture({
  routes: [
    route('plain', [model('m', 'plain')]),
    route('user', [
      { id: 'c', type: 'conditional', properties: { conditions: { 'body.user': 'x' } }, outputs: outputs({ true: 'm', false: 'm' }) },
      model('m', 'plain'),
    ]),
  ],
  config: {
    limits: { body_bytes: BODY_BYTES, header_bytes: 8192, header_timeout_ms: 400, body_timeout_ms: 400, idle_timeout_ms: 600 },
  },
});

const CHAT = `${COMPAT}/chat/completions`;
const GOOD = JSON.stringify(ask('dynamic/plain'));

async function stillServes() {
  assert.equal((await gateway.chat(GOOD)).status, 200);
}

/** Nothing of a refused request may reach an upstream. */
async function refused(work) {
  const count = upstream.requests.length;
  const value = await work();
  assert.equal(upstream.requests.length, count, 'nothing went upstream');
  await stillServes();
  return value;
}

const bodies = [
  ['text that is no JSON', 'hello', 400],
  ['an empty body', '', 400],
  ['white space only', ' \n ', 400],
  ['an array', '[{"model":"dynamic/plain"}]', 400],
  ['a string', '"dynamic/plain"', 400],
  ['null', 'null', 400],
  ['an object cut in the middle', '{"model":"dynamic/plain","messages":[', 400],
  ['an object cut in a string', '{"model":"dynamic/pla', 400],
  ['text after the object', '{"model":"dynamic/plain"} x', 400],
  ['two objects', '{"model":"dynamic/plain"}{"model":"dynamic/plain"}', 400],
  ['no model', '{"messages":[]}', 400, /model/],
  ['a model that is a number', '{"model":5}', 400, /model/],
  ['a model that is null', '{"model":null}', 400, /model/],
  ['a model that is an object', '{"model":{"a":1}}', 400, /model/],
  ['an empty model', '{"model":""}', 400, /model/],
  ['a model without a provider', '{"model":"gpt-4o"}', 400, /gpt-4o/],
  ['a model that ends with its slash', '{"model":"up/"}', 400],
  ['single quotes', "{'model':'dynamic/plain'}", 400],
  ['a byte order mark of UTF-16', Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]), 400],
  ['zero bytes', Buffer.alloc(100), 400],
];
for (const [what, body, status, message] of bodies) {
  test(`bad body: ${what} is ${status}`, () => refused(async () => assertOpenAiError(await gateway.chat(body), status, { message })));
}

test('a body without a Content-Type is taken as JSON', async () => {
  assert.equal((await gateway.chat(GOOD, { headers: { 'Content-Type': undefined } })).status, 200);
});

const metadata = ['nonsense', '[1]', '"text"', '5', 'null', '{"a":{"b":1}}', '{"a":[1]}', '{"a":null}', '{"a":1', ''];
for (const value of metadata) {
  test(`R37: cf-aig-metadata ${JSON.stringify(value)} is 400 and the message says so`, () =>
    refused(async () => {
      const response = await gateway.chat(GOOD, { headers: { 'cf-aig-metadata': value } });
      assertOpenAiError(response, 400, { message: /cf-aig-metadata/ });
    }));
}

const places = [
  ['an unknown path', 'POST', '/v2/chat/completions', 404],
  ['the root', 'GET', '/', 404],
  ['a path with more behind it', 'POST', `${CHAT}/more`, 404],
  ['an unknown endpoint of compat', 'POST', `${COMPAT}/moderations`, 404],
  ['GET on chat', 'GET', CHAT, 405],
  ['DELETE on chat', 'DELETE', CHAT, 405],
  ['POST on models', 'POST', '/v1/models', 405],
];
for (const [what, method, where, status] of places) {
  test(`${what} is ${status}`, () =>
    refused(async () => {
      const response = await gateway.chat(method === 'POST' ? GOOD : undefined, { method, path: where });
      assertOpenAiError(response, status);
      if (status === 405) assert.ok(response.header('allow'), 'Allow says what is possible');
    }));
}

// ------------------------------------------------------------------------------------------------ sizes and times

test('a body over the limit is 413, known from its Content-Length before it is sent', () =>
  refused(async () => {
    const client = await gateway.connect();
    client.send('POST', CHAT, { 'Content-Length': BODY_BYTES + 1, 'Content-Type': 'application/json' });
    assertOpenAiError(await client.response(), 413, { code: 'request_too_large' });
    client.close();
  }));

test('a body over the limit that comes in chunks is 413', () =>
  refused(async () => {
    const client = await gateway.connect();
    client.send('POST', CHAT, { 'Transfer-Encoding': 'chunked' });
    client.write(`${(BODY_BYTES + 1000).toString(16)}\r\n${'x'.repeat(BODY_BYTES + 1000)}\r\n0\r\n\r\n`);
    assertOpenAiError(await client.response(), 413);
    client.close();
  }));

test('a body of just the limit passes', async () => {
  const empty = JSON.stringify(ask('dynamic/plain', { filler: '' }));
  const body = JSON.stringify(ask('dynamic/plain', { filler: 'x'.repeat(BODY_BYTES - empty.length) }));
  assert.equal(body.length, BODY_BYTES);
  assert.equal((await gateway.chat(body)).status, 200);
});

test('a body that is too slow is 408, and its connection ends', () =>
  refused(async () => {
    const client = await gateway.connect();
    client.send('POST', CHAT, { 'Content-Length': 1000 });
    client.write('{"model":');
    assertOpenAiError(await client.response(), 408);
    await client.closed;
  }));

test('a head that is too slow ends its connection', () =>
  refused(async () => {
    const client = await gateway.connect();
    client.write(`POST ${CHAT} HTTP/1.1\r\nHost: x\r\n`);
    const response = await client.head();
    if (response) assert.equal(response.status, 408);
    await client.closed;
  }));

test('an idle connection ends after the idle timeout, without a word', async () => {
  const client = await gateway.connect();
  client.chat(GOOD);
  assert.equal((await client.response()).status, 200);
  assert.equal(await client.head(), undefined);
  await client.closed;
});

test('a head over the limit is 431', () =>
  refused(async () => {
    const response = await gateway.chat(GOOD, { headers: { 'X-Big': 'x'.repeat(10000) } });
    assert.equal(response.status, 431);
  }));

// ------------------------------------------------------------------------------------------------ damaged HTTP

const L = GOOD.length;
const raws = [
  ['both Content-Length and Transfer-Encoding', `Host: x\r\nContent-Length: ${L}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['two different Content-Lengths', `Host: x\r\nContent-Length: ${L}\r\nContent-Length: ${L + 1}\r\n\r\n${GOOD}`],
  ['a Content-Length that is no number', `Host: x\r\nContent-Length: many\r\n\r\n${GOOD}`],
  ['a negative Content-Length', `Host: x\r\nContent-Length: -1\r\n\r\n${GOOD}`],
  ['a bad chunk size', 'Host: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ['a header without a colon', `Host: x\r\nNonsense\r\nContent-Length: ${L}\r\n\r\n${GOOD}`],
  ['a space before the colon', `Host: x\r\nContent-Length : ${L}\r\n\r\n${GOOD}`],
];
for (const [what, rest] of raws) {
  test(`damaged HTTP: ${what} is 400 and the connection ends`, () =>
    refused(async () => {
      const client = await gateway.connect();
      client.write(`POST ${CHAT} HTTP/1.1\r\n${rest}`);
      const response = await client.response();
      assert.equal(response.status, 400, response.text);
      await client.closed;
    }));
}

for (const line of ['GET\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 'POST / HTTP/9.9\r\nHost: x\r\n\r\n', '\r\n\r\n\r\n']) {
  test(`damaged HTTP: ${JSON.stringify(line)} ends the connection, perhaps with a 4xx or 505`, () =>
    refused(async () => {
      const client = await gateway.connect();
      client.write(Buffer.from(line, 'latin1'));
      const response = await client.head();
      if (response) assert.ok((response.status >= 400 && response.status < 500) || response.status === 505, String(response.status));
      await client.closed;
    }));
}

test('a connection goes on after an error that left it in step', async () => {
  const client = await gateway.connect();
  for (const [body, status] of [['{', 400], [GOOD, 200], [ask('dynamic/nowhere'), 404], [GOOD, 200]]) {
    client.chat(body);
    assert.equal((await client.response()).status, status);
  }
  client.close();
});

test('clients that hang up at any point harm no one', async () => {
  const text = `POST ${CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: ${L}\r\n\r\n${GOOD}`;
  for (let cut = 0; cut < text.length; cut += 7) {
    const client = await RawClient.connect(gateway.port);
    client.socket.end(text.slice(0, cut));
    client.socket.resume();
    await client.closed;
  }
  await stillServes();
});

test('300 mutated bodies: each gets an answer, and none of them a 5xx', async () => {
  let seed = 12345;
  const random = (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const base = Buffer.from(JSON.stringify(ask('dynamic/user', { user: 'x', stream: false, tools: [{ a: [1.5e3, null, 'é'] }] })));
  for (let round = 0; round < 300; ++round) {
    const body = Buffer.from(base);
    for (let times = random(3) + 1; times > 0; --times) body[random(body.length)] = random(256);
    const response = await gateway.chat(body.subarray(0, random(4) ? body.length : random(body.length)));
    assert.ok(response.status < 500, `${response.status} for ${JSON.stringify(body.toString('latin1'))}`);
    if (response.status !== 200) assert.equal(typeof response.json().error.message, 'string');
  }
});
