// Error classes, retries, timeouts, fallbacks, deadlines, held responses and cancellation: R19 to R24, R27, R28.

import assert from 'node:assert/strict';
import { FaultyUpstream, completionBody, errorBody, flood } from './faulty_upstream.mjs';
import { Gateway, ask, assertOpenAiError, attempts, deadPort, fixture, model, route, test } from './harness.mjs';

const CLASSES = [
  // class, the upstream's model, retried by default, status to the client without a fallback
  ['connect', 'any', true, 502, 'dead'],
  ['reset', 'cut-before-headers', true, 502],
  ['reset', 'reset-before-headers', true, 502],
  ['reset', 'cut-in-headers', true, 502],
  ['timeout', 'silent', true, 504],
  ['rate_limit', 'fail:429', true, 429],
  ['quota', 'quota', false, 429],
  ['quota', 'quota:402', false, 402],
  ['auth', 'fail:401', false, 401],
  ['auth', 'fail:403', false, 403],
  ['overloaded', 'fail:503', true, 503],
  ['overloaded', 'fail:529', true, 529],
  ['server_error', 'fail:500', true, 500],
  ['server_error', 'fail:502', true, 502],
  ['server_error', 'html:502', true, 502],
  ['context_length', 'context-length', false, 400],
  ['content_filter', 'content-filter', false, 400],
  ['bad_request', 'fail:400', false, 400],
  ['bad_request', 'fail:404', false, 404],
  ['bad_request', 'fail:422', false, 422],
];
const caseName = (kind, name) => `${kind}-${name.replace(/[^a-z0-9]/g, '-')}`;
const once = { retries: 1, retryDelay: 1, timeout: 150 };

const routes = CLASSES.flatMap(([, name, , , provider = 'up']) => [
  route(caseName('alone', name), [model('m', name, { provider, ...once })]),
  route(caseName('backed', name), [model('m', name, { provider, ...once, fallback: 'n' }), model('n', 'second')]),
]);

