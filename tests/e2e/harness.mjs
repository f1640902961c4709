// Starts the real gateway for a test and looks at it from outside: its sockets, its log, its exit status.
//
// Nothing here sleeps for correctness: everything waits for an event (a log line, bytes, a process's end) with a
// generous deadline. A failing test prints the log of the gateways that it used.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test as nodeTest } from 'node:test';
import { FaultyUpstream } from './faulty_upstream.mjs';
import { Http1Reader, headBytes } from './http1.mjs';

/** How long anything that should happen may take on a slow, busy machine. */
export const PATIENCE_MS = 15000;

/** The base path of the compat endpoint: `/v1/{account}/{gateway}/compat`. */
export const COMPAT = '/v1/my-account/my-gateway/compat';

const running = new Set();
process.on('exit', () => {
  for (const gateway of running) gateway.process.kill('SIGKILL');
});

export function binary() {
  const found = process.env.JUNCTOR_BIN;
  if (!found) throw new Error('JUNCTOR_BIN is not set: it must name the junctor binary to test');
  return found;
}

/** A test that fails after PATIENCE_MS (or `ms`), and then shows what the running gateways logged meanwhile. */
export function test(name, body, { ms = PATIENCE_MS } = {}) {
  nodeTest(name, async (context) => {
    const marks = new Map([...running].map((gateway) => [gateway, gateway.stderr.length]));
    let timer;
    const deadline = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the test did not end within ${ms} ms`)), ms);
    });
    try {
      await Promise.race([body(context), deadline]);
    } catch (error) {
      for (const gateway of running) {
        const since = gateway.stderr.slice(marks.get(gateway) ?? 0);
        context.diagnostic(`log of the gateway during this test:\n${since}`);
        if (!marks.has(gateway)) gateway.signal('SIGKILL'); // It belongs to this test alone, which may hang on it.
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  });
}

/** An upstream and a gateway before it, for all tests of a file; after them the gateway must end with status 0. */
export async function fixture(options = {}) {
  const upstream = await FaultyUpstream.start();
  const gateway = await Gateway.start({ ...options, upstream });
  after(async () => {
    await gateway.stop();
    await upstream.close();
  });
  return { upstream, gateway };
}

/** The same for one test: `body` gets the two, and both end with it. */
export async function withGateway(options, body) {
  const upstream = await FaultyUpstream.start();
  try {
    const gateway = await Gateway.start({ ...options, upstream });
    try {
      await body({ upstream, gateway });
    } catch (error) {
      error.message += `\nlog of the gateway:\n${gateway.stderr.slice(-8000)}`;
      gateway.signal('SIGKILL');
      await gateway.ended();
      throw error;
    }
    await gateway.stop();
  } finally {
    await upstream.close();
  }
}

// ---------------------------------------------------------------------------------------------- route documents

/** A model element. `rest` may hold properties (timeout, retries, ...), `success` and `fallback`. */
export function model(id, name, { provider = 'up', success = 'end', fallback, ...properties } = {}) {
  const outputs = { success: { elementId: success } };
  if (fallback) outputs.fallback = { elementId: fallback };
  return { id, type: 'model', properties: { provider, model: name, ...properties }, outputs };
}

/** A whole route document: start leads to the first of `elements`, and one `end` closes it. */
export function route(name, elements, top = {}) {
  const start = { id: 'start', type: 'start', outputs: { next: { elementId: elements[0].id } } };
  return { name, ...top, elements: [start, ...elements, { id: 'end', type: 'end', outputs: {} }] };
}

/** Turns `{id: "a"}` outputs written in short, `{true: "a"}`, into the document's form. */
export function outputs(targets) {
  return Object.fromEntries(Object.entries(targets).map(([key, elementId]) => [key, { elementId }]));
}

// ---------------------------------------------------------------------------------------------- the gateway

export class Gateway {
  stderr = '';
  stdout = '';
  logs = [];
  #watchers = new Set();

  /**
   * Starts `junctor serve` in a fresh directory and waits until it listens.
   *  upstream   a FaultyUpstream, provider `up` of the config
   *  routes     documents or texts by file name without `.json`; a list of documents uses their names
   *  config     keys to lay over the default configuration
   *  providers  more provider records, or a function of the upstream that gives them
   *  env        more environment
   */
  static async start(options = {}) {
    const gateway = await Gateway.launch(options);
    await gateway.waitForLog((line) => line.event === 'listening', 'the `listening` log line');
    const address = gateway.logs.find((line) => line.event === 'listening').address;
    gateway.port = Number(address.slice(address.lastIndexOf(':') + 1));
    gateway.url = `http://127.0.0.1:${gateway.port}`;
    return gateway;
  }

  /** Starts the process and returns at once: for configurations that must not come up. */
  static async launch({ upstream, routes = {}, config = {}, providers = [], env = {}, configText } = {}) {
    const gateway = new Gateway();
    gateway.env = env;
    gateway.directory = await mkdtemp(path.join(os.tmpdir(), 'junctor-e2e-'));
    await mkdir(gateway.routesDirectory);
    const documents = Array.isArray(routes) ? Object.fromEntries(routes.map((one) => [one.name, one])) : routes;
    for (const [name, document] of Object.entries(documents)) await gateway.writeRoute(name, document);
    const more = typeof providers === 'function' ? providers(upstream) : providers;
    const records = upstream ? [{ slug: 'up', base_url: upstream.baseUrl }, ...more] : more;
    const text =
      configText ??
      JSON.stringify({ listen: '127.0.0.1:0', threads: 2, routes: 'routes', log: { level: 'info', file: '-' }, providers: records, ...config });
    await writeFile(path.join(gateway.directory, 'junctor.json'), text);
    gateway.#spawn();
    return gateway;
  }

  get routesDirectory() {
    return path.join(this.directory, 'routes');
  }

  routeFile(name) {
    return path.join(this.routesDirectory, `${name}.json`);
  }

  /** Puts a route file in place by a rename, as deployment tools and editors do; `inPlace` writes it directly. */
  async writeRoute(name, document, { inPlace = false } = {}) {
    const text = typeof document === 'string' ? document : JSON.stringify(document, null, 2);
    const file = this.routeFile(name);
    if (inPlace) return writeFile(file, text);
    const draft = path.join(this.directory, `${name}.draft`);
    await writeFile(draft, text);
    await rename(draft, file);
  }

  #spawn() {
    const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.endsWith('_API_KEY')));
    this.process = spawn(binary(), ['serve', '--config', path.join(this.directory, 'junctor.json')], {
      cwd: this.directory,
      env: { ...clean, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    this.exited = new Promise((resolve) => {
      this.process.once('error', (error) => {
        this.stderr += `cannot start ${binary()}: ${error.message}\n`;
        resolve({ code: null, signal: null });
      });
      this.process.once('close', (code, signal) => resolve({ code, signal }));
    });
    void this.exited.then((status) => {
      this.status = status;
      this.#notify();
    });
    this.process.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    let partial = '';
    this.process.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
      const lines = (partial + text).split('\n');
      partial = lines.pop();
      for (const line of lines) {
        if (!line.startsWith('{')) continue;
        try {
          this.logs.push(JSON.parse(line));
        } catch {
          this.logs.push({ event: 'not-json', line });
        }
      }
      this.#notify();
    });
  }

  #notify() {
    for (const look of [...this.#watchers]) look();
  }

  /** Resolves with the first log line (from index `from` on) for which `check` holds. */
  waitForLog(check, what = 'a log line', { from = 0, ms = PATIENCE_MS } = {}) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        settle(value);
      };
      const look = () => {
        const line = this.logs.slice(from).find(check);
        if (line) return finish(resolve, line);
        if (this.status) finish(reject, new Error(`the gateway ended (${JSON.stringify(this.status)}) before ${what}\n${this.stderr}`));
      };
      const timer = setTimeout(() => finish(reject, new Error(`no ${what} within ${ms} ms\n${this.stderr.slice(-8000)}`)), ms);
      this.#watchers.add(look);
      look();
    });
  }

  /** The request log line of a response, by its cf-aig-log-id. */
  logOf(response) {
    const id = typeof response === 'string' ? response : header(response, 'cf-aig-log-id');
    assert.ok(id, 'the response has a cf-aig-log-id');
    return this.waitForLog((line) => line.event === 'request' && line.log_id === id, `request log line of ${id}`);
  }

  /** One POST of a chat body (object, text or bytes) on a connection of its own. */
  async chat(body, { headers = {}, path: where = `${COMPAT}/chat/completions`, method = 'POST' } = {}) {
    const client = await this.connect();
    client.send(method, where, headers, body);
    const response = await client.response();
    client.close();
    return response;
  }

  async get(where, headers = {}) {
    const client = await this.connect();
    client.send('GET', where, headers);
    const response = await client.response();
    client.close();
    return response;
  }

  connect() {
    return RawClient.connect(this.port);
  }

  signal(name) {
    this.process.kill(name);
  }

  /** Ends the process by `signal`, and starts it again in its directory and environment, with what it had stored. */
  async restart(signal = 'SIGTERM') {
    this.signal(signal);
    await this.exited;
    running.delete(this);
    const from = this.logs.length;
    this.status = undefined;
    this.#spawn();
    const { address } = await this.waitForLog((line) => line.event === 'listening', 'the `listening` log line', { from });
    this.port = Number(address.slice(address.lastIndexOf(':') + 1));
    this.url = `http://127.0.0.1:${this.port}`;
    return from;
  }

  /** Ends the gateway by SIGTERM, demands exit status 0, and removes its directory. */
  async stop() {
    if (!this.status) this.signal('SIGTERM');
    const status = await this.ended();
    assert.deepEqual(status, { code: 0, signal: null }, `exit status after SIGTERM\n${this.stderr.slice(-4000)}`);
  }

  /** Waits for the process's end, however it ends, kills it when it doesn't, and cleans up. */
  async ended(ms = PATIENCE_MS) {
    const timer = setTimeout(() => this.signal('SIGKILL'), ms);
    const status = await this.exited;
    clearTimeout(timer);
    running.delete(this);
    await rm(this.directory, { recursive: true, force: true });
    return status;
  }
}

