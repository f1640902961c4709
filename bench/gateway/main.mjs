// Reads the command line of bench/gateway/run and runs the sections one after the other, each with programs of its own.

import { Bench, BenchError } from './lib/bench.mjs';
import { runBodies } from './sections/bodies.mjs';
import { runChat, runTranslate } from './sections/chat.mjs';
import { runFirstToken } from './sections/first_token.mjs';
import { runIdleStreams } from './sections/idle_streams.mjs';
import { runPortkey } from './sections/portkey.mjs';

const SECTIONS = {
  chat: { run: runChat, tools: ['nginx', 'haproxy', 'wrk'] },
  translate: { run: runTranslate, tools: ['nginx', 'haproxy', 'wrk'] },
  'first-token': { run: runFirstToken, tools: ['haproxy'] },
  'idle-streams': { run: runIdleStreams, tools: ['haproxy'] },
  bodies: { run: runBodies, tools: ['nginx', 'haproxy', 'wrk', 'cc'] },
  portkey: { run: runPortkey, tools: ['nginx', 'haproxy', 'wrk', 'npm'] },
};

const smoke = process.argv.includes('--smoke');
let names = process.argv.slice(2).filter((argument) => argument !== '--smoke');
const unknown = names.find((name) => !Object.hasOwn(SECTIONS, name));
if (unknown !== undefined) {
  console.error(`bench: no section '${unknown}'; there are: ${Object.keys(SECTIONS).join(', ')}`);
  process.exit(2);
}
if (names.length === 0) names = Object.keys(SECTIONS).filter((name) => name !== 'portkey');

let right = true;
for (const name of names) {
  let bench;
  try {
    bench = new Bench({ smoke, tools: SECTIONS[name].tools });
    await SECTIONS[name].run(bench);
    if (bench.errors > 0) {
      console.error(`bench: ${name}: ${bench.errors} answers were wrong or missing`);
      right = false;
    }
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    console.error(`bench: ${name}: ${error.message}`);
    right = false;
  } finally {
    await bench?.close();
  }
}
process.exit(right ? 0 : 1);