const quick = (name, properties = {}) => model('m', name, { retryDelay: 1, ...properties });
routes.push(
  route('recovers', [quick('flaky:2:503', { retries: 2 })]),
  route('gives-up', [quick('flaky:3:503#late', { retries: 2, fallback: 'n' }), model('n', 'second')]),
  route('no-retries', [quick('fail:503#0')]),
  route('retry-on', [quick('fail:400#retried', { retries: 2, retryOn: ['bad_request'] })]),
  route('retry-on-other', [quick('fail:503#not', { retries: 2, retryOn: ['timeout'] })]),
  route('retry-timeout', [quick('silent#retried', { retries: 1, timeout: 100, retryOn: ['timeout'], fallback: 'n' }), model('n', 'second')]),
  route('fallback-on-other', [quick('fail:503#stays', { fallback: 'n', fallbackOn: ['timeout'] }), model('n', 'second')]),
  route('fallback-on', [quick('fail:503#goes', { fallback: 'n', fallbackOn: ['overloaded'] }), model('n', 'second')]),
  route('fallback-on-filter', [quick('content-filter#goes', { fallback: 'n', fallbackOn: ['content_filter'] }), model('n', 'second')]),

  route('after-60', [quick('fail:429:60', { retries: 3, fallback: 'n' }), model('n', 'second')]),
  route('after-60-alone', [quick('fail:429:60#alone', { retries: 3 })]),
  route('after-date-60', [quick('fail:503:date:60', { retries: 3, fallback: 'n' }), model('n', 'second')]),
  route('after-1', [quick('flaky:1:429:1', { retries: 1 })]),
  route('after-date-2', [quick('flaky:1:503:date:2', { retries: 1 })]),
  route('after-past', [quick('flaky:1:503:date:-100', { retries: 1 })]),
  route('after-odd', [quick('flaky:1:503:soon', { retries: 1 })]),

  route('exponential', [model('m', 'fail:503#exponential', { retries: 2, retryDelay: 200 })]),
  route('linear', [model('m', 'fail:503#linear', { retries: 2, retryDelay: 200, backoff: 'linear' })]),
  route('constant', [model('m', 'fail:503#constant', { retries: 2, retryDelay: 200, backoff: 'constant' })]),

  route('slow-enough', [model('m', 'slow:100', { timeout: 5000 })]),
  route('slow-body', [model('m', 'slow-body:5000', { timeout: 150, fallback: 'n' }), model('n', 'second')]),
  route('body-goes-on', [model('m', 'body-goes-on', { timeout: 200 })]),
  route('deadline', [model('a', 'silent#a', { timeout: 200, fallback: 'b' }), model('b', 'silent#b', { fallback: 'c' }), model('c', 'third')], {
    deadline: 400,
  }),
  route('deadline-retries', [model('m', 'fail:503#deadline', { retries: 5, retryDelay: 400, backoff: 'constant' })], { deadline: 600 }),
  route('deadline-met', [model('m', 'drip:5:100', {})], { deadline: 300 }),

  route('chain', [
    model('a', 'fail:500#chain', { fallback: 'b' }),
    model('b', 'fail:429#chain', { fallback: 'c' }),
    model('c', 'quota#chain', { fallback: 'd' }),
    model('d', 'fourth'),
  ]),
  route('all-fail', [model('a', 'fail:500#all', { fallback: 'b' }), model('b', 'fail:401#all', { fallback: 'end' })]),
  route('no-model-answers', [model('a', 'silent#last', { timeout: 100, fallback: 'end' })]),

  route('two', [model('a', 'first', { success: 'b' }), model('b', 'second')]),
  route('two-fails', [model('a', 'first', { success: 'b' }), model('b', 'fail:503#two', { fallback: 'end' })]),
  route('two-fails-hard', [model('a', 'first', { success: 'b' }), model('b', 'fail:503#hard')]),
  route('two-stream', [model('a', 'drip:4:20', { success: 'b' }), model('b', 'fail:503#two-s', { fallback: 'end' })]),
  route('drops', [model('a', 'flood', { success: 'b' }), model('b', 'second')]),

  route('cancel-silent', [model('m', 'silent#gone', { retries: 3, fallback: 'n' }), model('n', 'never')]),
  route('cancel-delay', [model('m', 'fail:503:4', { retries: 3, fallback: 'n' }), model('n', 'never')]),
  route('cancel-body', [model('m', 'cancel-body', { retries: 3 })]),
);

const { upstream, gateway } = await fixture({
  routes,
  providers: [{ slug: 'dead', base_url: `http://127.0.0.1:${await deadPort()}/v1` }],
});

const call = (name, more = {}) => gateway.chat(ask(`dynamic/${name}`, more));
const timed = async (work) => {
  const start = performance.now();
  const value = await work();
  return [value, performance.now() - start];
};

for (const [kind, name, retried, status] of CLASSES) {
  const times = retried ? 2 : 1;
  for (const stream of [false, true]) {
    const how = `${name}${stream ? ', streaming' : ''}`;
    test(`R21: ${how} is class ${kind}: ${times} attempt(s), then ${status}`, async () => {
      const response = await call(caseName('alone', name), { stream });
      assert.equal(response.status, status, response.text);
      assert.equal(typeof response.json().error.message, 'string');
      if (status === 504) assertOpenAiError(response, 504, { code: 'timeout' });
      const line = await gateway.logOf(response);
      assert.deepEqual(attempts(line), Array(times).fill(`m:${kind}`));
      assert.equal(line.status, status);
    });
  }

  const goes = kind !== 'content_filter';
  const before = kind === 'timeout' ? 1 : times;
  test(`R21: ${name} with a fallback: ${before} attempt(s), then ${goes ? 'the fallback answers' : 'its own answer, as it was given'}`, async () => {
    const response = await call(caseName('backed', name));
    const line = await gateway.logOf(response);
    const failed = Array(before).fill(`m:${kind}`);
    if (goes) {
      assert.equal(response.text, completionBody('second'));
      assert.equal(response.header('cf-aig-step'), '1');
      assert.deepEqual(attempts(line), [...failed, 'n:ok']);
    } else {
      assert.equal(response.status, 400);
      assert.equal(response.text, errorBody('The response was filtered', 'invalid_request_error', 'content_filter', 'prompt'));
      assert.deepEqual(attempts(line), failed);
    }
  });
}