// ---------------------------------------------------------------------------------------------- the raw client

/** An HTTP/1.1 client with no behaviour of its own. */
export class RawClient {
  static connect(port) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        socket.on('error', () => {}); // A reset shows as an incomplete response.
        socket.setNoDelay(true);
        resolve(new RawClient(socket));
      });
    });
  }

  constructor(socket) {
    this.socket = socket;
    this.reader = new Http1Reader(socket);
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  write(bytes) {
    this.socket.write(bytes);
  }

  /** Sends a request; headers given here replace the usual ones, and undefined leaves one out. */
  send(method, where, headers = {}, body) {
    const bytes = body === undefined ? undefined : toBytes(body);
    const usual = { Host: 'gateway.test' };
    if (bytes) Object.assign(usual, { 'Content-Type': 'application/json', 'Content-Length': bytes.length });
    const pairs = Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== undefined);
    this.write(Buffer.concat([headBytes(`${method} ${where} HTTP/1.1`, pairs), bytes ?? Buffer.alloc(0)]));
  }

  chat(body, headers = {}) {
    this.send('POST', `${COMPAT}/chat/completions`, headers, body);
  }

  /** Reads the head of the next response; undefined when the connection ended without one. */
  head() {
    return this.reader.head();
  }

  /** Reads a whole response (with `onBytes` seeing its body grow). */
  async response({ onBytes } = {}) {
    const message = await this.head();
    assert.ok(message, 'the gateway answered before it closed the connection');
    return this.reader.body(message, { isResponse: true, onBytes });
  }

  close() {
    this.socket.destroy();
  }
}

