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
import { clockFromConfig } from '#libs/clock/clock-from-config.js';
import type { Clock } from '#libs/clock/clock.js';
import { type HealthServer, startHealthServer } from '#libs/health/health-server.js';
import { processMetrics } from '#libs/health/process-metrics.js';
import { type AnswerServer, serveAnswers } from '#libs/nats/answer-server.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { EventsFollower } from '#libs/nats/events-follower.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { OutboxRelay } from '#libs/outbox/outbox-relay.js';
import { connectDatabase, createKysely } from '#libs/postgres/connect-database.js';
import { LeaseKeeper } from '#libs/postgres/lease-keeper.js';
import { migrate } from '#libs/postgres/migrate.js';
import { reportDeadLetters } from './adapters/dead-letters.js';
import { followEvents } from './adapters/events.consumer.js';
import { followedTo, noteFollowed } from './adapters/followed.store.js';
import { Firing } from './adapters/firing.js';
import { reminderMetrics } from './adapters/reminder-metrics.js';
import type { RemindersTables } from './adapters/reminders-tables.js';
import { answerSchedule } from './adapters/schedule.answers.js';
import { ScheduleStore } from './adapters/schedule.store.js';
import { TimersQueue } from './adapters/timers.queue.js';
import { Upkeep } from './adapters/upkeep.js';
import { UpkeepStore } from './adapters/upkeep.store.js';
import { type RemindersConfig, rulesOf } from './config.js';
import { remindersParty } from './domain/reminder-due.js';

/** Migrations are read where they were written: they are not compiled into dist. */
const migrations = new URL('../../../services/reminders/migrations/', import.meta.url);

/** What the adapters stand on: connected before anything is built on it, closed after everything is stopped. */
class Ground {
  readonly registry = processMetrics();

  private constructor(
    readonly config: RemindersConfig,
    readonly logger: Logger,
    readonly clock: Clock,
    readonly outside: { readonly db: Kysely<RemindersTables>; readonly connection: NatsConnection },
  ) {}

  /** @throws MeshError where the clock file, the database or the broker is not as it must be. Redis may be away. */
  static async connect(config: RemindersConfig, logger: Logger): Promise<Ground> {
    const clock = clockFromConfig({ meshEnv: config.MESH_ENV, clockFile: config.CLOCK_FILE });
    const onError = (err: Error): void => logger.warn({ err }, 'a database connection broke');
    // 16 timers at work, and the events: they share these.
    const pool = connectDatabase({
      url: config.DATABASE_URL,
      applicationName: 'reminders',
      max: 16,
      onError,
    });
    await migrate(pool, migrations);
    const connection = await connectMesh({
      url: config.NATS_URL,
      seedFile: config.NATS_SEED_FILE,
      name: remindersParty,
    });
    return new Ground(config, logger, clock, {
      db: createKysely<RemindersTables>(pool),
      connection,
    });
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
  const publisher = new RoadPublisher(ground.outside.connection);
  return new OutboxRelay({
    db: ground.outside.db,
    publish: (id, body) =>
      publisher.publish(
        body,
        `${id}.${createHash('sha256').update(body).digest('hex').slice(0, 16)}`,
      ),
    onError: ground.trouble('the outbox waits'),
  });
}

function createSchedule({ outside, clock, config }: Ground): ScheduleStore {
  return new ScheduleStore(outside.db, clock, rulesOf(config));
}

/** The timers, what they do when they fire, and what keeps them to the schedule. */
class Timing {
  readonly firing: Firing;
  readonly timers: TimersQueue;
  readonly upkeep: Upkeep;
  private readonly leases: LeaseKeeper;

