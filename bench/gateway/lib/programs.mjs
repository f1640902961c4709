// Starts the upstream and the gateways in front of it, each from its configuration in this folder.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BenchError, HERE, freePort } from './bench.mjs';
import { ANTHROPIC_ANSWER, ANTHROPIC_MODEL, OPENAI_ANSWER } from './chat_messages.mjs';

function fill(bench, template, values) {
  let text = readFileSync(path.join(HERE, template), 'utf8');
  for (const [name, value] of Object.entries({ DIR: bench.directory, ...values })) text = text.replaceAll(`@${name}@`, value);
  const file = path.join(bench.directory, template);
  writeFileSync(file, text);
  return file;
}

/** nginx that answers fixed chat answers of OpenAI and Anthropic from memory; under /read/ only after it has read the whole body. */
export async function startUpstream(bench) {
  const port = await freePort();
  const file = fill(bench, 'upstream.conf', { PORT: port, OPENAI_ANSWER, ANTHROPIC_ANSWER });
  return bench.start('upstream', bench.loadCore, port, 'nginx', ['-p', bench.directory, '-c', file, '-e', 'upstream.log']);
}

/** A streaming upstream: see stream_upstream.mjs. */
export async function startStreamUpstream(bench) {
  const port = await freePort();
  return bench.start('stream-upstream', bench.loadCore, port, process.execPath, [path.join(HERE, 'stream_upstream.mjs'), String(port)]);
}

export async function startNginx(bench, upstream) {
  const port = await freePort();
  const file = fill(bench, 'nginx.conf', { PORT: port, UPSTREAM: upstream.port });
  return bench.start('nginx', bench.measuredCore, port, 'nginx', ['-p', bench.directory, '-c', file, '-e', 'nginx.log']);
}

/** HAProxy; `option` is one more line of its defaults. */
export async function startHaproxy(bench, upstream, { option = '' } = {}) {
  const port = await freePort();
  const file = fill(bench, 'haproxy.cfg', { PORT: port, UPSTREAM: upstream.port, CONNECTIONS: bench.streams + 1000, OPTION: option });
  return bench.start('haproxy', bench.measuredCore, port, 'haproxy', ['-db', '-f', file]);
}

/** The measured route, and the same with an Anthropic model under another name. */
function writeRoutes(bench) {
  mkdirSync(path.join(bench.directory, 'routes'), { recursive: true });
  const text = readFileSync(path.join(HERE, 'routes', 'bench.jsonc'), 'utf8');
  const translated = text
    .replace('"name": "bench"', '"name": "bench-anthropic"')
    .replace(/"provider": "openai", "model": "[^"]*"/, `"provider": "anthropic", "model": "${ANTHROPIC_MODEL}"`);
  if (!translated.includes('bench-anthropic') || !translated.includes(ANTHROPIC_MODEL)) {
    throw new BenchError('routes/bench.jsonc no longer says "name": "bench" and "provider": "openai", "model": …');
  }
  writeFileSync(path.join(bench.directory, 'routes', 'bench.jsonc'), text);
  writeFileSync(path.join(bench.directory, 'routes', 'bench-anthropic.jsonc'), translated);
}

/** junctor with the routes `bench` and `bench-anthropic`, whose providers are the upstream under a prefix. */
export async function startJunctor(bench, upstream, { prefix = '', environment = {} } = {}) {
  const port = await freePort();
  writeRoutes(bench);
  const file = fill(bench, 'junctor.json', { PORT: port, UPSTREAM: `127.0.0.1:${upstream.port}${prefix}` });
  return bench.start('junctor', bench.measuredCore, port, process.env.JUNCTOR_BIN, ['serve', '--config', file], environment);
}
