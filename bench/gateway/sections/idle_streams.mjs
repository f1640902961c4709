// Section `idle-streams`: resident memory with thousands of streams open at once that wait for their next token. All of them are ended in the
// end, and have to end whole, so that none was merely forgotten.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { BenchError, sleep } from '../lib/bench.mjs';
import { ANTHROPIC_PATH, HEADERS, OPENAI_PATH, streamBody } from '../lib/chat_messages.mjs';
import { printGoal, printTable } from '../lib/figures.mjs';
import { post } from '../lib/load.mjs';
import { residentKib } from '../lib/process_usage.mjs';
import { startHaproxy, startJunctor, startStreamUpstream } from '../lib/programs.mjs';

const GOAL_MIB = 400;
const OPENING_AT_ONCE = 100;
const SETTLE_MS = 1500;
const BEHAVIOUR = 'held stream';

/** A gateway has two sockets a stream; the client needs a port of its own for each. */
function checkLimits(streams) {
  const descriptors = Number(readFileSync('/proc/self/limits', 'utf8').match(/^Max open files\s+(\d+)/m)[1]);
  const needed = streams * 2 + 200;
  if (descriptors < needed) {
    throw new BenchError(`${streams} streams take ${needed} descriptors; 'ulimit -Hn' is ${descriptors}: raise it, or set STREAMS lower`);
  }
  const [low, high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
  if (high - low < streams + 1000) {
    throw new BenchError(`${streams} streams take as many ports; net.ipv4.ip_local_port_range is ${low} ${high}: widen it, or set STREAMS lower`);
  }
}

/** Opens a stream. Settles with its first token; `whole` settles when it has ended, with whether it was complete. */
function openStream(way) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1', port: way.program.port, path: way.path, method: 'POST', agent: false,
      headers: { ...HEADERS, 'content-length': Buffer.byteLength(way.body) },
    }, (response) => {
      let text = '';
      const whole = new Promise((ended) => {
        response.on('close', () => ended(response.complete && text.includes('last') && /\[DONE\]|message_stop/.test(text)));
        response.on('error', () => ended(false));
      });
      response.setEncoding('utf8');
      response.on('data', (piece) => {
        text += piece;
        if (text.includes('first')) resolve({ whole });
      });
      response.on('close', () => reject(new BenchError(`${way.name}: status ${response.statusCode}, no first token: ${text.slice(0, 500)}`)));
    });
    request.on('error', reject);
    request.end(way.body);
  });
}

async function openStreams(way, count) {
  const open = [];
  let started = 0;
  const opener = async () => {
    while (started < count) {
      started += 1;
      open.push(await openStream(way));
    }
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, opener));
  return open;
}

/** Measures one way with programs of its own. */
async function measureWay(bench, way) {
  const upstream = await startStreamUpstream(bench);
  way.program = await way.start(bench, upstream);
  const release = { program: upstream, path: '/release', headers: {}, body: '' };

  const [first] = await openStreams(way, 1);
  await post(release);
  await first.whole;
  const before = residentKib(way.program.pid);

  const streams = await openStreams(way, bench.streams);
  await sleep(SETTLE_MS);
  const open = residentKib(way.program.pid);
  const held = Number((await post(release)).text);
  const whole = (await Promise.all(streams.map((stream) => stream.whole))).filter(Boolean).length;
  await sleep(SETTLE_MS);
  const after = residentKib(way.program.pid);
  bench.errors += bench.streams - Math.min(held, whole);
  await bench.stop();
  return { before, open, after, held, whole, perStream: (open - before) / bench.streams };
}

export async function runIdleStreams(bench) {
  checkLimits(bench.streams);
  const ways = [
    { name: 'HAProxy', start: startHaproxy, path: OPENAI_PATH, model: 'any' },
    { name: 'HAProxy, Anthropic', start: startHaproxy, path: ANTHROPIC_PATH, model: 'any' },
    { name: 'junctor, passed through', start: startJunctor, path: OPENAI_PATH, model: 'dynamic/bench', judged: true },
    { name: 'junctor, translated', start: startJunctor, path: OPENAI_PATH, model: 'dynamic/bench-anthropic', judged: true },
  ];
  for (const way of ways) {
    way.body = streamBody(way.model, BEHAVIOUR);
    way.figures = await measureWay(bench, way);
  }
  const mib = (kib) => (kib / 1024).toFixed(1);
  printTable(
    `idle streams: ${bench.streams} open at once, resident memory`,
    ['way', 'MiB before', 'MiB open', 'KiB a stream', 'MiB after', 'open upstream', 'ended whole'],
    ways.map(({ name, figures }) => [
      name, mib(figures.before), mib(figures.open), figures.perStream.toFixed(1), mib(figures.after), figures.held, figures.whole,
    ]),
  );
  for (const { name, figures } of ways.filter(({ judged }) => judged)) {
    printGoal(`${name}: resident with ${bench.streams} streams`, figures.open / 1024, GOAL_MIB, ' MiB');
  }
}
