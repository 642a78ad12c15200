import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/nats-core';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { freePort } from '#deploy/local/free-port.js';
import { startRedis } from '#deploy/local/redis-server.js';
import type { LocalRedis } from '#deploy/local/redis-server.js';
import { SupervisedProcess } from '#deploy/local/supervised-process.js';
import type { ScheduledReminder } from '#libs/contracts/ask.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { answerSubject } from '#libs/contracts/subjects.js';
import { type AnswerServer, serveAsks } from '#libs/nats/answer-server.js';
import { requestJson } from '#libs/nats/ask-client.js';
import type { AskReply } from '#libs/nats/ask-client.js';
import { IngressTap } from './ingress-tap.js';
import { NatsForTest } from './nats-for-test.js';
import { StandInEvents } from './stand-in-inbox.js';
import { startPostgres } from './start-postgres.js';
import type { PostgresServer } from './start-postgres.js';
import { until } from './until.js';

/** A message that the service put out. */
export interface Sent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Real servers around real instances of reminders; the test plays the guard and moves the clock. */
export class RemindersWorld {
  /** Every message put out, in order, repeats included. */
  readonly sent: Sent[] = [];
  readonly instances: SupervisedProcess[] = [];
  private seq = 0;
  /** What the clock was set to last: events are recorded then. */
  private recordedAt = '';

  private constructor(
    private readonly folder: string,
    readonly servers: {
      readonly nats: NatsForTest;
      readonly postgres: PostgresServer;
      readonly redis: LocalRedis;
    },
    private readonly guard: {
      readonly connection: NatsConnection;
      readonly events: StandInEvents;
      readonly asks: AnswerServer;
    },
    private readonly databaseUrl: string,
  ) {}