  constructor(ground: Ground, schedule: ScheduleStore, relay: OutboxRelay) {
    const { config, clock, logger, registry, outside } = ground;
    const fire = (reminder: string) => this.firing.fire(reminder);
    const onLost = (): void => logger.warn('the upkeep passes to another instance');
    const store = new UpkeepStore(outside.db, clock, rulesOf(config));
    const { onPutOut } = reminderMetrics(registry, store);
    this.firing = new Firing(
      { schedule, relay, onPutOut, onTrouble: ground.trouble('a timer was not set') },
      () => this.timers,
    );
    this.timers = new TimersQueue({
      redisUrl: config.REDIS_URL,
      clock,
      fire,
      onTrouble: ground.trouble('the timers'),
      onReady: () => this.upkeep.rebuildSoon(),
    });
    this.leases = new LeaseKeeper({
      url: config.DATABASE_URL,
      applicationName: 'reminders lease',
      onLost,
    });
    this.upkeep = new Upkeep({
      store,
      timers: this.timers,
      leases: this.leases,
      clock,
      fire,
      forgetAfterDays: config.FORGET_AFTER_DAYS,
      onRebuilt: (timers, moved) =>
        logger.info({ event: 'timers-set', timers, moved }, 'all timers are set'),
      onTrouble: ground.trouble('the upkeep'),
    });
  }

  start(): void {
    this.timers.start();
    this.upkeep.start();
  }

  async stop(): Promise<void> {
    await this.upkeep.stop();
    await this.timers.stop();
    await this.leases.stop();
  }
}

function createFollower(
  ground: Ground,
  schedule: ScheduleStore,
  timing: Timing,
  relay: OutboxRelay,
): EventsFollower {
  const { clock, logger } = ground;
  const { db, connection } = ground.outside;
  return new EventsFollower(connection, {
    followedTo: () => followedTo(db),
    onFollowed: (number) => noteFollowed(db, number),
    handle: followEvents({
      schedule,
      setTimers: (timers) => timing.firing.setTimers(timers),
      onRefused: (reason) => logger.error({ reason }, 'the guard refused a reminder that went out'),
    }),
    onDead: reportDeadLetters({ db, clock, relay }, 'events'),
    onTrouble: ground.trouble('an event was not taken in'),
  });
}

/** All that works by itself, in the order in which it starts and stops. */
class Work {
  readonly timing: Timing;
  private readonly follower: EventsFollower;

  constructor(
    ground: Ground,
    schedule: ScheduleStore,
    private readonly relay: OutboxRelay,
  ) {
    this.timing = new Timing(ground, schedule, relay);
    this.follower = createFollower(ground, schedule, this.timing, relay);
  }

  start(): void {
    this.relay.start();
    this.timing.start();
    this.follower.start();
  }

  isHealthy(): boolean {
    return this.follower.isHealthy();
  }

  async stop(): Promise<void> {
    await this.follower.stop();
    await this.timing.stop();
    await this.relay.stop();
  }
}

/** The composition root, and the order in which things start and stop. */
@Module({})
export class RemindersModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private answers: AnswerServer | undefined;
  private health: HealthServer | undefined;

  constructor(
    private readonly ground: Ground,
    private readonly work: Work,
    private readonly schedule: ScheduleStore,
  ) {}

  /** Where health and metrics are served, once started. */
  get port(): number | undefined {
    return this.health?.port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { ground, work } = this;
    const { config, registry } = ground;
    const { connection } = ground.outside;
    work.start();
    const handlers = { schedule: answerSchedule(this.schedule) };
    this.answers = serveAnswers(
      connection,
      remindersParty,
      handlers,
      ground.trouble('a question was not answered'),
    );
    const checks = [
      { name: 'database', check: () => ground.isDatabaseThere() },
      { name: 'broker', check: () => !connection.isClosed() && work.isHealthy() },
      { name: 'timers', check: () => work.timing.timers.isReady() },
    ];
    this.health = await startHealthServer({
      host: config.HTTP_HOST,
      port: config.HTTP_PORT,
      checks,
      registry,
    });
  }

  /** Takes in no more, finishes what is in hand, sends what it can; what is left goes out at the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.health?.stop();
    await this.answers?.stop();
    await this.work.stop();
    await this.ground.close();
  }

  static with(config: RemindersConfig, logger: Logger): DynamicModule {
    return {
      module: RemindersModule,
      providers: [
        { provide: Ground, useFactory: () => Ground.connect(config, logger) },
        { provide: OutboxRelay, useFactory: createRelay, inject: [Ground] },
        { provide: ScheduleStore, useFactory: createSchedule, inject: [Ground] },
        {
          provide: Work,
          useFactory: (ground: Ground, schedule: ScheduleStore, relay: OutboxRelay) =>
            new Work(ground, schedule, relay),
          inject: [Ground, ScheduleStore, OutboxRelay],
        },
      ],
    };
  }
}