test("R28: an HTML error page of a proxy becomes OpenAI's shape with its text as message", async () => {
  const response = await call(caseName('alone', 'html:502'));
  assertOpenAiError(response, 502, { message: /from some proxy/ });
});

// ------------------------------------------------------------------------------------------------ attempts

// route, attempts, what the client gets (a model's answer, or a status)
const counts = [
  ['R19: retries are extra attempts, and the one that works answers', 'recovers', ['m:overloaded', 'm:overloaded', 'm:ok'], 'flaky:2:503'],
  ['R19: after the last attempt the fallback answers', 'gives-up', [...Array(3).fill('m:overloaded'), 'n:ok'], 'second'],
  ['R19: there are no retries by default', 'no-retries', ['m:overloaded'], 503],
  ['R21: retryOn may name a class that is not retried by default', 'retry-on', Array(3).fill('m:bad_request'), 400],
  ['R21: retryOn leaves out what it does not name', 'retry-on-other', ['m:overloaded'], 503],
  ['R21: retryOn timeout retries a timeout although there is a fallback', 'retry-timeout', ['m:timeout', 'm:timeout', 'n:ok'], 'second'],
  ['R21: fallbackOn keeps other classes from the fallback', 'fallback-on-other', ['m:overloaded'], 503],
  ['R21: fallbackOn lets its classes through', 'fallback-on', ['m:overloaded', 'n:ok'], 'second'],
  ['R21: fallbackOn may name content_filter', 'fallback-on-filter', ['m:content_filter', 'n:ok'], 'second'],
  ['R21: a 429 with Retry-After 60 ends the attempts and goes to fallback', 'after-60', ['m:rate_limit', 'n:ok'], 'second'],
  ['R21: a Retry-After date a minute ahead does the same', 'after-date-60', ['m:overloaded', 'n:ok'], 'second'],
  ['R21: a Retry-After date that has passed retries at once', 'after-past', ['m:overloaded', 'm:ok'], 'flaky:1:503:date:-100'],
  ['R21: a Retry-After that is neither number nor date is ignored', 'after-odd', ['m:overloaded', 'm:ok'], 'flaky:1:503:soon'],
  ['R21: a chain of fallbacks is walked to the first that answers', 'chain', ['a:server_error', 'b:rate_limit', 'c:quota', 'd:ok'], 'fourth'],
  ['R27: an end after failures gives the last of them', 'all-fail', ['a:server_error', 'b:auth'], 401],
  ['R27: an end after a timeout gives 504', 'no-model-answers', ['a:timeout'], 504],
];
for (const [what, name, expected, result] of counts) {
  test(what, async () => {
    const response = await call(name);
    if (typeof result === 'number') assert.equal(response.status, result, response.text);
    else assert.equal(response.text, completionBody(result));
    assert.deepEqual(attempts(await gateway.logOf(response)), expected);
  });
}

test('R28: without a fallback the long Retry-After goes to the client', async () => {
  const response = await call('after-60-alone');
  assert.equal(response.status, 429);
  assert.equal(response.header('retry-after'), '60');
  assert.equal(upstream.of('fail:429:60#alone').length, 1);
});

for (const [name, upstreamModel] of [
  ['after-1', 'flaky:1:429:1'],
  ['after-date-2', 'flaky:1:503:date:2'],
]) {
  test(`R21: a Retry-After of at most 5 s is waited for (${upstreamModel})`, async () => {
    const [response, ms] = await timed(() => call(name));
    assert.equal(response.status, 200);
    assert.ok(ms > 700 && ms < 5000, `${ms} ms`);
  });
}

