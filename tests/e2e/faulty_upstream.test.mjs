// The faulty upstream tested by itself: what it says must be what the other tests believe it says.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FaultyUpstream, completionBody, ok, streamEvents, streamPieces } from './faulty_upstream.mjs';
import { RawClient, ask, eventData } from './harness.mjs';

describe('the faulty upstream', () => {
  let upstream;
  before(async () => (upstream = await FaultyUpstream.start()));
  after(() => upstream.close());

  async function post(model, more = {}) {
    const client = await RawClient.connect(upstream.port);
    client.send('POST', '/v1/chat/completions', {}, ask(model, more));
    const message = await client.head();
    if (message) await client.reader.body(message, { isResponse: true });
    client.close();
    return message;
  }

  test('answers plainly, and records the request as it came', async () => {
    const response = await fetch(`${upstream.baseUrl}/chat/completions?x=1`, {
      method: 'POST',
      headers: { 'X-Odd-Case': 'Yes' },
      body: '{ "model" : "plain" }',
    });
    assert.equal(await response.text(), completionBody('plain'));
    const [request] = upstream.of('plain');
    assert.equal(request.method, 'POST');
    assert.equal(request.path, '/v1/chat/completions?x=1');
    assert.equal(request.text, '{ "model" : "plain" }');
    assert.equal(request.header('x-odd-case'), 'Yes');
  });

  test('streams events, with usage, comments and other line ends on request', async () => {
    upstream.on('lf', ok({ tokens: 2, usage: true, comments: true }));
    const plain = await post('lf', { stream: true });
    assert.equal(plain.text, streamEvents('lf', { tokens: 2, usage: true, comments: true }).join(''));
    assert.equal(eventData(plain.text).at(-1), '[DONE]');
    upstream.on('crlf', ok({ tokens: 2, eol: '\r\n' }));
    const crlf = await post('crlf', { stream: true });
    assert.ok(crlf.text.endsWith('data: [DONE]\r\n\r\n'));
    assert.deepEqual(eventData(crlf.text).at(-1), '[DONE]');
  });

  test('sends one event in as many packets as it has bytes', async () => {
    const text = streamEvents('bytes', { tokens: ['é'] }).join('');
    upstream.on('bytes', streamPieces([...Buffer.from(text)].map((byte) => Buffer.from([byte]))));
    let packets = 0;
    const client = await RawClient.connect(upstream.port);
    client.send('POST', '/v1/chat/completions', {}, ask('bytes', { stream: true }));
    const response = await client.response({ onBytes: () => ++packets });
    client.close();
    assert.equal(response.text, text);
    assert.ok(packets > 100);
  });

  const statuses = [
    ['fail:503', 503, undefined],
    ['fail:429:60', 429, /^60$/],
    ['fail:429:date:60', 429, /^\w{3}, \d\d \w{3} \d{4} .* GMT$/],
    ['quota', 429, undefined],
    ['quota:402', 402, undefined],
    ['context-length', 400, undefined],
    ['content-filter', 400, undefined],
    ['html', 200, undefined],
    ['html:502', 502, undefined],
  ];
  for (const [model, status, retryAfter] of statuses) {
    test(`model ${model} answers ${status}`, async () => {
      const response = await post(model);
      assert.equal(response.status, status);
      assert.ok(response.complete);
      if (retryAfter) assert.match(response.header('retry-after'), retryAfter);
    });
  }

  test('flaky:2:503 fails twice and then answers', async () => {
    const seen = [];
    for (let turn = 0; turn < 3; ++turn) seen.push((await post('flaky:2:503')).status);
    assert.deepEqual(seen, [503, 503, 200]);
  });

  // model, whether a head comes, whether the body is complete, text that must (not) be there
  const cuts = [
    ['cut-before-headers', false],
    ['reset-before-headers', false],
    ['cut-in-headers', false],
    ['garbage', true, true],
    ['cut-mid-body', true, false],
    ['cut-after:2', true, false],
    ['fin-after:2', true, false],
    ['long-length', true, false],
    ['short-length', true, true],
    ['http10', true, true],
    ['close-delimited', true, true],
    ['trailers', true, true],
  ];
  for (const [model, head, complete] of cuts) {
    test(`model ${model}: ${head ? (complete ? 'the answer is whole' : 'the body breaks off') : 'no head'}`, async () => {
      const response = await post(model, { stream: true });
      assert.equal(Boolean(response), head);
      if (head) assert.equal(response.complete, complete);
    });
  }

  test('trailers follow the last chunk', async () => {
    assert.deepEqual((await post('trailers')).trailers, ['X-Sum: 42']);
  });

  test('no-done, error-event and malformed are streams with just that fault', async () => {
    const noDone = await post('no-done', { stream: true });
    assert.ok(noDone.complete && !noDone.text.includes('[DONE]'));
    const error = await post('error-event:1', { stream: true });
    assert.match(eventData(error.text).at(-1), /"error"/);
    const malformed = await post('malformed', { stream: true });
    assert.throws(() => eventData(malformed.text).slice(0, -1).map((data) => JSON.parse(data)));
  });

  for (const model of ['silent', 'role-then-silence', 'stall-after:1', 'pings-only']) {
    test(`model ${model} never ends by itself, and sees the client go`, async () => {
      const client = await RawClient.connect(upstream.port);
      client.send('POST', '/v1/chat/completions', {}, ask(model, { stream: true }));
      const request = await upstream.waitFor(() => upstream.of(model)[0]);
      client.close();
      await upstream.waitFor(() => request.closedEarly);
      assert.equal(request.answered, false);
    });
  }

  test('counts connections: two requests on one kept-alive connection', async () => {
    const before = upstream.connections;
    const client = await RawClient.connect(upstream.port);
    for (const model of ['kept-1', 'kept-2']) {
      client.send('POST', '/v1/chat/completions', {}, ask(model));
      assert.equal((await client.response()).status, 200);
    }
    client.close();
    assert.equal(upstream.connections, before + 1);
    assert.equal(upstream.of('kept-1')[0].connection, upstream.of('kept-2')[0].connection);
  });

  test('reads chunked request bodies and answers Expect: 100-continue', async () => {
    const client = await RawClient.connect(upstream.port);
    client.send('POST', '/v1/chat/completions', { Expect: '100-continue', 'Transfer-Encoding': 'chunked' });
    assert.equal((await client.head()).status, 100);
    client.write('5\r\n{"mod\r\n13\r\nel":"expectations"}\r\n0\r\n\r\n');
    assert.equal((await client.response()).json().model, 'expectations');
    client.close();
  });
});
