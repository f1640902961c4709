// An OpenAI-compatible provider on loopback that answers well or fails in every way a provider can, byte by byte.
//
// What it does with a request is decided by the request's model: a test may queue behaviours for a model with `on()`, and
// otherwise the model's own name says it: `fail:503`, `cut-after:3`, `slow:200`, ... (see BEHAVIOURS; text after `#`
// only makes a name unique). Anything else gets a plain answer or, with "stream": true, a plain stream.
// Everything that arrives is recorded as it came.
//
// Alone:  node faulty_upstream.mjs --port 9000

import net from 'node:net';
import { Http1Reader, headBytes } from './http1.mjs';

const REASONS = { 200: 'OK', 400: 'Bad Request', 401: 'Unauthorized', 404: 'Not Found', 429: 'Too Many Requests' };

// ---------------------------------------------------------------------------------------------- what is said

/** The plain answer's body: deterministic, so that a test can compare bytes. */
export function completionBody(model, text = `hello from ${model}`, extra = {}) {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1700000000,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    ...extra,
  });
}

export function errorBody(message, type = 'server_error', code = null, param = null) {
  return JSON.stringify({ error: { message, type, param, code } });
}

/** One chunk of a stream, without its `data: ` frame. */
export function chunkJson(model, delta, finish = null, extra = {}) {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1700000000,
    model,
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...extra,
  });
}

/**
 * The events of a stream as a list of strings, each with its blank line.
 * Options: tokens (number or list of texts), eol ("\n", "\r\n", "\r"), role, finish, usage, done, comments.
 */
export function streamEvents(model, options = {}) {
  const { tokens = 3, eol = '\n', role = true, finish = true, usage = false, done = true, comments = false } = options;
  const texts = Array.isArray(tokens) ? tokens : Array.from({ length: tokens }, (_, index) => `t${index} `);
  const event = (data) => `data: ${data}${eol}${eol}`;
  const events = [];
  if (comments) events.push(`: PROCESSING${eol}${eol}`);
  if (role) events.push(event(chunkJson(model, { role: 'assistant', content: '' })));
  for (const text of texts) {
    events.push(event(chunkJson(model, { content: text })));
    if (comments) events.push(`: keep-alive${eol}${eol}`);
  }
  if (finish) events.push(event(chunkJson(model, {}, 'stop')));
  if (usage) {
    const counts = { prompt_tokens: 7, completion_tokens: texts.length, total_tokens: 7 + texts.length };
    events.push(event(chunkJson(model, {}, null, { choices: [], usage: counts })));
  }
  if (done) events.push(event('[DONE]'));
  return events;
}

// ---------------------------------------------------------------------------------------------- how it is said

