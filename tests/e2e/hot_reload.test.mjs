// Routes change while requests run: inotify, SIGHUP, errors that leave the earlier version, 50 swaps under load (R34).

import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PATIENCE_MS, ask, eventData, model, route, test, withGateway } from './harness.mjs';

const to = (name, target) => route(name, [model('m', target)]);

/** Asks the route again and again until `check` holds for a response, as a swap shows from outside. */
async function until(gateway, name, check, what) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const response = await gateway.chat(ask(`dynamic/${name}`));
    if (check(response)) return response;
    if (performance.now() > deadline) throw new Error(`${what} did not happen; the last answer: ${response.status} ${response.text}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const answers = (target) => (response) => response.status === 200 && response.header('cf-aig-model') === target;
const versionOf = (response) => Number(response.header('cf-aig-route-version'));

for (const inPlace of [false, true]) {
  test(`a changed file is swapped in (${inPlace ? 'written in place' : 'renamed over it'}), with a greater version`, () =>
    withGateway({ routes: [to('r', 'first')] }, async ({ gateway }) => {
      const before = await gateway.chat(ask('dynamic/r'));
      assert.ok(answers('first')(before));
      await gateway.writeRoute('r', to('r', 'second'), { inPlace });
      const after = await until(gateway, 'r', answers('second'), 'the swap');
      assert.ok(versionOf(after) > versionOf(before), `${versionOf(before)} → ${versionOf(after)}`);
    }));
}

test('an added file serves, a removed one is unknown again, and the model list follows', () =>
  withGateway({ routes: [to('r', 'first')] }, async ({ gateway }) => {
    const listed = async () => (await gateway.get('/v1/models')).json().data.some((entry) => entry.id === 'dynamic/new');
    assert.equal((await gateway.chat(ask('dynamic/new'))).status, 404);
    await gateway.writeRoute('new', to('new', 'fresh'));
    await until(gateway, 'new', answers('fresh'), 'the new route');
    assert.ok(await listed());
    await rm(gateway.routeFile('new'));
    await until(gateway, 'new', (response) => response.status === 404, 'its removal');
    assert.ok(!(await listed()));
    assert.ok(answers('first')(await gateway.chat(ask('dynamic/r'))));
  }));

test('a route that changes its name in its file answers to the new one only', () =>
  withGateway({ routes: { file: to('old', 'first') } }, async ({ gateway }) => {
    await gateway.writeRoute('file', to('young', 'first'));
    await until(gateway, 'young', answers('first'), 'the new name');
    await until(gateway, 'old', (response) => response.status === 404, 'the end of the old name');
  }));

test('a .jsonc file with comments and trailing commas serves; other files in the directory are let be', () =>
  withGateway({ routes: [] }, async ({ gateway }) => {
    const put = (name, text) => writeFile(path.join(gateway.routesDirectory, name), text);
    await put('notes.txt', 'not a route');
    await put('half.json~', '{');
    await put('c.jsonc', `// a route\n${JSON.stringify(to('c', 'commented')).slice(0, -1)}, /* and */ }`);
    await until(gateway, 'c', answers('commented'), 'the .jsonc route');
    assert.ok(!gateway.stderr.includes('notes.txt') && !gateway.stderr.includes('half.json~'), gateway.stderr);
  }));

const damages = [
  ['text that is no JSON', '{"name": "r", '],
  ['an unknown element type', JSON.stringify(to('r', 'x')).replace('"type":"model"', '"type":"modle"')],
  ['a cycle', JSON.stringify(route('r', [model('m', 'x', { fallback: 'n' }), model('n', 'y', { fallback: 'm' })]))],
  ['an empty file', ''],
];
for (const [what, text] of damages) {
  test(`R35: a file with errors (${what}) leaves the earlier version serving, says so loudly, and can be mended`, () =>
    withGateway({ routes: [to('r', 'first')] }, async ({ gateway }) => {
      const before = await gateway.chat(ask('dynamic/r'));
      const from = gateway.logs.length;
      await gateway.writeRoute('r', text);
      const loud = (line) => line.level === 'error' && JSON.stringify(line).includes('r.json');
      const line = await gateway.waitForLog(loud, 'an error that names r.json', { from });
      assert.match(JSON.stringify(line), /JR\d{4}/);
      const during = await gateway.chat(ask('dynamic/r'));
      assert.ok(answers('first')(during));
      assert.equal(versionOf(during), versionOf(before));
      await gateway.writeRoute('r', to('r', 'mended'));
      assert.ok(versionOf(await until(gateway, 'r', answers('mended'), 'the mended route')) > versionOf(before));
    }));
}

