// What the admin API has acknowledged is there after a kill -9 at any moment.

import assert from 'node:assert/strict';
import { ACCOUNT, ControlledGateway, calling } from './control_plane.mjs';
import { test } from './harness.mjs';

const CHANGES = 1000;
const KILLS = 10;
const ROUTES = 20;
const WRITERS = 4;
const on = { account_id: ACCOUNT, gateway_id: 'default' };

// The same draws in every run, so that a failure can be seen again.
let state = 20251;
const draw = (below) => {
  state = (state * 1103515245 + 12345) & 0x7fffffff;
  return state % below;
};

test(`${CHANGES} changes, killed ${KILLS} times on the way: every acknowledged one is there`, async (context) => {
  const controlled = await ControlledGateway.start();
  // What was acknowledged: by route name its id, the last version saved and the one deployed. A change that was
  // under way at a kill may have happened or not: its route is read again before it is used.
  const known = new Map();
  let acknowledged = 0;
  let killing = false;

  async function change(name) {
    const route = known.get(name);
    if (route === undefined) {
      const made = await controlled.routing.create('default', { account_id: ACCOUNT, name, elements: calling(`${name}-1`) });
      known.set(name, { id: made.id, saved: 1, live: 1, versions: [made.version.version_id] });
      return;
    }
    const kind = draw(5);
    if (kind < 2) {
      const number = route.saved + 1;
      const saved = await controlled.routing.createVersion(route.id, { ...on, elements: calling(`${name}-${number}`) });
      assert.equal(saved.number, number);
      route.versions.push(saved.version_id);
      route.saved = number;
    } else if (kind < 4) {
      const number = 1 + draw(route.saved);
      await controlled.routing.createDeployment(route.id, { ...on, version_id: route.versions[number - 1] });
      route.live = number;
    } else {
      await controlled.routing.delete(route.id, on);
      known.delete(name);
    }
  }

  /** What the API says of a route now, in the form of `known`; undefined: it is not there. */
  async function read(name) {
    const got = await controlled.ask('GET', `/routes/${name}`);
    if (got.status === 404) return undefined;
    assert.equal(got.status, 200, JSON.stringify(got.body));
    const { data } = (await controlled.ask('GET', `/routes/${name}/versions?per_page=100`)).body;
    assert.equal(data.versions.length, Math.min(100, data.total_count));
    for (const version of data.versions) {
      assert.deepEqual(JSON.parse(version.data), { name, elements: calling(`${name}-${version.number}`) }, 'whole');
    }
    return {
      id: got.body.result.id,
      saved: data.total_count,
      live: got.body.result.version.number,
      versions: data.versions.map((one) => one.version_id).reverse(),
    };
  }

  /** Changes the routes of its own until the process is killed or there is no more to do. */
  async function write(writer) {
    while (acknowledged < CHANGES) {
      const name = `route-${writer}-${draw(ROUTES / WRITERS)}`;
      const before = structuredClone(known.get(name));
      try {
        await change(name);
        ++acknowledged;
      } catch (error) {
        if (!killing) throw error;
        return { name, before };
      }
    }
    return undefined;
  }

  for (let kill = 0; acknowledged < CHANGES; ++kill) {
    const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer));
    if (kill < KILLS) {
      const until = Math.round(((kill + 1) * CHANGES) / (KILLS + 1));
      while (acknowledged < until) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, draw(20)));
      killing = true;
      const restarted = controlled.restart('SIGKILL');
      const unfinished = (await Promise.all(writers)).filter((one) => one !== undefined);
      await restarted;
      killing = false;
      for (const { name, before } of unfinished) {
        const now = await read(name);
        // The one that was not acknowledged happened as a whole, or not at all.
        if (now === undefined || before === undefined) {
          if (now !== undefined) assert.deepEqual([now.saved, now.live], [1, 1]);
        } else {
          assert.equal(now.id, before.id);
          assert.ok(now.saved === before.saved || now.saved === before.saved + 1);
          assert.deepEqual(now.versions.slice(0, before.saved), before.versions);
          assert.ok(now.live === before.live || now.saved === before.saved);
        }
        if (now === undefined) known.delete(name);
        else known.set(name, now);
      }
    } else {
      await Promise.all(writers);
    }
    for (const [name, route] of known) {
      assert.deepEqual(await read(name), route, `${name} after ${acknowledged} changes`);
      const { status, version, model } = await controlled.chat(name);
      assert.deepEqual([status, version, model], [200, String(route.live), `${name}-${route.live}`]);
    }
    const { data } = await controlled.routing.list('default', { account_id: ACCOUNT, per_page: 100 });
    assert.deepEqual(data.routes.map((one) => one.name).sort(), [...known.keys()].sort());
  }
  context.diagnostic(`${acknowledged} changes acknowledged, ${known.size} routes at the end`);
  await controlled.stop();
}, { ms: 170000 });
