import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import type { NatsForTest } from './nats-for-test.js';
import { until } from './until.js';
import { usualStart } from './usual-start.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

export interface CallOptions {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

const main = fileURLToPath(new URL('../../services/gateway/main.js', import.meta.url));

/**
 * The gateway as a process of its own, with a token for each party, in front of a real broker. Everything it prints is kept. (Inside jest
 * it could not serve its documentation: @fastify/static requires an ES module, which jest can do from Node 24 only.)
 */
export class GatewayForTest {
  readonly log: string[] = [];
  readonly tokens = new Map<string, string>();
  /** OAuth clients of a party, put into the list when it is next written. */
  readonly clients = new Map<string, readonly { issuer: string; client: string }[]>();
  #process: ChildProcess | undefined;
  #port = 0;

  private constructor(
    private readonly nats: NatsForTest,
    readonly partiesFile: string,
    private readonly clockFile: string,
  ) {}

  static async start(
    nats: NatsForTest,
    parties: readonly string[],
    env: Record<string, string> = {},
  ): Promise<GatewayForTest> {
    const file = (name: string): string => join(nats.folder, `${name}-${randomUUID()}.json`);
    const test = new GatewayForTest(nats, file('parties'), file('clock'));
    await LocalClockControl.open(test.clockFile, usualStart);
    await test.writeParties(parties);
    await test.run(env);
    return test;
  }

  async run(env: Record<string, string> = {}): Promise<void> {
    const child = spawn(process.execPath, ['--enable-source-maps', main], {
      env: {
        PATH: process.env['PATH'],
        MESH_ENV: 'local',
        NATS_URL: this.nats.broker.url,
        HTTP_PORT: '0',
        LOG_LEVEL: 'debug',
        GATEWAY_PARTIES_FILE: this.partiesFile,
        CLOCK_FILE: this.clockFile,
        GATEWAY_RATE_BURST: '10000',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    this.#port = 0;
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on('line', (line) => this.#read(line));
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    await until(
      'the gateway is ready',
      async () =>
        hasEnded() || (this.#port > 0 && (await this.call('/health/ready')).status === 200),
      40_000,
    );
    if (hasEnded())
      throw new Error(`the gateway ended with ${child.exitCode}: ${this.log.join('\n')}`);
  }

  #read(line: string): void {
    this.log.push(line);
    if (!line.includes('"event":"ready"')) return;
    this.#port = (JSON.parse(line) as { port: number }).port;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Replaces the list of parties by rename, as the operator's tool does. New parties get a token. */
  async writeParties(parties: readonly string[]): Promise<void> {
    const list = parties.map((party) => {
      const token = this.tokens.get(party) ?? randomBytes(32).toString('base64url');
      this.tokens.set(party, token);
      return {
        party,
        seedFile: this.nats.seedFile(party),
        tokenHash: `sha256:${createHash('sha256').update(token).digest('hex')}`,
        clients: this.clients.get(party),
      };
    });
    await this.writePartiesText(JSON.stringify(list));
  }

  async writePartiesText(text: string): Promise<void> {
    await writeFile(`${this.partiesFile}.new`, text, { mode: 0o600 });
    await rename(`${this.partiesFile}.new`, this.partiesFile);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async call(
    path: string,
    { method = 'GET', token, headers = {}, body }: CallOptions = {},
  ): Promise<HttpAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? (JSON.parse(text) as HttpAnswer['body']) : {},
    };
  }

  as(party: string, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    return this.call(path, { ...options, token: this.tokens.get(party) });
  }

  /** Sends one message; anything but a string is written as JSON. */
  send(party: string, message: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const body = typeof message === 'string' ? message : JSON.stringify(message);
    return this.as(party, '/v1/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json', ...headers },
      body,
    });
  }

  /** Ends it as the platform would, and gives its exit code. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const exit = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    const [code] = await exit;
    return code;
  }
}

export const newId = (atMs = usualStart.getTime()): string => uuidV7(atMs, randomBytes(10));

/** A referral of `usualStart`, which the gateway's clock has just passed, right in every part; `changes` go over the envelope. The client is invented (NI numbers with QQ are never issued). */
export function someReferral(
  from: string,
  to: string,
  changes: Record<string, unknown> = {},
): Record<string, unknown> & { id: string } {
  return {
    specversion: '1.0',
    id: newId(),
    source: `/parties/${from}`,
    type: 'throughcare.referral.requested.v1',
    time: usualStart.toISOString(),
    case: randomUUID(),
    to,
    actor: 'p_adviser_1',
    data: {
      client: {
        nino: 'QQ123456C',
        surname: 'Quillfeather',
        otherNames: 'Tamsin',
        dateOfBirth: '1984-05-17',
      },
      benefit: 'jsa',
      told: [
        'voluntary-first-assessment',
        'finds-need-for-comprehensive',
        'engaging-later-is-voluntary',
      ],
      travelCostsConsidered: true,
    },
    ...changes,
  };
}
