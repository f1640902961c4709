// The official npm client `openai`, unmodified, talks to the gateway.

import assert from 'node:assert/strict';
import { errorBody, fail, streamPieces, chunkJson } from './faulty_upstream.mjs';
import { COMPAT, ask, fixture, header, model, outputs, route, test, withGateway } from './harness.mjs';

const { default: OpenAI } = await import('openai').catch((error) => {
  throw new Error(`the npm packages of tests/e2e are not installed; run "npm ci" there (${error.message})`);
});

const LIMITED = route('limited', [
  {
    id: 'limit',
    type: 'rate',
    properties: { limitType: 'count', key: 'metadata.user', limit: 1, window: 86400 },
    outputs: outputs({ success: 'model' }),
  },
  model('model', 'plain'),
]);

const { upstream, gateway } = await fixture({
  routes: [
    route('plain', [model('m', 'plain')]),
    route('support', [model('m', 'fail:503', { fallback: 'n' }), model('n', 'second')]),
    LIMITED,
    ...[400, 401, 403, 404, 422, 429, 500, 503].map((status) => route(`fail-${status}`, [model('m', `fail:${status}:60`)])),
    route('too-long', [model('m', 'context-length')]),
    route('breaks', [model('m', 'cut-after:2')]),
    route('slow', [model('m', 'silent', { timeout: 100 })]),
    route('long-stream', [model('m', 'drip:1000:20')]),
  ],
});

const clientFor = (base, apiKey = 'sk-caller') => new OpenAI({ apiKey, baseURL: gateway.url + base, maxRetries: 0 });

for (const base of [COMPAT, '/v1']) {
  const client = clientFor(base);
  const create = (body, options) => client.chat.completions.create(body, options);

  test(`openai, baseURL ${base}: a plain completion comes from the model that the route chose`, async () => {
    const { data, response } = await create(ask('dynamic/support')).withResponse();
    assert.equal(data.choices[0].message.content, 'hello from second');
    assert.equal(data.usage.total_tokens, 10);
    assert.equal(header(response, 'cf-aig-model'), 'second');
    assert.equal(header(response, 'cf-aig-step'), '1');
  });

  test(`openai, baseURL ${base}: a streamed completion arrives chunk by chunk and ends`, async () => {
    const texts = [];
    let finish;
    for await (const chunk of await create(ask('dynamic/plain', { stream: true }))) {
      texts.push(chunk.choices[0].delta.content ?? '');
      finish = chunk.choices[0].finish_reason ?? finish;
    }
    assert.equal(texts.join(''), 't0 t1 t2 ');
    assert.equal(finish, 'stop');
  });

  test(`openai, baseURL ${base}: the stream helper collects a final completion`, async () => {
    const final = await client.chat.completions.stream(ask('dynamic/plain')).finalChatCompletion();
    assert.equal(final.choices[0].message.content, 't0 t1 t2 ');
  });

  test(`openai, baseURL ${base}: models.list shows each route as dynamic/<name>`, async () => {
    const list = await client.models.list();
    const ids = list.data.map((entry) => entry.id);
    for (const name of ['dynamic/plain', 'dynamic/support', 'dynamic/limited']) assert.ok(ids.includes(name), ids.join());
    assert.ok(list.data.every((entry) => entry.object === 'model'));
  });

  test(`openai, baseURL ${base}: R28: an unknown route is a NotFoundError`, async () => {
    await assert.rejects(create(ask('dynamic/nowhere')), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError, String(error));
      assert.match(error.message, /nowhere/);
      return true;
    });
  });

  test(`openai, baseURL ${base}: R28: an unknown provider is a BadRequestError that names it`, async () => {
    await assert.rejects(create(ask('nobody/model')), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.match(error.message, /nobody/);
      return true;
    });
  });

  test(`openai, baseURL ${base}: R28: a limited request is a RateLimitError with Retry-After`, async () => {
    const options = { headers: { 'cf-aig-metadata': JSON.stringify({ user: `openai ${base}` }) } };
    await create(ask('dynamic/limited'), options);
    await assert.rejects(create(ask('dynamic/limited'), options), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError, String(error));
      const seconds = Number(header(error.headers, 'retry-after'));
      assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 86400, String(seconds));
      assert.equal(error.type, 'rate_limit_error');
      return true;
    });
  });
}

const client = clientFor(COMPAT);
const create = (body, options) => client.chat.completions.create(body, options);

