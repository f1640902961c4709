// A gateway with its admin API, as tests drive it: by the official client, and by plain requests for what that client
// does not know.

import assert from 'node:assert/strict';
import Cloudflare from 'cloudflare';
import { FaultyUpstream } from './faulty_upstream.mjs';
import { Gateway, PATIENCE_MS, model, route } from './harness.mjs';

export const ACCOUNT = 'my-account';
export const ADMIN_TOKEN = 'a-token-of-the-tests';
const ENV = { JUNCTOR_ADMIN_TOKEN: ADMIN_TOKEN };

/** A gateway with an admin API; its gateway `default` asks nobody for a token. */
export class ControlledGateway {
  static async start(options = {}) {
    const controlled = new ControlledGateway();
    controlled.upstream = await FaultyUpstream.start();
    const admin = { listen: '127.0.0.1:0', token_env: 'JUNCTOR_ADMIN_TOKEN', default_gateway: { authentication: false } };
    controlled.gateway = await Gateway.start({
      ...options,
      upstream: controlled.upstream,
      env: ENV,
      config: { admin, ...options.config },
    });
    controlled.#look(0);
    return controlled;
  }

  #look(from) {
    const { address } = this.gateway.logs.slice(from).find((line) => line.event === 'admin_listening');
    this.adminUrl = `http://${address}`;
    this.client = new Cloudflare({ apiToken: ADMIN_TOKEN, baseURL: `${this.adminUrl}/client/v4`, maxRetries: 0 });
    this.routing = this.client.aiGateway.dynamicRouting;
  }

  async restart(signal) {
    this.#look(await this.gateway.restart(signal));
  }

  async stop() {
    await this.gateway.stop();
    await this.upstream.close();
  }

  /** One request of the admin API below the gateway `default`, for what the official client does not have. */
  async ask(method, where, body, { gateway = 'default' } = {}) {
    const response = await fetch(`${this.adminUrl}/client/v4/accounts/${ACCOUNT}/ai-gateway/gateways/${gateway}${where}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  /** The result of GET `where` once `check` holds of it: for what is counted after an answer was sent. */
  async until(where, check, ms = PATIENCE_MS) {
    const end = Date.now() + ms;
    for (;;) {
      const { result } = (await this.ask('GET', where)).body;
      if (check(result)) return result;
      assert.ok(Date.now() < end, `GET ${where} still gives ${JSON.stringify(result)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** One chat completion through the route `name` of the gateway `default`: what the route's version and answer were. */
  async chat(name, { headers = {}, gateway = 'default' } = {}) {
    const body = { model: `dynamic/${name}`, messages: [{ role: 'user', content: 'hello' }] };
    const path = `/v1/${ACCOUNT}/${gateway}/compat/chat/completions`;
    const response = await this.gateway.chat(body, { path, headers });
    return {
      status: response.status,
      version: response.header('cf-aig-route-version'),
      model: response.header('cf-aig-model'),
      response,
    };
  }
}

/** Elements that call the model `name` and nothing else. */
export function calling(name, properties = {}) {
  return route('r', [model('m', name, properties)]).elements;
}
