// A gateway with a control plane, and its admin API as a test uses it.

import assert from 'node:assert/strict';
import { Gateway, PATIENCE_MS, withGateway } from './harness.mjs';

/** The operator's token, of the configuration. */
export const OPERATOR = 'operator-token';
const MASTER_KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';

/** The keys of a configuration that name the database of a file's gateway: TEST_DATABASE, where a file sets it. */
export const STORAGE = process.env.TEST_DATABASE ? { storage: { postgresql: process.env.TEST_DATABASE } } : {};

/** Options of `withGateway` that turn the control plane on; `config` goes over them. */
export function controlled({ config = {}, env = {}, ...options } = {}) {
  return {
    ...options,
    config: {
      admin: { listen: '127.0.0.1:0', token_env: 'TEST_ADMIN_TOKEN' },
      secrets: { master_key_env: 'TEST_MASTER_KEY' },
      ...config,
    },
    env: { TEST_ADMIN_TOKEN: OPERATOR, TEST_MASTER_KEY: MASTER_KEY, ...env },
  };
}

/** `withGateway` with a control plane: `body` gets an Admin besides. */
export function withControl(options, body) {
  return withGateway(controlled(options), async ({ upstream, gateway }) => {
    await body({ upstream, gateway, admin: await Admin.of(gateway) });
  });
}

/** Starts a gateway with a control plane, without an upstream of its own. */
export async function startControlled(options) {
  const gateway = await Gateway.start(controlled(options));
  return { gateway, admin: await Admin.of(gateway) };
}

/** The path of an endpoint of gateway `id`. */
export function at(id, rest) {
  return `/v1/my-account/${id}${rest}`;
}

/** A call of the admin API. */
export class Admin {
  /** That of `gateway`; after a restart `from` is what the restart returned. */
  static async of(gateway, from = 0) {
    const line = await gateway.waitForLog((one) => one.event === 'admin_listening', 'the `admin_listening` log line', { from });
    return new Admin(`http://${line.address}/client/v4/accounts/my-account/ai-gateway`);
  }

  constructor(base) {
    this.base = base;
  }

  async call(method, path, body, token = OPERATOR) {
    const response = await fetch(this.base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  /** The whole answer of a call that must succeed. */
  async must(method, path, body) {
    const answer = await this.call(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The result of GET `path` once `check` holds of it: for what is written down a while after it happened. */
  async until(path, check, ms = PATIENCE_MS) {
    const end = Date.now() + ms;
    for (;;) {
      const { result } = await this.must('GET', path);
      if (check(result)) return result;
      assert.ok(Date.now() < end, `GET ${path} still gives ${JSON.stringify(result)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async gateway(id, settings = {}) {
    const fields = { cache_invalidate_on_update: false, cache_ttl: 0, collect_logs: true, rate_limiting_interval: 0, rate_limiting_limit: 0 };
    return (await this.must('POST', '/gateways', { id, authentication: false, ...fields, ...settings })).result;
  }

  /** A token: {id, token, …}. */
  async token(permissions = ['run'], more = {}) {
    return (await this.must('POST', '/tokens', { name: 'test', permissions, ...more })).result;
  }

  /** A stored key of gateway `id`: its config. */
  async key(id, provider, secret, more = {}) {
    const fields = { provider_slug: provider, alias: 'default', default_config: true, secret, ...more };
    return (await this.must('POST', `/gateways/${id}/provider_configs`, fields)).result;
  }

  async customProvider(fields) {
    return (await this.must('POST', '/custom-providers', { name: fields.slug, enable: true, ...fields })).result;
  }

  async route(id, document) {
    return (await this.must('POST', `/gateways/${id}/routes`, document)).result;
  }

  /** A further version of a route, not deployed: its id. */
  async version(id, route, elements) {
    return (await this.must('POST', `/gateways/${id}/routes/${route}/versions`, { elements })).result.version_id;
  }

  async deploy(id, route, deployment) {
    return (await this.must('POST', `/gateways/${id}/routes/${route}/deployments`, deployment)).result;
  }
}