const typed = [
  [400, 'BadRequestError'],
  [401, 'AuthenticationError'],
  [403, 'PermissionDeniedError'],
  [404, 'NotFoundError'],
  [422, 'UnprocessableEntityError'],
  [429, 'RateLimitError'],
  [500, 'InternalServerError'],
  [503, 'InternalServerError'],
];
for (const [status, name] of typed) {
  for (const stream of [false, true]) {
    test(`R28: an upstream's ${status} is a ${name} with its message${stream ? ', also when streaming' : ''}`, async () => {
      await assert.rejects(create(ask(`dynamic/fail-${status}`, { stream })), (error) => {
        assert.ok(error instanceof OpenAI[name], String(error));
        assert.equal(error.status, status);
        assert.match(error.message, new RegExp(`upstream says ${status}`));
        assert.equal(error.code, `code_${status}`);
        assert.equal(header(error.headers, 'retry-after'), '60');
        return true;
      });
    });
  }
}

test('R28: an upstream error keeps its own code: context_length_exceeded', async () => {
  await assert.rejects(create(ask('dynamic/too-long')), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.code, 'context_length_exceeded');
    assert.equal(error.param, 'messages');
    return true;
  });
});

test('R28: a timeout is status 504', async () => {
  await assert.rejects(create(ask('dynamic/slow')), (error) => error.status === 504);
});

test('R22: a stream that breaks throws in the client, after the tokens that came', async () => {
  const texts = [];
  await assert.rejects(async () => {
    for await (const chunk of await create(ask('dynamic/breaks', { stream: true }))) texts.push(chunk.choices[0].delta.content ?? '');
  }, OpenAI.APIError);
  assert.equal(texts.join(''), 't0 t1 ');
});

test('R24: aborting the iteration closes the upstream connection', async () => {
  for await (const chunk of await create(ask('dynamic/long-stream', { stream: true }))) {
    if (chunk.choices[0].delta.content) break;
  }
  await upstream.waitFor(() => upstream.of('drip:1000:20')[0].closedEarly, 'the close of the upstream connection');
});

test('tools, response formats and unknown fields reach the model as they were given', async () => {
  const body = ask('dynamic/plain', {
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'number' } } } } }],
    tool_choice: 'auto',
    response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
    unknown_field: { deep: [1, null, { a: 'ü' }] },
  });
  await create(body);
  assert.deepEqual(upstream.of('plain').at(-1).json(), { ...body, model: 'plain' });
});

test('tool calls in a stream come through whole', async () => {
  const call = (part) => chunkJson('tools', { tool_calls: [{ index: 0, ...part }] });
  const chunks = [
    chunkJson('tools', { role: 'assistant', content: null }),
    call({ id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }),
    call({ function: { arguments: '{"a":' } }),
    call({ function: { arguments: '1}' } }),
    chunkJson('tools', {}, 'tool_calls'),
    '[DONE]',
  ];
  upstream.on('tools', streamPieces(chunks.map((chunk) => `data: ${chunk}\n\n`)));
  const final = await client.chat.completions.stream(ask('up/tools')).finalChatCompletion();
  assert.deepEqual(final.choices[0].message.tool_calls[0].function.arguments, '{"a":1}');
});

test('R28: with a token configured, a wrong key is an AuthenticationError and the right one passes', async () => {
  const options = {
    routes: [route('plain', [model('m', 'plain')])],
    config: { auth: { bearer_token_env: 'E2E_TOKEN' } },
    env: { E2E_TOKEN: 'right-token' },
  };
  await withGateway(options, async ({ gateway: guarded }) => {
    const at = (apiKey) => new OpenAI({ apiKey, baseURL: guarded.url + COMPAT, maxRetries: 0 });
    await assert.rejects(at('wrong').chat.completions.create(ask('dynamic/plain')), OpenAI.AuthenticationError);
    await assert.rejects(at('wrong').models.list(), OpenAI.AuthenticationError);
    const answer = await at('right-token').chat.completions.create(ask('dynamic/plain'));
    assert.equal(answer.choices[0].message.content, 'hello from plain');
  });
});

test('a client with its default retries gets through a provider that fails once', async () => {
  upstream.on('once', fail(500, { body: errorBody('first'), headers: { 'retry-after-ms': '1' } }), 'plain');
  const patient = new OpenAI({ apiKey: 'k', baseURL: gateway.url + COMPAT });
  const answer = await patient.chat.completions.create(ask('up/once'));
  assert.equal(answer.choices[0].message.content, 'hello from once');
});
