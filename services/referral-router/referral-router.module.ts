import { createHash } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { NatsConnection } from '@nats-io/nats-core';
import { type Kysely, sql } from 'kysely';
import type { Logger } from 'pino';
import { Counter, Gauge } from 'prom-client';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { clockFromConfig } from '#libs/clock/clock-from-config.js';
import type { Clock } from '#libs/clock/clock.js';
import { type HealthServer, startHealthServer } from '#libs/health/health-server.js';
import { processMetrics } from '#libs/health/process-metrics.js';
import { type AnswerHandler, type AnswerServer, serveAnswers } from '#libs/nats/answer-server.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { OutboxRelay } from '#libs/outbox/outbox-relay.js';
import { connectDatabase, createKysely } from '#libs/postgres/connect-database.js';
import { LeaseKeeper } from '#libs/postgres/lease-keeper.js';
import { migrate } from '#libs/postgres/migrate.js';
import { CaseAnswers } from './adapters/case.answers.js';
import { DeadLetterStore } from './adapters/dead-letter.store.js';
import { EventApplier } from './adapters/event.applier.js';
import { EventsConsumer } from './adapters/events.consumer.js';
import { followedTo } from './adapters/followed.store.js';
import { DaySweep } from './adapters/day.sweep.js';
import { OperatorAnswers } from './adapters/operator.answers.js';
import type { RouterTables } from './adapters/router-tables.js';
import { WorklistAnswers } from './adapters/worklist.answers.js';
import type { RouterConfig } from './config.js';
import { routerParty } from './domain/compose-message.js';
import type { StepClocks } from './domain/due-date.js';

const holidays = bankHolidays('england-and-wales');
/** Read where they were written: they are not compiled into dist. */
const migrations = new URL('../../../services/referral-router/migrations/', import.meta.url);

/** What everything stands on: connected before anything is built on it, closed when all is stopped. */
class Ground {
  readonly registry = processMetrics();
  readonly clocks: StepClocks;

  private constructor(
    readonly config: RouterConfig,
    readonly logger: Logger,
    readonly clock: Clock,
    readonly outside: { readonly db: Kysely<RouterTables>; readonly connection: NatsConnection },
  ) {
    this.clocks = { workingDays: config.STEP_WORKING_DAYS, holidays };
  }

  /** @throws MeshError where the clock file, the database or the broker is not as it must be. */
  static async connect(config: RouterConfig, logger: Logger): Promise<Ground> {
    const clock = clockFromConfig({ meshEnv: config.MESH_ENV, clockFile: config.CLOCK_FILE });
    const onError = (err: Error): void => logger.warn({ err }, 'a database connection broke');
    const pool = connectDatabase({
      url: config.DATABASE_URL,
      applicationName: 'referral-router',
      onError,
    });
    await migrate(pool, migrations);
    const connection = await connectMesh({
      url: config.NATS_URL,
      seedFile: config.NATS_SEED_FILE,
      name: routerParty,
    });
    return new Ground(config, logger, clock, { db: createKysely<RouterTables>(pool), connection });
  }

  /** Logs what went wrong and is tried again. */
  trouble(what: string): (err: unknown) => void {
    return (err) => this.logger.warn({ err }, what);
  }

  async isDatabaseThere(): Promise<boolean> {
    await sql`select 1`.execute(this.outside.db);
    return true;
  }

  async close(): Promise<void> {
    this.clock.stop();
    await this.outside.connection.close();
    await this.outside.db.destroy();
  }
}

function createRelay(ground: Ground): OutboxRelay {
  const { db, connection } = ground.outside;
  const publisher = new RoadPublisher(connection);
  return new OutboxRelay({
    db,
    publish: (id, body) =>
      publisher.publish(
        body,
        `${id}.${createHash('sha256').update(body).digest('hex').slice(0, 16)}`,
      ),
    onError: ground.trouble('the outbox waits'),
  });
}

