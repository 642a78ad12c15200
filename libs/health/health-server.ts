import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface HealthCheck {
  readonly name: string;
  /** True when the thing is usable now. False, a throw, or no answer within 2 s all mean not. */
  readonly check: () => boolean | Promise<boolean>;
}

export interface HealthServerOptions {
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
  readonly checks: readonly HealthCheck[];
  readonly registry: Registry;
}

export interface HealthServer {
  readonly port: number;
  /** Closes the port and its connections. Idempotent. */
  stop(): Promise<void>;
}

const checkMs = 2_000;

/**
 * `GET /health/live` 200 while the event loop turns · `GET /health/ready` 200, or 503 with the names of the checks that fail ·
 * `GET /metrics` Prometheus text. Anything else 404. Says nothing about any client.
 * @throws Error from the listen (port taken, host unknown).
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answer(response, 405, { error: 'method not allowed' });
    if (path === '/health/live') return answer(response, 200, { status: 'live' });
    if (path === '/health/ready')
      return void failing(options.checks).then((names) => answerReady(response, names));
    if (path === '/metrics') return void answerMetrics(response, options.registry);
    answer(response, 404, { error: 'not found' });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, stop: () => close(server) };
}

/** Names of the checks that do not hold now, for the health endpoint and for those who have one of their own. */
export async function failing(checks: readonly HealthCheck[]): Promise<readonly string[]> {
  const results = await Promise.all(
    checks.map(async (each) => ((await holds(each)) ? [] : [each.name])),
  );
  return results.flat();
}

async function holds({ check }: HealthCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>(
    (resolve) => (timer = setTimeout(() => resolve(false), checkMs)),
  );
  try {
    return await Promise.race([check(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function answerReady(response: ServerResponse, names: readonly string[]): void {
  if (names.length === 0) answer(response, 200, { status: 'ready' });
  else answer(response, 503, { status: 'not-ready', failing: names });
}

async function answerMetrics(response: ServerResponse, registry: Registry): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(text);
  } catch {
    answer(response, 500, { error: 'metrics failed' });
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