/** The wire under one request: everything a behaviour can do to it. */
class Wire {
  constructor(socket, request, peerGone) {
    this.socket = socket;
    this.request = request;
    this.peerGone = peerGone;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  /** Writes bytes and waits until the kernel took them; false once the peer is gone. */
  write(bytes) {
    return new Promise((resolve) => {
      if (this.socket.destroyed || this.socket.writableEnded) return resolve(false);
      this.socket.write(bytes, (error) => {
        if (error) this.peerGone();
        resolve(!error);
      });
    });
  }

  head(status, headers, version = 'HTTP/1.1') {
    return this.write(headBytes(`${version} ${status} ${REASONS[status] ?? 'Status'}`, headers));
  }

  chunk(text) {
    const bytes = Buffer.from(text);
    return this.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
  }

  lastChunk(trailers = '') {
    return this.write(`0\r\n${trailers}\r\n`);
  }

  /** A whole answer with Content-Length. */
  answer(status, body, headers = {}) {
    const bytes = Buffer.from(body);
    const all = { 'Content-Type': 'application/json', ...headers, 'Content-Length': bytes.length };
    const head = headBytes(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Status'}`, all);
    return this.write(Buffer.concat([head, bytes]));
  }

  streamHead(headers = {}) {
    return this.head(200, { 'Content-Type': 'text/event-stream', 'Transfer-Encoding': 'chunked', ...headers });
  }

  /** Ends the connection in order (FIN) or by a reset (RST). */
  end() {
    this.request.cut = true;
    this.socket.end();
  }

  reset() {
    this.request.cut = true;
    this.socket.resetAndDestroy();
  }

  /** Waits, or less when the peer goes away. */
  pause(ms) {
    let timer;
    const wait = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
    return Promise.race([wait, this.closed]).finally(() => clearTimeout(timer));
  }
}

// ---------------------------------------------------------------------------------------------- behaviours

/** A good answer: a body, or a stream where the request asks for one. */
export function ok({ text, headers = {}, ...stream } = {}) {
  return async (wire) => {
    const { model, streaming } = wire.request;
    if (!streaming) return wire.answer(200, completionBody(model, text), headers);
    await wire.streamHead(headers);
    for (const event of streamEvents(model, stream)) await wire.chunk(event);
    await wire.lastChunk();
  };
}

/** Sends these very bytes as the stream's body, in the given pieces, one packet each. */
export function streamPieces(pieces, { gapMs = 0, headers } = {}) {
  return async (wire) => {
    wire.socket.setNoDelay(true);
    await wire.streamHead(headers);
    for (const piece of pieces) {
      if (!(await wire.chunk(piece))) return;
      if (gapMs) await wire.pause(gapMs);
    }
    await wire.lastChunk();
  };
}

/** A status with an error body; `retryAfter` is seconds, or "date:SECONDS" for the date form. */
export function fail(status, { retryAfter, body, headers = {} } = {}) {
  return (wire) => {
    const all = { ...headers };
    if (String(retryAfter).startsWith('date:')) {
      all['Retry-After'] = new Date(Date.now() + Number(retryAfter.slice(5)) * 1000).toUTCString();
    } else if (retryAfter !== undefined) {
      all['Retry-After'] = retryAfter;
    }
    return wire.answer(status, body ?? errorBody(`upstream says ${status}`, 'upstream_error', `code_${status}`), all);
  };
}

/** Starts a stream, sends the role and `tokens` tokens, and then does `next`. */
export function afterTokens(tokens, next) {
  return async (wire) => {
    await wire.streamHead();
    for (const event of streamEvents(wire.request.model, { tokens, finish: false, done: false })) await wire.chunk(event);
    await next(wire);
  };
}

/** Writes stream events as fast as the peer takes them; `sent` of the recorded request counts the bytes. */
export function flood(totalBytes, eventBytes = 65536) {
  return async (wire) => {
    await wire.streamHead();
    const event = `data: ${chunkJson(wire.request.model, { content: 'x'.repeat(eventBytes) })}\n\n`;
    wire.request.sent = 0;
    while (wire.request.sent < totalBytes && (await wire.chunk(event))) wire.request.sent += event.length;
    await wire.chunk(streamEvents(wire.request.model, { tokens: 0, role: false }).join(''));
    await wire.lastChunk();
  };
}

const pieceBody = (model) => completionBody(model, 'a body that is cut somewhere in the middle of it');

/** Behaviours by the name before the first ":" of a model; the rest are their arguments. */
const BEHAVIOURS = {
  // Statuses: fail:503, fail:429:60 (Retry-After), fail:429:date:60.
  fail: (status, ...retryAfter) => fail(Number(status), { retryAfter: retryAfter.join(':') || undefined }),
  // flaky:2:503 fails twice with 503 and then answers.
  flaky: (times, ...failure) => (wire) =>
    wire.request.turn < Number(times) ? BEHAVIOURS.fail(...failure)(wire) : ok()(wire),
  quota: (status = 429) =>
    fail(Number(status), { body: errorBody('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota') }),
  'context-length': () =>
    fail(400, {
      body: errorBody("This model's maximum context length is 8192 tokens", 'invalid_request_error', 'context_length_exceeded', 'messages'),
    }),
  'content-filter': () =>
    fail(400, { body: errorBody('The response was filtered', 'invalid_request_error', 'content_filter', 'prompt') }),
  html: (status = 200) => (wire) =>
    wire.answer(Number(status), '<html><body>502 from some proxy</body></html>', { 'Content-Type': 'text/html' }),

  // Slowness.
  silent: () => (wire) => wire.closed,
  slow: (ms) => async (wire) => {
    await wire.pause(Number(ms));
    return ok()(wire);
  },
  'slow-flaky': (times, ms) => (wire) => (wire.request.turn < Number(times) ? BEHAVIOURS.slow(ms)(wire) : ok()(wire)),
  'slow-body': (ms) => async (wire) => {
    const body = completionBody(wire.request.model);
    await wire.head(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    await wire.pause(Number(ms));
    await wire.write(body);
  },
  'role-then-silence': () => afterTokens(0, (wire) => wire.closed),
  'pings-only': () => async (wire) => {
    await wire.streamHead();
    while (await wire.chunk(': ping\n\n')) await wire.pause(20);
  },
  'stall-after': (tokens) => afterTokens(Number(tokens), (wire) => wire.closed),
  // pings:3:50 sends three tokens, then three pings 50 ms apart, then ends well.
  pings: (count, gapMs) =>
    afterTokens(1, async (wire) => {
      for (let index = 0; index < Number(count); ++index) {
        await wire.pause(Number(gapMs));
        await wire.chunk(': ping\n\n');
      }
      await wire.chunk(streamEvents(wire.request.model, { tokens: 0, role: false }).join(''));
      await wire.lastChunk();
    }),
  // drip:20:50 sends 20 tokens, 50 ms apart.
  drip: (tokens, gapMs) => (wire) =>
    streamPieces(streamEvents(wire.request.model, { tokens: Number(tokens) }), { gapMs: Number(gapMs) })(wire),

  // Cuts.
  'cut-before-headers': () => (wire) => wire.end(),
  'reset-before-headers': () => (wire) => wire.reset(),
  'cut-in-headers': () => async (wire) => {
    await wire.write('HTTP/1.1 200 OK\r\nContent-Type: appli');
    wire.end();
  },
  'cut-mid-body': () => async (wire) => {
    const body = pieceBody(wire.request.model);
    await wire.head(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    await wire.write(body.slice(0, body.length / 2));
    wire.end();
  },
  // A reset overtakes what its receiver has not read yet, and the tokens are to be seen: so it comes a moment later.
  'cut-after': (tokens) => afterTokens(Number(tokens), async (wire) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    wire.reset();
  }),
  'fin-after': (tokens) => afterTokens(Number(tokens), (wire) => wire.end()),

  // Streams that are not as they should be.
  'no-done': () => ok({ done: false }),
  'error-event': (tokens, type = 'server_error') =>
    afterTokens(Number(tokens), async (wire) => {
      await wire.chunk(`data: ${errorBody('the model broke', type, type)}\n\n`);
      await wire.lastChunk();
    }),
  malformed: () => (wire) => {
    const [role, first, second, ...rest] = streamEvents(wire.request.model, { tokens: 2 });
    return streamPieces([role, first, 'data: {"id":"chatcmpl-1","choices":[{"delta":{"cont\n\n', second, ...rest])(wire);
  },
  giant: (bytes) => ok({ tokens: ['x'.repeat(Number(bytes))], text: 'x'.repeat(Number(bytes)) }),

  // Odd but legal HTTP, and illegal HTTP.
  http10: () => async (wire) => {
    await wire.head(200, { 'Content-Type': 'application/json' }, 'HTTP/1.0');
    await wire.write(completionBody(wire.request.model));
    wire.end();
  },
  'close-delimited': () => async (wire) => {
    await wire.head(200, { 'Content-Type': 'text/event-stream', Connection: 'close' });
    await wire.write(streamEvents(wire.request.model).join(''));
    wire.end();
  },
  trailers: () => async (wire) => {
    await wire.head(200, { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked', Trailer: 'X-Sum' });
    const body = completionBody(wire.request.model);
    await wire.chunk(body.slice(0, 10));
    await wire.chunk(body.slice(10));
    await wire.lastChunk('X-Sum: 42\r\n');
  },
  // Content-Length smaller than what follows (the rest must not become part of the next answer), or larger.
  'short-length': () => async (wire) => {
    const body = completionBody(wire.request.model);
    await wire.write(
      Buffer.concat([
        headBytes('HTTP/1.1 200 OK', { 'Content-Type': 'application/json', 'Content-Length': body.length }),
        Buffer.from(body + '\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'),
      ]),
    );
  },
  'long-length': () => async (wire) => {
    const body = completionBody(wire.request.model);
    await wire.head(200, { 'Content-Type': 'application/json', 'Content-Length': body.length + 100 });
    await wire.write(body);
    wire.end();
  },
  garbage: () => async (wire) => {
    await wire.write('\x00\x01 this is no HTTP at all\r\n\r\n');
    wire.end();
  },
};

/** Makes the behaviour that a name such as "fail:429:60" stands for; undefined when it stands for none. */
export function behaviour(name) {
  const [verb, ...args] = name.split('#')[0].split(':');
  return Object.hasOwn(BEHAVIOURS, verb) ? BEHAVIOURS[verb](...args) : undefined;
}

// ---------------------------------------------------------------------------------------------- the server

export class FaultyUpstream {
  /** Every request in order of arrival, with raw headers, body bytes, connection number and time. */
  requests = [];
  /** How many connections were ever accepted. */
  connections = 0;
  #server;
  #sockets = new Set();
  #queues = new Map();
  #turns = new Map();
  #watchers = new Set();

  /** Starts listening; with `hold` the process stays alive for it, which a test file's process must not. */
  static async start({ port = 0, host = '127.0.0.1', hold = false } = {}) {
    const upstream = new FaultyUpstream();
    upstream.#server = net.createServer((socket) => void upstream.#serve(socket));
    await new Promise((resolve, reject) => {
      upstream.#server.once('error', reject);
      upstream.#server.listen(port, host, resolve);
    });
    if (!hold) upstream.#server.unref();
    upstream.port = upstream.#server.address().port;
    upstream.baseUrl = `http://${host}:${upstream.port}/v1`;
    return upstream;
  }

  /** The next requests for `model` get these behaviours in turn (functions or names); the last one stays. */
  on(model, ...behaviours) {
    this.#queues.set(model, behaviours);
  }

  /** The recorded requests for one model. */
  of(model) {
    return this.requests.filter((request) => request.model === model);
  }

  /** Resolves with the first truthy value of `check(requests)`, looked at after each event here. */
  waitFor(check, what = 'the upstream', ms = 10000) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const value = check(this.requests);
        if (!value) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve(value);
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`gave up after ${ms} ms waiting for ${what}`));
      }, ms);
      this.#watchers.add(look);
      look();
    });
  }

  /** Stops listening and drops every connection, as a provider that dies does. */
  close() {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #notify() {
    for (const look of [...this.#watchers]) look();
  }

  async #serve(socket) {
    const connection = ++this.connections;
    this.#sockets.add(socket);
    socket.on('error', () => {}); // A reset by the peer is a thing to record (below), not a failure of the test.
    socket.on('close', () => this.#sockets.delete(socket));
    const reader = new Http1Reader(socket);
    for (;;) {
      const message = await reader.head();
      if (!message) break;
      if (/100-continue/i.test(message.header('expect') ?? '')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      await reader.body(message, { isResponse: false });
      const request = this.#record(message, connection);
      const gone = () => {
        if (request.answered || request.closedEarly || request.cut) return;
        request.closedEarly = true;
        request.closedAt = performance.now();
        this.#notify();
      };
      socket.once('end', gone);
      socket.once('close', gone);
      this.#notify();
      await this.#behaviourFor(request)(new Wire(socket, request, gone));
      if (socket.destroyed) gone();
      request.answered = !request.closedEarly && !request.cut;
      socket.off('end', gone);
      socket.off('close', gone);
      this.#notify();
      if (socket.writableEnded || socket.destroyed) break;
    }
    socket.end();
  }

  #record(message, connection) {
    const [method, path, version] = message.startLine.split(' ');
    const request = Object.assign(message, {
      method,
      path,
      version,
      connection,
      time: performance.now(),
      closedEarly: false, // the gateway went away before the answer was out
      cut: false, // this side ended the connection
      answered: false,
      model: undefined,
      streaming: false,
    });
    try {
      const body = request.json();
      request.model = body.model;
      request.streaming = body.stream === true;
    } catch {
      // Bodies that aren't JSON are recorded like any other; they get the plain answer.
    }
    request.turn = this.#turns.get(request.model) ?? 0;
    this.#turns.set(request.model, request.turn + 1);
    this.requests.push(request);
    return request;
  }

  #behaviourFor(request) {
    const queue = this.#queues.get(request.model);
    const chosen = queue && (queue.length > 1 ? queue.shift() : queue[0]);
    if (typeof chosen === 'function') return chosen;
    return behaviour(chosen ?? String(request.model)) ?? ok();
  }
}

if (process.argv[1] && import.meta.url === new URL(`file://${process.argv[1]}`).href) {
  const at = process.argv.indexOf('--port');
  const upstream = await FaultyUpstream.start({ port: at > 0 ? Number(process.argv[at + 1]) : 0, hold: true });
  console.log(`faulty upstream on ${upstream.baseUrl}; models: ${Object.keys(BEHAVIOURS).join(', ')}`);
}