test('R19, R21: the delays grow as the backoff says, with at most 25 % of jitter', async () => {
  const least = { exponential: [150, 300], linear: [150, 300], constant: [150, 150] };
  await Promise.all(
    Object.entries(least).map(async ([name, minima]) => {
      const [response, ms] = await timed(() => call(name));
      assert.equal(response.status, 503);
      const times = upstream.of(`fail:503#${name}`).map((request) => request.time);
      assert.equal(times.length, 3);
      minima.forEach((minimum, index) => {
        const gap = times[index + 1] - times[index];
        assert.ok(gap >= minimum - 5, `${name}: ${gap} ms before attempt ${index + 2}`);
      });
      assert.ok(ms < 3000, `${name}: ${ms} ms in all`);
    }),
  );
});

// ------------------------------------------------------------------------------------------------ time

test('R20: an answer within the timeout is an answer', async () => {
  assert.equal((await call('slow-enough')).text, completionBody('slow:100'));
});

test('R20: headers without a body do not count: the first byte of the body does', async () => {
  const response = await call('slow-body');
  assert.equal(response.text, completionBody('second'));
  assert.deepEqual(attempts(await gateway.logOf(response)), ['m:timeout', 'n:ok']);
});

test('R20: once the first byte is there, the rest is awaited beyond the timeout', async () => {
  upstream.on('body-goes-on', async (wire) => {
    const body = completionBody('body-goes-on');
    await wire.head(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    await wire.write(body.slice(0, 20));
    await wire.pause(500);
    await wire.write(body.slice(20));
  });
  assert.equal((await call('body-goes-on')).text, completionBody('body-goes-on'));
});

test('R20: an attempt that timed out is closed', async () => {
  const [request] = upstream.of('silent');
  assert.ok(request.closedEarly);
});

test('R19: the deadline bounds all attempts and fallbacks of a request together', async () => {
  const [response, ms] = await timed(() => call('deadline'));
  assertOpenAiError(response, 504);
  assert.ok(ms >= 380 && ms < 3000, `${ms} ms`);
  assert.equal(upstream.of('third').length, 0);
});

test('R19: a retry that the deadline would cut off is not waited for longer than it', async () => {
  const [response, ms] = await timed(() => call('deadline-retries'));
  assert.ok([503, 504].includes(response.status), response.text);
  assert.ok(ms < 2000, `${ms} ms`);
  assert.ok(upstream.of('fail:503#deadline').length <= 2);
});

test('R19: the deadline ends with the first token: a stream may go on beyond it', async () => {
  const response = await call('deadline-met', { stream: true });
  assert.ok(response.complete);
  assert.match(response.text, /\[DONE\]\n\n$/);
});

// ------------------------------------------------------------------------------------------------ after success

test('R23: a second model after success replaces the response', async () => {
  const response = await call('two');
  assert.equal(response.text, completionBody('second'));
  assert.equal(response.header('cf-aig-step'), '1');
  assert.deepEqual(attempts(await gateway.logOf(response)), ['a:ok', 'b:ok']);
});

test('R23: when the second fails through its fallback to the end, the first answer is given', async () => {
  const response = await call('two-fails');
  assert.equal(response.status, 200);
  assert.equal(response.text, completionBody('first'));
  assert.equal(response.header('cf-aig-model'), 'first');
  assert.equal(response.header('cf-aig-step'), '0');
});

test('R23: when the second fails without a fallback, the request ends with that error', async () => {
  assert.equal((await call('two-fails-hard')).status, 503);
});

test('R23: a held stream is given whole when the second model fails', async () => {
  const response = await call('two-stream', { stream: true });
  assert.ok(response.complete);
  assert.match(response.text, /t3 .*\[DONE\]/s);
  assert.equal(response.header('cf-aig-model'), 'drip:4:20');
});

test('R23: a held response is read no further than a bounded buffer, and closed when it is dropped', async () => {
  upstream.on('flood', flood(64 << 20));
  const response = await call('drops', { stream: true });
  assert.equal(response.header('cf-aig-model'), 'second');
  const [request] = upstream.of('flood');
  await upstream.waitFor(() => request.closedEarly, 'the close of the dropped response');
  assert.ok(request.sent < 32 << 20, `${request.sent} bytes were taken`); // What both kernels' buffers may hold, and no more.
});

// ------------------------------------------------------------------------------------------------ the client goes away

// R24 says 100 ms; the rest is for the test's own scheduling on a busy machine.
const CANCEL_MS = 100 + 150;

test('R24: when the client goes, the running attempt is cancelled within 100 ms and no other is made', async () => {
  const client = await gateway.connect();
  client.chat(ask('dynamic/cancel-silent'));
  const request = await upstream.waitFor(() => upstream.of('silent#gone')[0]);
  const at = performance.now();
  client.close();
  await upstream.waitFor(() => request.closedEarly);
  assert.ok(request.closedAt - at <= CANCEL_MS, `closed after ${request.closedAt - at} ms`);
  const line = await gateway.waitForLog((one) => one.event === 'request' && one.route === 'cancel-silent');
  assert.equal(line.attempts.length, 1);
  assert.equal(upstream.of('silent#gone').length, 1);
});

test('R24: when the client goes during the delay before a retry, none is made', async () => {
  const client = await gateway.connect();
  client.chat(ask('dynamic/cancel-delay'));
  await upstream.waitFor(() => upstream.of('fail:503:4')[0]?.answered);
  const [line, ms] = await timed(async () => {
    client.close();
    return gateway.waitForLog((one) => one.event === 'request' && one.route === 'cancel-delay');
  });
  assert.ok(ms < 2000, `logged after ${ms} ms`);
  assert.equal(line.attempts.length, 1);
  assert.equal(upstream.of('fail:503:4').length, 1);
  assert.equal(upstream.of('never').length, 0);
});

test('R24: when the client goes in the middle of a body, the upstream is closed', async () => {
  upstream.on('cancel-body', async (wire) => {
    await wire.head(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 });
    await wire.write('{"id":"x",');
    await wire.closed;
  });
  const client = await gateway.connect();
  client.chat(ask('dynamic/cancel-body'));
  const request = await upstream.waitFor(() => upstream.of('cancel-body')[0]);
  await new Promise((resolve) => client.socket.once('data', resolve).setTimeout(300, resolve)); // Forwarded, or held back whole.
  const at = performance.now();
  client.close();
  await upstream.waitFor(() => request.closedEarly);
  assert.ok(request.closedAt - at <= CANCEL_MS, `closed after ${request.closedAt - at} ms`);
  assert.equal(upstream.of('cancel-body').length, 1);
});

