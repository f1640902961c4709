// The request bodies and answers that the sections send, and where in each gateway they go.

import crypto from 'node:crypto';

const ANSWER_TEXT = 'All work and no play makes a dull benchmark. '.repeat(8);
const PROMPT = 'The quick brown fox jumps over the lazy dog. '.repeat(18);

/** The models that the upstreams answer as, by form. */
export const OPENAI_MODEL = 'gpt-4o-mini';
export const ANTHROPIC_MODEL = 'claude-haiku-4-5';

export const OPENAI_ANSWER = JSON.stringify({
  id: 'chatcmpl-bench', object: 'chat.completion', created: 1700000000, model: OPENAI_MODEL,
  choices: [{ index: 0, message: { role: 'assistant', content: ANSWER_TEXT }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 200, completion_tokens: 80, total_tokens: 280 },
});

export const ANTHROPIC_ANSWER = JSON.stringify({
  id: 'msg_bench', type: 'message', role: 'assistant', model: ANTHROPIC_MODEL,
  content: [{ type: 'text', text: ANSWER_TEXT }],
  stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 200, output_tokens: 80 },
});

/** Whether an answer of either form holds the whole text, and comes from the model that was to answer. */
export const isWholeAnswer = (text, model) => text.includes(JSON.stringify(ANSWER_TEXT)) && text.includes(`"${model}"`);

export const OPENAI_PATH = '/v1/chat/completions';
export const ANTHROPIC_PATH = '/v1/messages';

export const HEADERS = {
  'content-type': 'application/json',
  authorization: 'Bearer bench',
  'cf-aig-metadata': '{"plan":"pro","user":"user-1"}',
};

/** A chat request of about 1 KB. */
export function chatBody(model) {
  return JSON.stringify({
    model, temperature: 0.2, max_tokens: 256,
    messages: [{ role: 'system', content: 'You are a helpful assistant.' }, { role: 'user', content: PROMPT }],
  });
}

/** A chat request of exactly `bytes` bytes, most of them an image in a data URL. */
export function imageBody(model, bytes) {
  const build = (data) => JSON.stringify({
    model, temperature: 0.2, max_tokens: 256,
    messages: [{
      role: 'user',
      content: [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }],
    }],
  });
  const room = bytes - build('').length;
  // Whole groups of four, the rest as white space at the end.
  const data = crypto.createHash('shake256', { outputLength: Math.floor(room / 4) * 3 }).update('bench').digest('base64');
  return build(data).padEnd(bytes, ' ');
}

/** A streamed chat request; `behaviour` is one of stream_upstream.mjs. */
export function streamBody(model, behaviour) {
  return JSON.stringify({ model, stream: true, temperature: 0.2, max_tokens: 256, messages: [{ role: 'user', content: behaviour }] });
}
