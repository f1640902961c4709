// Section `first-token`: how much later the tokens of a stream come through a gateway than straight from the upstream.
//
// One stream at a time, the ways in turn. The upstream stamps each token with the times at which the request had come and the token was
// written, so a stream's delay is its request's way there plus its first token's way back; what the upstream waits in between doesn't count.

import net from 'node:net';
import { BenchError } from '../lib/bench.mjs';
import { ANTHROPIC_MODEL, ANTHROPIC_PATH, HEADERS, OPENAI_MODEL, OPENAI_PATH, streamBody } from '../lib/chat_messages.mjs';
import { median, printGoal, printTable, quantile } from '../lib/figures.mjs';
import { startHaproxy, startJunctor, startStreamUpstream } from '../lib/programs.mjs';

const GOAL_MS = 0.3;
const STREAMS_PER_ROUND = 200;
const SMOKE_STREAMS = 10;
const WARM_UP_STREAMS = 20;
const BEHAVIOUR = 'stamped tokens';
// Without it HAProxy holds small pieces back for some milliseconds, to send fewer segments.
const HAPROXY_OPTION = 'option http-no-delay';

/** Connects a way's client: a bare socket, since a client that reads heads would count them into the first token that comes with one. */
async function connectWay(way) {
  const socket = net.connect({ port: way.program.port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve, reject) => socket.once('error', reject).once('connect', resolve));
  const headers = { host: '127.0.0.1', ...HEADERS, 'content-length': Buffer.byteLength(way.body) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  way.request = Buffer.from(`POST ${way.path} HTTP/1.1\r\n${lines.join('')}\r\n${way.body}`);
  way.socket = socket.setEncoding('latin1');
}

/** Reads one stream; gives the ms of the request's way there, the first token's way back, and the later ones' median. */
function readStream(way) {
  return new Promise((resolve, reject) => {
    const tokens = [];
    let arrived;
    let text = '';
    const settle = (error) => {
      way.socket.off('data', onData).off('close', onClose);
      if (error !== undefined) reject(error);
      else resolve({ there: Number(arrived - sent) / 1e6, back: tokens[0], later: median(tokens.slice(1)) });
    };
    const onData = (piece) => {
      const now = process.hrtime.bigint();
      text += piece;
      const stamps = [...text.matchAll(/@(\d+):(\d+)@/g)].slice(tokens.length);
      for (const [, arrivedText, written] of stamps) {
        arrived = BigInt(arrivedText);
        tokens.push(Number(now - BigInt(written)) / 1e6);
      }
      if (!text.endsWith('\r\n0\r\n\r\n')) return;
      const whole = tokens.length > 1 && /\[DONE\]|message_stop/.test(text) && text.includes(way.answerModel);
      settle(text.startsWith('HTTP/1.1 200') && whole ? undefined : new BenchError(`${way.name}: no whole stream: ${text.slice(0, 500)}`));
    };
    const onClose = () => settle(new BenchError(`${way.name}: the connection was closed after: ${text.slice(0, 500)}`));
    way.socket.on('data', onData).on('close', onClose);
    const sent = process.hrtime.bigint();
    way.socket.write(way.request);
  });
}

export async function runFirstToken(bench) {
  const upstream = await startStreamUpstream(bench);
  const haproxy = await startHaproxy(bench, upstream, { option: HAPROXY_OPTION });
  const junctor = await startJunctor(bench, upstream);
  const ways = [
    { answerModel: OPENAI_MODEL, name: 'direct', program: upstream, path: OPENAI_PATH },
    { answerModel: OPENAI_MODEL, name: 'HAProxy', program: haproxy, path: OPENAI_PATH },
    { answerModel: OPENAI_MODEL, name: 'junctor, passed through', program: junctor, path: OPENAI_PATH, model: 'dynamic/bench' },
    { answerModel: ANTHROPIC_MODEL, name: 'direct, Anthropic', program: upstream, path: ANTHROPIC_PATH },
    { answerModel: ANTHROPIC_MODEL, name: 'HAProxy, Anthropic', program: haproxy, path: ANTHROPIC_PATH },
    { answerModel: ANTHROPIC_MODEL, name: 'junctor, translated', program: junctor, path: OPENAI_PATH, model: 'dynamic/bench-anthropic' },
  ].map((way) => ({
    ...way, body: streamBody(way.model ?? 'any', BEHAVIOUR), streams: [],
  }));
  for (const way of ways) await connectWay(way);

  const count = bench.smoke ? SMOKE_STREAMS : STREAMS_PER_ROUND * bench.rounds;
  for (let number = -WARM_UP_STREAMS; number < count; ++number) {
    for (const way of ways) {
      const stream = await readStream(way);
      if (number >= 0) way.streams.push(stream);
    }
  }
  for (const way of ways) way.socket.destroy();

  const delays = (way) => way.streams.map(({ there, back }) => there + back);
  const direct = (way) => ways.find(({ answerModel }) => answerModel === way.answerModel);
  const added = (way) => median(delays(way)) - median(delays(direct(way)));
  const times = (way, pick) => median(way.streams.map(pick)).toFixed(3);
  printTable(
    `first token: ${count} streams each way, one at a time, in turn, medians in ms`,
    ['way', 'request there', 'first token back', 'both', 'p99', 'added to direct', 'later tokens back'],
    ways.map((way) => [
      way.name, times(way, ({ there }) => there), times(way, ({ back }) => back), median(delays(way)).toFixed(3),
      quantile(delays(way), 0.99).toFixed(3), added(way).toFixed(3), times(way, ({ later }) => later),
    ]),
  );
  for (const way of ways.filter(({ program }) => program === junctor)) {
    const proxied = ways.find(({ answerModel, program }) => answerModel === way.answerModel && program === haproxy);
    printGoal(`${way.name}: added to the first token`, added(way), GOAL_MS, ' ms');
    console.log(`${way.name}: ${(added(way) - added(proxied)).toFixed(3)} ms more than HAProxy`);
  }
}