  static async start(mesh: string): Promise<RemindersWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'tc-reminders-'));
    const [nats, postgres, redis] = await Promise.all([
      NatsForTest.start(['tp_one', 'jcp_one']),
      startPostgres(),
      startRedis({ dir: join(folder, 'redis'), port: await freePort() }),
    ]);
    const connection = await nats.connect('guard');
    const events = new StandInEvents();
    const asks = serveAsks(
      connection,
      (_party, _verb, payload) => events.events(payload) as Promise<AskReply>,
    );
    const databaseUrl = await postgres.createDatabase('reminders');
    const world = new RemindersWorld(
      folder,
      { nats, postgres, redis },
      { connection, events, asks },
      databaseUrl,
    );
    await world.setClock(mesh);
    world.collect();
    return world;
  }

  /** The mesh's clock shows `mesh` now and runs at the usual pace; resolves when every process that asks it sees so. */
  async setClock(mesh: string, scale = 1): Promise<void> {
    const file = this.clockFile;
    this.recordedAt = mesh;
    await writeFile(`${file}.new`, JSON.stringify({ real: new Date().toISOString(), mesh, scale }));
    await rename(`${file}.new`, file);
    // A clock looks at its file when it is asked and has not looked for 50 ms.
    await delay(60);
  }

  /** Starts an instance and waits until it is ready; it is not started again by itself when killed. */
  async run(settings: Readonly<Record<string, string>> = {}): Promise<SupervisedProcess> {
    const instance = new SupervisedProcess({
      name: 'reminders',
      command: process.execPath,
      args: [
        '--enable-source-maps',
        new URL('../../services/reminders/main.js', import.meta.url).pathname,
      ],
      env: {
        MESH_ENV: 'local',
        NATS_URL: this.servers.nats.broker.url,
        NATS_SEED_FILE: this.servers.nats.seedFile('svc_reminders'),
        DATABASE_URL: this.databaseUrl,
        REDIS_URL: this.servers.redis.url,
        CLOCK_FILE: this.clockFile,
        ...settings,
      },
      ready: /"event":"ready"/,
      restart: false,
      logFile: join(this.folder, 'reminders.log'),
    });
    this.instances.push(instance);
    await instance.start();
    return instance;
  }

  /** The event of a message that the guard cleared. */
  eventOf(
    name: MessageName,
    caseId: string,
    facts: MeshEvent['facts'],
    more: Partial<MeshEvent> = {},
  ): MeshEvent {
    const isClaim = name.startsWith('claim') || name === 'review.held';
    return {
      id: randomUUID(),
      seq: (this.seq += 1),
      type: typeOf(name),
      verdict: 'cleared',
      sender: isClaim ? 'jcp_one' : 'tp_one',
      senderKind: isClaim ? 'jobcentre' : 'treatment-provider',
      to: isClaim ? 'tp_one' : 'mesh',
      case: caseId,
      time: this.recordedAt,
      recordedAt: this.recordedAt,
      facts,
      ...more,
    };
  }

  /** What the guard tells of a message it cleared. */
  tell(...about: Parameters<RemindersWorld['eventOf']>): string {
    const event = this.eventOf(...about);
    this.publish(event);
    return event.id;
  }

  publish(event: unknown): void {
    this.guard.events.publish(event);
  }

  /** What the guard asks: the schedule of cases. */
  async schedule(...cases: string[]): Promise<readonly ScheduledReminder[]> {
    const subject = answerSubject('svc_reminders', 'schedule');
    const reply = await requestJson<{ reminders: ScheduledReminder[] }>(
      this.guard.connection,
      subject,
      { cases },
    );
    if (!reply.ok) throw new Error(`the schedule was not answered: ${reply.code}`);
    return reply.reminders;
  }

  /** Waits until the schedule of a case has reminders in the given states, each as `kind occurrence state`. */
  async scheduleBecomes(
    caseId: string,
    expected: readonly string[],
  ): Promise<readonly ScheduledReminder[]> {
    let last = '';
    const wanted = [...expected].sort().join('\n');
    return until(
      `the schedule is ${expected.join(', ')}`,
      async () => {
        const reminders = await this.schedule(caseId);
        last = reminders
          .map(({ kind, occurrence, state }) => `${kind} ${occurrence} ${state}`)
          .sort()
          .join('\n');
        return last === wanted ? reminders : undefined;
      },
      20_000,
    ).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; it is ${last.replaceAll('\n', ', ')}`, {
        cause: error,
      });
    });
  }

  /** Runs with BullMQ's own view of the timers. */
  async withQueue<T>(work: (queue: Queue) => Promise<T>): Promise<T> {
    const connection = new Redis(this.servers.redis.url, { maxRetriesPerRequest: null });
    const queue = new Queue('reminders', { connection, prefix: 'throughcare' });
    try {
      return await work(queue);
    } finally {
      await queue.close();
      connection.disconnect();
    }
  }

  /** Empties Redis while it runs. */
  async flushRedis(): Promise<void> {
    const connection = new Redis(this.servers.redis.url);
    await connection.flushall();
    connection.disconnect();
  }

  /** `/health/ready` of an instance: 200, or 503 with the names of what fails. */
  async ready(
    instance: SupervisedProcess,
  ): Promise<{ readonly status: number; readonly failing: readonly string[] }> {
    const { port } = JSON.parse(instance.readyLine ?? '{}') as { port: number };
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
    const body = (await response.json()) as { failing?: string[] };
    return { status: response.status, failing: body.failing ?? [] };
  }

  async stop(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.stop()));
    await this.tap?.stop();
    await this.guard.asks.stop();
    const { nats, postgres, redis } = this.servers;
    await Promise.all([nats.stop(), postgres.stop(), redis.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }

  private tap: IngressTap | undefined;

  private get clockFile(): string {
    return join(this.folder, 'clock.json');
  }

  /** Takes what the service sends, as the guard would. */
  private collect(): void {
    this.tap = new IngressTap(this.guard.connection, 'svc_reminders', (text) =>
      this.sent.push(JSON.parse(text) as Sent),
    );
  }
}