function createFollower(
  ground: Ground,
  relay: OutboxRelay,
  letters: DeadLetterStore,
): EventsConsumer {
  const { config, clock, clocks } = ground;
  const { db, connection } = ground.outside;
  const applier = new EventApplier(db, clock, clocks);
  const onTrouble = ground.trouble('an event was not applied');
  const onLost = (): void => void follower.yieldWork().catch(onTrouble);
  const leases = new LeaseKeeper({
    url: config.DATABASE_URL,
    applicationName: 'referral-router lease',
    onLost,
  });
  const applied = new Counter({
    name: 'throughcare_router_events_total',
    help: 'Events of the mesh that were read, by verdict',
    labelNames: ['verdict'],
    registers: [ground.registry],
  });
  const follower = new EventsConsumer({
    connection,
    clock,
    leases,
    onTrouble,
    followedTo: () => followedTo(db),
    apply: async (event, number) => {
      await applier.apply(event, number);
      applied.inc({ verdict: event.verdict });
      relay.wake();
    },
    onDead: (delivery, code) => letters.report('events', delivery, code),
  });
  const following: Gauge = new Gauge({
    name: 'throughcare_router_following',
    help: '1 in the instance that follows the events, 0 where it stands by',
    registers: [ground.registry],
    collect: () => following.set(follower.isFollowing() ? 1 : 0),
  });
  return follower;
}

function createSweep(ground: Ground, relay: OutboxRelay, follower: EventsConsumer): DaySweep {
  const sweeps = new Counter({
    name: 'throughcare_router_sweeps_total',
    help: 'How often everything that the clock brings about was done',
    registers: [ground.registry],
  });
  return new DaySweep({
    db: ground.outside.db,
    clock: ground.clock,
    clocks: ground.clocks,
    everySeconds: ground.config.OVERDUE_SWEEP_SECONDS,
    isCaughtUp: () => follower.isCaughtUp(),
    onTold: () => relay.wake(),
    onSwept: () => sweeps.inc(),
    onTrouble: ground.trouble('the sweep of the day failed'),
  });
}

/** What works by itself: the events, the clock of the day. */
class Work {
  constructor(
    private readonly follower: EventsConsumer,
    private readonly sweep: DaySweep,
  ) {}

  start(): void {
    this.follower.start();
    this.sweep.start();
  }

  isHealthy(): boolean {
    return this.follower.isHealthy();
  }

  async stop(): Promise<void> {
    await Promise.all([this.follower.stop(), this.sweep.stop()]);
  }
}

function createWork(ground: Ground, relay: OutboxRelay): Work {
  const { db } = ground.outside;
  const letters = new DeadLetterStore({ db, clock: ground.clock, onReported: () => relay.wake() });
  const follower = createFollower(ground, relay, letters);
  return new Work(follower, createSweep(ground, relay, follower));
}

/** What the router is asked. */
class Answering {
  constructor(readonly handlers: Readonly<Record<string, AnswerHandler>>) {}
}

function createAnswering({ outside: { db }, clock }: Ground): Answering {
  return new Answering({
    ...new WorklistAnswers(db, clock).handlers,
    ...new CaseAnswers(db, clock).handlers,
    ...new OperatorAnswers(db, clock).handlers,
  });
}

/** The composition root, and the order in which things start and stop. */
@Module({})
export class ReferralRouterModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private answers: AnswerServer | undefined;
  private health: HealthServer | undefined;

  constructor(
    private readonly ground: Ground,
    private readonly relay: OutboxRelay,
    private readonly work: Work,
    private readonly answering: Answering,
  ) {}

  /** Where health and metrics are served, once started. */
  get port(): number | undefined {
    return this.health?.port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { ground, relay, work } = this;
    const { config, registry } = ground;
    const { connection } = ground.outside;
    relay.start();
    work.start();
    this.answers = serveAnswers(
      connection,
      routerParty,
      this.answering.handlers,
      ground.trouble('a question was not answered'),
    );
    const checks = [
      { name: 'database', check: () => ground.isDatabaseThere() },
      { name: 'broker', check: () => !connection.isClosed() && work.isHealthy() },
    ];
    this.health = await startHealthServer({
      host: config.HTTP_HOST,
      port: config.HTTP_PORT,
      checks,
      registry,
    });
  }

  /** Reads no more, finishes what is in hand, sends what it can; what is left goes out at the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.health?.stop();
    await this.answers?.stop();
    await this.work.stop();
    await this.relay.stop();
    await this.ground.close();
  }

  static with(config: RouterConfig, logger: Logger): DynamicModule {
    return {
      module: ReferralRouterModule,
      providers: [
        { provide: Ground, useFactory: () => Ground.connect(config, logger) },
        { provide: OutboxRelay, useFactory: createRelay, inject: [Ground] },
        { provide: Work, useFactory: createWork, inject: [Ground, OutboxRelay] },
        { provide: Answering, useFactory: createAnswering, inject: [Ground] },
      ],
    };
  }
}