function toBytes(body) {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A header of a raw message, a fetch Response or a Headers object. */
export function header(response, name) {
  if (typeof response.header === 'function') return response.header(name);
  return (response.headers ?? response).get(name) ?? undefined;
}

// ---------------------------------------------------------------------------------------------- what tests ask

/** A minimal chat body. */
export function ask(modelName, more = {}) {
  return { model: modelName, messages: [{ role: 'user', content: 'hi' }], ...more };
}

const ERROR_TYPES = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'invalid_request_error',
  405: 'invalid_request_error',
  408: 'timeout_error',
  413: 'invalid_request_error',
  429: 'rate_limit_error',
  431: 'invalid_request_error',
  500: 'server_error',
  502: 'server_error',
  503: 'server_error',
  504: 'timeout_error',
};

/** R28: the response has this status and OpenAI's error shape, with the type that goes with the status. */
export function assertOpenAiError(response, status, { message, type = ERROR_TYPES[status], code } = {}) {
  assert.equal(response.status, status, response.text);
  assert.match(response.header('content-type') ?? '', /^application\/json/);
  const document = response.json();
  assert.deepEqual(Object.keys(document), ['error'], response.text);
  assert.deepEqual(Object.keys(document.error).sort(), ['code', 'message', 'param', 'type'], response.text);
  assert.equal(typeof document.error.message, 'string');
  assert.equal(document.error.type, type, response.text);
  if (message) assert.match(document.error.message, message);
  if (code !== undefined) assert.equal(document.error.code, code);
  return document.error;
}

/** The attempts of a request's log line as "element:class", with "ok" for one that worked. */
export function attempts(line) {
  return line.attempts.map((attempt) => `${attempt.element}:${attempt.class || 'ok'}`);
}

/** The data of each event in a stream's bytes, in order. */
export function eventData(text) {
  return [...text.matchAll(/^data: ?(.*?)\r?$/gm)].map((match) => match[1]);
}

/** The text that a stream's chunks carry together. */
export function streamText(text) {
  return eventData(text)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data).choices?.[0]?.delta?.content ?? '')
    .join('');
}

/** Gives a port on loopback that refuses connections for now. */
export async function deadPort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
