import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/nats-core';
import { type WaitingFor, type WorklistStep, worklistReply } from '#libs/contracts/ask.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { readMessageText } from '#libs/contracts/read-message.js';
import { answerSubject } from '#libs/contracts/subjects.js';
import { type AnswerServer, serveAsks } from '#libs/nats/answer-server.js';
import { type AskReply, requestJson } from '#libs/nats/ask-client.js';
import { IngressTap } from './ingress-tap.js';
import { NatsForTest } from './nats-for-test.js';
import { ServiceProcess } from './service-process.js';
import { StandInEvents } from './stand-in-inbox.js';
import { type PostgresServer, startPostgres } from './start-postgres.js';
import { until } from './until.js';
import { usualStart } from './usual-start.js';

const router = 'svc_router';

/** What the router put out, as the guard reads it. */
export interface Outgoing {
  readonly id: string;
  readonly name: string;
  readonly to: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** As it went out. */
  readonly text: string;
}

/** Broker, database, clock and the guard's end of the router's road; the router itself is a process that can be killed. */
export class RouterMesh {
  readonly outgoing: Outgoing[] = [];
  /** What the guard could not read: must stay empty. */
  readonly unread: string[] = [];
  readonly #told = new Set<string>();
  private now = usualStart;

  private constructor(
    readonly nats: NatsForTest,
    readonly postgres: PostgresServer,
    private readonly guard: NatsConnection,
    private readonly parts: {
      readonly events: StandInEvents;
      readonly asks: AnswerServer;
      readonly databaseUrl: string;
      readonly tap: IngressTap;
    },
  ) {}

  static async start(): Promise<RouterMesh> {
    const [nats, postgres] = await Promise.all([NatsForTest.start([]), startPostgres()]);
    const guard = await nats.connect('guard');
    const events = new StandInEvents();
    const asks = serveAsks(
      guard,
      (_party, _verb, payload) => events.events(payload) as Promise<AskReply>,
    );
    const tap = new IngressTap(guard, router, (text) => mesh.take(text));
    const databaseUrl = await postgres.createDatabase('router');
    const mesh: RouterMesh = new RouterMesh(nats, postgres, guard, {
      events,
      asks,
      databaseUrl,
      tap,
    });
    return mesh;
  }

  /** Sets the mesh's clock. */
  async setClock(mesh: string): Promise<void> {
    this.now = new Date(mesh);
    const file = join(this.nats.folder, 'clock.json');
    await writeFile(
      `${file}.new`,
      JSON.stringify({ real: new Date().toISOString(), mesh, scale: 1 }),
    );
    await rename(`${file}.new`, file);
  }

  router(): Promise<ServiceProcess> {
    return ServiceProcess.start('referral-router', {
      MESH_ENV: 'local',
      NATS_URL: this.nats.broker.url,
      NATS_SEED_FILE: this.nats.seedFile(router),
      DATABASE_URL: this.parts.databaseUrl,
      CLOCK_FILE: join(this.nats.folder, 'clock.json'),
      OVERDUE_SWEEP_SECONDS: '1',
    });
  }

  /** Tells of events, as the guard does; once each. `attempt` tells of one again. */
  publish(events: readonly MeshEvent[], attempt = ''): void {
    for (const event of events) {
      const key = `${event.id}.${event.verdict}${attempt}`;
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      this.publishRaw(event);
    }
  }

  publishRaw(event: unknown): void {
    this.parts.events.publish(event);
  }

  /** The first message of this type with these data; waits for it. */
  sent(
    name: string,
    data: Readonly<Record<string, unknown>>,
    deadlineMs?: number,
  ): Promise<Outgoing> {
    const fits = (message: Outgoing): boolean =>
      message.name === name &&
      Object.entries(data).every(([key, value]) => message.data[key] === value);
    return until(
      `${name} with ${JSON.stringify(data)}`,
      () => this.outgoing.find(fits),
      deadlineMs,
    );
  }

  ask<T>(verb: string, payload: unknown): Promise<AskReply<T>> {
    return requestJson<T>(this.guard, answerSubject(router, verb), payload);
  }

  async worklist(
    party: string,
    cases?: readonly string[],
    person?: string,
  ): Promise<readonly WorklistStep[]> {
    return (await this.lists(party, cases, person)).steps;
  }

  /** What the party waits for. */
  async waiting(party: string, cases?: readonly string[]): Promise<readonly WaitingFor[]> {
    return (await this.lists(party, cases)).waiting;
  }

  private async lists(
    party: string,
    cases?: readonly string[],
    person?: string,
  ): Promise<{ readonly steps: WorklistStep[]; readonly waiting: WaitingFor[] }> {
    const reply = await this.ask<object>('worklist', {
      party,
      ...(cases === undefined ? {} : { cases }),
      ...(person === undefined ? {} : { person }),
    });
    if (!reply.ok) throw new Error(reply.code);
    const { ok: _ok, ...lists } = reply;
    return worklistReply.parse(lists);
  }

  /** Waits until the router has looked twice at what the clock brings about: whatever is to go out by now has. */
  async swept(service: ServiceProcess): Promise<void> {
    const sweeps = async (): Promise<number> => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return Number(/^throughcare_router_sweeps_total (\d+)/m.exec(text)?.[1] ?? 0);
    };
    const before = await sweeps();
    await until('two sweeps', async () => (await sweeps()) >= before + 2);
  }

  /** Waits until the party's open steps are these. */
  async holds(party: string, steps: readonly string[]): Promise<void> {
    await until(`${party} holds ${steps.join(', ')}`, async () => {
      const open = await this.worklist(party);
      return (
        open
          .map(({ step }) => step)
          .sort()
          .join() === [...steps].sort().join()
      );
    });
  }

  async stop(): Promise<void> {
    await this.parts.tap.stop();
    await this.parts.asks.stop();
    await this.nats.stop();
    await this.postgres.stop();
  }

  private take(text: string): void {
    const result = readMessageText(text, this.now.getTime());
    if (!result.ok) return void this.unread.push(JSON.stringify(result.problems));
    const { envelope, name } = result.message;
    this.outgoing.push({ id: envelope.id, name, to: envelope.to, data: envelope.data, text });
  }
}
