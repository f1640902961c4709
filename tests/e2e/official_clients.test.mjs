// Unmodified official clients of providers, and of the product whose interface this is, on the endpoints that they call.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after } from 'node:test';
import { Gateway, binary, model, route, test } from './harness.mjs';

const load = (name) =>
  import(name).catch((error) => {
    throw new Error(`the npm packages of tests/e2e are not installed; run "npm ci" there (${error.message})`);
  });
const { default: Anthropic } = await load('@anthropic-ai/sdk');
const { GoogleGenAI } = await load('@google/genai');
const { default: OpenAI } = await load('openai');
const { generateText, streamText } = await load('ai');
const { createAiGateway } = await load('ai-gateway-provider');
const { createOpenAI } = await load('ai-gateway-provider/providers/openai');
const { createUnified } = await load('ai-gateway-provider/providers/unified');

const SENTENCE = 'The quick brown fox jumps over the lazy dog.';
const TOKEN = 'gateway-token';

const child = spawn(binary(), ['faulty-provider', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => child.kill('SIGKILL'));
after(() => child.kill('SIGTERM'));
const line = await new Promise((resolve) => child.stdout.setEncoding('utf8').once('data', resolve));
const origin = line.match(/http:\/\/\S+/)[0].replace(/\/$/, '');
const received = async () => (await (await fetch(`${origin}/faulty/requests`)).json());

const gateway = await Gateway.start({
  config: { auth: { bearer_token_env: 'GATEWAY_TOKEN' } },
  env: { GATEWAY_TOKEN: TOKEN, PROVIDER_KEY: 'stored-key' },
  providers: [
    { slug: 'openai', base_url: `${origin}/v1`, key_env: 'PROVIDER_KEY' },
    { slug: 'anthropic', base_url: origin, key_env: 'PROVIDER_KEY' },
    { slug: 'google-ai-studio', base_url: origin, key_env: 'PROVIDER_KEY' },
  ],
  routes: [route('support', [model('m', 'status-500', { provider: 'anthropic', fallback: 'n' }), model('n', 'ok', { provider: 'google-ai-studio' })])],
});
after(() => gateway.stop());
const base = `${gateway.url}/v1/my-account/my-gateway`;

test('@anthropic-ai/sdk on the native path, with the gateway token as its key', async () => {
  const client = new Anthropic({ apiKey: TOKEN, baseURL: `${base}/anthropic`, maxRetries: 0 });
  const message = await client.messages.create({ model: 'ok', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] });
  assert.equal(message.content[0].text, SENTENCE);
  const final = await client.messages.stream({ model: 'ok', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }).finalMessage();
  assert.equal(final.content[0].text, SENTENCE);
  await assert.rejects(client.messages.create({ model: 'status-429', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] }), Anthropic.RateLimitError);
});

test('@google/genai on the native path, with the gateway token as its key', async () => {
  const client = new GoogleGenAI({ apiKey: TOKEN, httpOptions: { baseUrl: `${base}/google-ai-studio` } });
  const answer = await client.models.generateContent({ model: 'ok', contents: 'hi' });
  assert.equal(answer.text, SENTENCE);
  let text = '';
  for await (const chunk of await client.models.generateContentStream({ model: 'ok', contents: 'hi' })) text += chunk.text ?? '';
  assert.equal(text, SENTENCE);
});

test('openai on the native path and on compat, before Anthropic and Google', async () => {
  const native = new OpenAI({ apiKey: TOKEN, baseURL: `${base}/openai`, maxRetries: 0 });
  assert.equal((await native.chat.completions.create({ model: 'ok', messages: [{ role: 'user', content: 'hi' }] })).choices[0].message.content, SENTENCE);
  const compat = new OpenAI({ apiKey: TOKEN, baseURL: `${base}/compat`, maxRetries: 0 });
  for (const name of ['anthropic/ok', 'google-ai-studio/ok', 'openai/ok', 'dynamic/support']) {
    const body = { model: name, messages: [{ role: 'user', content: 'hi' }] };
    assert.equal((await compat.chat.completions.create(body)).choices[0].message.content, SENTENCE, name);
    const final = await compat.chat.completions.stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion();
    assert.equal(final.choices[0].message.content, SENTENCE, name);
    assert.ok(final.usage.total_tokens > 0, name);
  }
  await assert.rejects(compat.chat.completions.create({ model: 'anthropic/status-429', messages: [{ role: 'user', content: 'hi' }] }), OpenAI.RateLimitError);
  await assert.rejects(compat.chat.completions.create({ model: 'google-ai-studio/status-401', messages: [{ role: 'user', content: 'hi' }] }), OpenAI.AuthenticationError);
});

test('the gateway token opens compat wherever a key may stand, and is replaced by the stored key', async () => {
  for (const headers of [{ 'x-api-key': TOKEN }, { authorization: `Token ${TOKEN}` }, { 'x-goog-api-key': TOKEN }, { 'cf-aig-authorization': `Bearer ${TOKEN}` }]) {
    for (const name of ['anthropic/ok', 'google-ai-studio/ok', 'openai/ok']) {
      const body = JSON.stringify({ model: name, messages: [{ role: 'user', content: 'hi' }] });
      const response = await fetch(`${base}/compat/chat/completions`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
      assert.equal(response.status, 200, `${name} ${JSON.stringify(headers)}`);
    }
  }
});

test("keys: only the provider's own reaches the provider", async () => {
  const { requests } = await received();
  assert.ok(requests.length > 0);
  const text = JSON.stringify(requests);
  assert.ok(!text.includes(TOKEN));
  assert.ok(text.includes('stored-key'));
});

// The client's host is fixed, so it gets the universal endpoint through its own `binding`.
const aigateway = createAiGateway({
  binding: {
    run: (entries) =>
      fetch(base, { method: 'POST', headers: { 'content-type': 'application/json', 'cf-aig-authorization': `Bearer ${TOKEN}` }, body: JSON.stringify(entries) }),
  },
});

test('ai-gateway-provider: a list of models, of which the second answers', async () => {
  const openai = createOpenAI({ apiKey: 'key-of-caller' });
  const { text } = await generateText({ model: aigateway([openai.chat('status-500'), openai.chat('ok')]), prompt: 'hi', maxRetries: 0 });
  assert.equal(text, SENTENCE);
});

test('ai-gateway-provider: the unified provider asks for a dynamic route', async () => {
  const unified = createUnified();
  const { text } = await generateText({ model: aigateway(unified('dynamic/support')), prompt: 'hi', maxRetries: 0 });
  assert.equal(text, SENTENCE);
  let streamed = '';
  for await (const piece of streamText({ model: aigateway(unified('dynamic/support')), prompt: 'hi', maxRetries: 0 }).textStream) streamed += piece;
  assert.equal(streamed, SENTENCE);
});