test('a second file with the same route name is an error, and the first goes on serving', () =>
  withGateway({ routes: [to('r', 'first')] }, async ({ gateway }) => {
    const from = gateway.logs.length;
    await gateway.writeRoute('zz-copy', to('r', 'copy'));
    await gateway.waitForLog((line) => line.level === 'error' && JSON.stringify(line).includes('zz-copy.json'), 'an error', { from });
    assert.ok(answers('first')(await gateway.chat(ask('dynamic/r'))));
  }));

test('SIGHUP reads the routes again: here a symbolic link that points to another directory, which inotify cannot see', () =>
  withGateway({ routes: [] }, async ({ gateway }) => {
    // The directory `routes` is replaced by another of the same name; the watch stays with the old one.
    await gateway.writeRoute('r', to('r', 'first'));
    await until(gateway, 'r', answers('first'), 'the first version');
    const fresh = path.join(gateway.directory, 'fresh');
    await mkdir(fresh);
    await writeFile(path.join(fresh, 'r.json'), JSON.stringify(to('r', 'second')));
    await rename(gateway.routesDirectory, path.join(gateway.directory, 'old'));
    await symlink(fresh, gateway.routesDirectory);
    gateway.signal('SIGHUP');
    await until(gateway, 'r', answers('second'), 'the version of the other directory');
    await gateway.writeRoute('r', to('r', 'third'));
    await until(gateway, 'r', answers('third'), 'a change in the directory that is watched now');
  }));

test('SIGHUP with nothing changed changes nothing', () =>
  withGateway({ routes: [to('r', 'first')] }, async ({ gateway }) => {
    const before = await gateway.chat(ask('dynamic/r'));
    gateway.signal('SIGHUP');
    await gateway.writeRoute('marker', to('marker', 'seen'));
    await until(gateway, 'marker', answers('seen'), 'a later change');
    assert.equal(versionOf(await gateway.chat(ask('dynamic/r'))), versionOf(before));
  }));

test('R34: a request keeps its version to its end, through swaps and the removal of its route', () =>
  withGateway({ routes: [to('r', 'drip:20:50')] }, async ({ gateway }) => {
    const client = await gateway.connect();
    client.chat(ask('dynamic/r', { stream: true }));
    const head = await client.head();
    await gateway.writeRoute('r', to('r', 'second'));
    await until(gateway, 'r', answers('second'), 'the swap');
    await rm(gateway.routeFile('r'));
    await until(gateway, 'r', (response) => response.status === 404, 'the removal');
    const response = await client.reader.body(head, { isResponse: true });
    client.close();
    assert.ok(response.complete);
    assert.equal(response.header('cf-aig-model'), 'drip:20:50');
    const events = eventData(response.text);
    assert.equal(events.length, 23); // The role, 20 tokens, the finish, [DONE].
    assert.equal(events.at(-1), '[DONE]');
  }));

test(
  'R34: 50 swaps under load: no request fails, versions only grow, and each version has one model',
  () =>
    withGateway({ routes: [to('r', 'v:0')] }, async ({ gateway }) => {
      const seen = new Map(); // version → model
      let newest = -1;
      let count = 0;
      let running = true;
      const wake = new Set();
      const failures = [];

      const load = async () => {
        const client = await gateway.connect();
        for (let last = 0; running; ++count) {
          client.chat(ask('dynamic/r', { stream: count % 3 === 0 }));
          const response = await client.response();
          const [version, target] = [versionOf(response), response.header('cf-aig-model')];
          if (response.status !== 200 || !response.complete) failures.push(`${response.status} ${response.text}`);
          if (!(version >= last)) failures.push(`version ${version} after ${last} on one connection`);
          if (seen.has(version) && seen.get(version) !== target) failures.push(`version ${version} is ${target} and ${seen.get(version)}`);
          seen.set(version, target);
          last = version;
          newest = Math.max(newest, Number(target?.slice(2)));
          for (const look of wake) look();
          if (failures.length) break;
        }
        client.close();
      };
      const workers = Array.from({ length: 6 }, load);
      try {
        for (let swap = 1; swap <= 50 && !failures.length; ++swap) {
          await gateway.writeRoute('r', to('r', `v:${swap}`), { inPlace: swap % 2 === 0 });
          await Promise.race([
            new Promise((resolve) => {
              const look = () => {
                if (newest < swap && !failures.length) return;
                wake.delete(look);
                resolve();
              };
              wake.add(look);
              look();
            }),
            ...workers, // A worker that throws ends the wait.
          ]);
        }
      } finally {
        running = false;
        await Promise.allSettled(workers);
      }
      await Promise.all(workers);
      assert.deepEqual(failures, []);
      assert.equal(newest, 50);
      assert.equal(seen.size, 51, 'every version was seen, and none twice');
      assert.ok(count > 200, `${count} requests`);
    }),
  { ms: 40000 },
);