// ------------------------------------------------------------------------------------------------ bodies that break

test('a body that breaks off is never passed on as a whole one', async () => {
  for (const name of ['cut-mid-body', 'long-length']) {
    const response = await gateway.chat(ask(`up/${name}`));
    assert.ok(response.status === 502 || !response.complete, `${name}: ${response.status} ${response.text}`);
  }
});

test('an answer in plain HTTP/1.0, one with trailers and one that the close ends are whole answers', async () => {
  for (const name of ['http10', 'trailers']) {
    const response = await gateway.chat(ask(`up/${name}`));
    assert.ok(response.complete);
    assert.equal(response.text, completionBody(name));
  }
});

test('bytes beyond the Content-Length never become part of another answer', async () => {
  const client = await gateway.connect();
  for (let turn = 0; turn < 5; ++turn) {
    client.chat(ask('up/short-length'));
    const response = await client.response();
    if (response.status === 200) assert.equal(response.text, completionBody('short-length'));
    client.chat(ask('up/clean'));
    assert.equal((await client.response()).text, completionBody('clean'));
  }
  client.close();
});

test('bytes that are no HTTP are a broken upstream: 502', async () => {
  assertOpenAiError(await gateway.chat(ask('up/garbage')), 502);
});

test('an upstream that dies and comes back is used again', async () => {
  const first = await FaultyUpstream.start();
  const { port } = first;
  const own = await Gateway.start({ upstream: first });
  try {
    assert.equal((await own.chat(ask('up/plain'))).status, 200);
    await first.close();
    assertOpenAiError(await own.chat(ask('up/plain')), 502);
    const second = await FaultyUpstream.start({ port });
    assert.equal((await own.chat(ask('up/plain'))).status, 200);
    await second.close();
  } finally {
    await own.stop();
  }
});
