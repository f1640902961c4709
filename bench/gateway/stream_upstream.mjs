// The streaming upstream of the sections first-token and idle-streams: node stream_upstream.mjs PORT
//
// POST /v1/chat/completions and /v1/messages answer a stream in OpenAI's and Anthropic's form. The request's text says which:
//   "stamped tokens"  a head at once, a first token FIRST_WAIT_MS later, then LATER_TOKENS more. Each is "@ARRIVED:WRITTEN@": when the request
//                     had come whole and when the token was written, in ns of the monotonic clock, which all processes of a machine share
//   "held stream"     a first token at once, the rest on POST /release
// POST /release ends all held streams and answers with their number.

import http from 'node:http';
import { ANTHROPIC_MODEL, ANTHROPIC_PATH, OPENAI_MODEL } from './lib/chat_messages.mjs';

const FIRST_WAIT_MS = 5;
const LATER_TOKENS = 3;
const LATER_WAIT_MS = 2;

const chunk = (delta, finish = null) => `data: ${JSON.stringify({
  id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1700000000, model: OPENAI_MODEL,
  choices: [{ index: 0, delta, finish_reason: finish }],
})}\n\n`;
const event = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const OPENAI = {
  opening: chunk({ role: 'assistant', content: '' }),
  token: (text) => chunk({ content: text }),
  ending: `${chunk({}, 'stop')}data: [DONE]\n\n`,
};
const ANTHROPIC = {
  opening: event({
    type: 'message_start',
    message: {
      id: 'msg_bench', type: 'message', role: 'assistant', model: ANTHROPIC_MODEL, content: [], stop_reason: null, stop_sequence: null,
      usage: { input_tokens: 20, output_tokens: 1 },
    },
  }) + event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  token: (text) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  ending: event({ type: 'content_block_stop', index: 0 }) +
    event({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } }) +
    event({ type: 'message_stop' }),
};

const held = new Set();

function sendStamped(response, form) {
  const arrived = process.hrtime.bigint();
  response.write(form.opening);
  let left = LATER_TOKENS;
  const next = () => {
    setTimeout(left > 0 ? next : () => response.end(form.ending), LATER_WAIT_MS);
    left -= 1;
    // Last of all, so that the reader need not wait for this process to leave the core that they share.
    response.write(form.token(`@${arrived}:${process.hrtime.bigint()}@`));
  };
  setTimeout(next, FIRST_WAIT_MS);
}

function sendHeld(response, form) {
  response.write(form.opening + form.token('first'));
  const entry = { response, form };
  held.add(entry);
  response.on('close', () => held.delete(entry));
}

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    if (request.url === '/release') {
      response.end(`${held.size}`);
      for (const each of held) each.response.end(each.form.token('last') + each.form.ending);
      return;
    }
    const text = Buffer.concat(pieces).toString();
    const send = text.includes('held stream') ? sendHeld : text.includes('stamped tokens') ? sendStamped : undefined;
    if (send === undefined) {
      response.writeHead(400).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    send(response, request.url === ANTHROPIC_PATH ? ANTHROPIC : OPENAI);
  });
});
server.keepAliveTimeout = 600_000;
server.requestTimeout = 0;
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
