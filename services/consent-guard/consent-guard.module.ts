import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { Gauge } from 'prom-client';
import { clockFromConfig } from '#libs/clock/clock-from-config.js';
import type { Clock } from '#libs/clock/clock.js';
import { type HealthServer, startHealthServer } from '#libs/health/health-server.js';
import { processMetrics } from '#libs/health/process-metrics.js';
import { type AnswerServer, serveAsks } from '#libs/nats/answer-server.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { LeaseKeeper } from '#libs/postgres/lease-keeper.js';
import { migrate } from '#libs/postgres/migrate.js';
import { answersOf } from './adapters/asks.responder.js';
import { BatchProcessor } from './adapters/batch.processor.js';
import { BatchStore } from './adapters/batch.store.js';
import { CaseBook } from './adapters/case.book.js';
import { ClientViewBook } from './adapters/client-view.book.js';
import { ConsentBook } from './adapters/consent.book.js';
import { DeadLetterDesk } from './adapters/dead-letter.desk.js';
import { readEvidenceKey } from './adapters/evidence-key.js';
import { EventBook } from './adapters/event.book.js';
import { EvidenceBook } from './adapters/evidence.book.js';
import { GuardKeys } from './adapters/guard-keys.js';
import { KeyKeeper } from './adapters/key.keeper.js';
import { KeyRenewal } from './adapters/key-renewal.js';
import { HeldSweep } from './adapters/held.sweep.js';
import { InboxBook } from './adapters/inbox.book.js';
import { IngressWorker } from './adapters/ingress.worker.js';
import { InstanceSessions } from './adapters/instance-sessions.js';
import { LapseSweep } from './adapters/lapse.sweep.js';
import { MessageBook } from './adapters/message.book.js';
import { OperatorBook } from './adapters/operator.book.js';
import { PartyShares } from './adapters/party-shares.js';
import { ReferralBook } from './adapters/referral.book.js';
import { RetentionSweep } from './adapters/retention.sweep.js';
import { SealingThread } from './adapters/sealing-thread.js';
import { TrialBook } from './adapters/trial.book.js';
import { Wakes } from './adapters/wakes.js';
import { WithdrawalDesk } from './adapters/withdrawal.desk.js';
import { WorldLoader } from './adapters/world.loader.js';
import type { GuardConfig } from './config.js';

const hourMs = 3_600_000;
const guardInbox = '_INBOX_guard';
/** Batches of different parties at work at once, each on a connection of its own, and some for questions. */
const databaseConnections = 24;
/** Read where they were written: they are not compiled into dist. */
const migrations = new URL('../../../services/consent-guard/migrations/', import.meta.url);
/** Named here, where the joined file of the service lies too. */
const sealRecords = new URL('./adapters/seal-records.js', import.meta.url);

/** What everything stands on: connected before anything is built on it, closed when all is stopped. */
class Ground {
  readonly registry = processMetrics();

  private constructor(
    readonly config: GuardConfig,
    readonly logger: Logger,
    readonly clock: Clock,
    readonly outside: {
      readonly pool: Pool;
      readonly connection: NatsConnection;
      readonly sessions: InstanceSessions;
    },
  ) {}

  /** @throws MeshError where the clock file, the database or the broker is not as it must be. */
  static async connect(config: GuardConfig, logger: Logger): Promise<Ground> {
    const clock = clockFromConfig({ meshEnv: config.MESH_ENV, clockFile: config.CLOCK_FILE });
    const onError = (err: Error): void => logger.warn({ err }, 'a database connection broke');
    const sessions = new InstanceSessions(config.DATABASE_URL, onError);
    const applicationName = sessions.nameOf('consent-guard');
    const pool = connectDatabase({
      url: config.DATABASE_URL,
      applicationName,
      max: databaseConnections,
      onError,
    });
    await migrate(pool, migrations);
    const connection = await connectMesh({
      url: config.NATS_URL,
      seedFile: config.NATS_SEED_FILE,
      name: 'guard',
      inboxPrefix: guardInbox,
    });
    return new Ground(config, logger, clock, { pool, connection, sessions });
  }

  async isDatabaseThere(): Promise<boolean> {
    await this.outside.pool.query('select 1');
    return true;
  }

  async close(): Promise<void> {
    this.clock.stop();
    await this.outside.connection.close();
    await Promise.all([this.outside.pool.end(), this.outside.sessions.pool.end()]);
  }
}

/** What goes on beside the messages: waits end, decisions are sealed, what was kept long enough is destroyed. */
interface Background {
  start(): void;
  stop(): Promise<void>;
}

/** The guard's work: the parties it shares with other instances, and what goes on beside. */
class Work {
  constructor(
    readonly shares: PartyShares,
    /** What questions are answered with. */
    readonly parts: {
      readonly evidence: EvidenceBook;
      readonly loader: WorldLoader;
      readonly keys: GuardKeys;
      readonly renewal: KeyRenewal;
      readonly wakes: Wakes;
    },
    private readonly background: readonly Background[],
  ) {}

  start(): void {
    this.shares.start();
    for (const each of this.background) each.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.shares.stop(), ...this.background.map((each) => each.stop())]);
  }
}

interface KeyParts {
  readonly keys: GuardKeys;
  readonly renewal: KeyRenewal;
  readonly keeper: KeyKeeper;
}

/** @throws MeshError when this instance does not know the key that the others write with */
async function openKeys({ config, logger: log, outside: { pool } }: Ground): Promise<KeyParts> {
  const keysFile = config.GUARD_KEYS_FILE;
  const keys = GuardKeys.fromFile(keysFile);
  const renewal = new KeyRenewal(pool, keys);
  const keeper = new KeyKeeper({ pool, keys, keysFile, renewal, log });
  await keeper.open();
  return { keys, renewal, keeper };
}

/** @throws MeshError when this instance does not know the key that the others write with */
async function createWork(ground: Ground): Promise<Work> {
  const { config, clock, logger } = ground;
  const { pool, connection, sessions } = ground.outside;
  const { keys, renewal, keeper } = await openKeys(ground);
  const wakes = new Wakes({ connection, pool, log: logger });
  const store = new BatchStore(keys, new WithdrawalDesk(keys, clock));
  const loader = new WorldLoader(keys);
  const idAge = { maxAgeMs: config.ID_MAX_AGE_HOURS * hourMs, maxAheadMs: 5 * 60_000 };
  const routeTimeoutMs = config.ROUTE_TIMEOUT_HOURS * hourMs;
  const processor = new BatchProcessor({
    pool,
    keys,
    loader,
    store,
    wakes,
    clock,
    idAge,
    routeTimeoutMs,
  });
  const deadLetters = new DeadLetterDesk({ pool, keys, store, wakes, processor, clock });
  const shares = createShares(ground, { processor, deadLetters });
  const signer = readEvidenceKey(config.EVIDENCE_KEY_FILE);
  const kept = {
    disclosuresDays: config.RETENTION_DISCLOSURES_DAYS,
    refusalsDays: config.RETENTION_REFUSALS_DAYS,
  };
  const sealing = {
    databaseUrl: config.DATABASE_URL,
    applicationName: sessions.nameOf('consent-guard-sealer'),
  };
  return new Work(
    shares,
    { evidence: new EvidenceBook(pool, signer), loader, keys, renewal, wakes },
    [
      keeper,
      wakes,
      new HeldSweep({ pool, clock, wakes, log: logger }),
      new LapseSweep({ pool, clock, wakes, log: logger }),
      new SealingThread(sealRecords, { ...sealing, keyFile: config.EVIDENCE_KEY_FILE }, logger),
      new RetentionSweep({ pool, clock, log: logger, ...kept }),
    ],
  );
}

interface ShareParts {
  readonly processor: BatchProcessor;
  readonly deadLetters: DeadLetterDesk;
}

/** The parties that this instance works, each with a worker of its own. */
function createShares(ground: Ground, { processor, deadLetters }: ShareParts): PartyShares {
  const { config, logger } = ground;
  const { pool, connection, sessions } = ground.outside;
  const onLost = (names: readonly string[]): void => shares.lost(names);
  const leases = new LeaseKeeper({
    url: config.DATABASE_URL,
    applicationName: sessions.nameOf('consent-guard-lease'),
    onLost,
  });
  const parts = {
    connection,
    pool,
    processor,
    deadLetters,
    log: logger,
    batchSize: config.BATCH_SIZE,
    trimAfterMs: config.TRIM_AFTER_SECONDS * 1_000,
    isHeld: (party: string) => leases.isHeld(party),
  };
  const shares = new PartyShares({
    leases,
    sessions,
    log: logger,
    startWorker: (party) => new IngressWorker(party, parts),
  });
  return shares;
}

/** The composition root, and the order in which things start and stop. */
@Module({})
export class ConsentGuardModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private answers: AnswerServer | undefined;
  private health: HealthServer | undefined;

  constructor(
    private readonly ground: Ground,
    private readonly work: Work,
  ) {}

  /** Where health and metrics are served, once started. */
  get port(): number | undefined {
    return this.health?.port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { ground, work } = this;
    const { config, registry } = ground;
    const { connection, pool } = ground.outside;
    work.start();
    const messages = new MessageBook(pool);
    const { keys, wakes } = work.parts;
    const books = {
      inbox: new InboxBook(pool, {
        keys,
        wakes,
        clock: ground.clock,
        inHandSeconds: config.IN_HAND_SECONDS,
      }),
      events: new EventBook(pool, wakes),
      messages,
      cases: new CaseBook(pool, connection, messages, ground.clock),
      consents: new ConsentBook(pool, ground.clock, work.parts.loader),
      referrals: new ReferralBook(pool, ground.clock, work.parts.keys),
      trials: new TrialBook({ pool, clock: ground.clock, ...work.parts }),
      operator: new OperatorBook(pool),
      evidence: work.parts.evidence,
      keys: work.parts.renewal,
      views: new ClientViewBook(pool, ground.clock),
    };
    this.answers = serveAsks(connection, answersOf(books), (err) =>
      ground.logger.warn({ err }, 'a question was not answered'),
    );
    const held: Gauge = new Gauge({
      name: 'throughcare_guard_parties_held',
      help: 'Parties this instance works now',
      registers: [registry],
      collect: () => held.set(work.shares.held().length),
    });
    const pending: Gauge = new Gauge({
      name: 'throughcare_guard_ingress_pending',
      help: 'Messages of the parties worked here that are not read yet',
      registers: [registry],
      collect: () => pending.set(work.shares.pending()),
    });
    const checks = [
      { name: 'database', check: () => ground.isDatabaseThere() },
      { name: 'broker', check: () => !connection.isClosed() && connection.rtt().then(() => true) },
      { name: 'shares', check: () => work.shares.isHealthy() },
    ];
    this.health = await startHealthServer({
      host: config.HTTP_HOST,
      port: config.HTTP_PORT,
      checks,
      registry,
    });
  }

  /** Takes no more batches, finishes those in hand, answers what was asked. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.health?.stop();
    await this.work.stop();
    await this.answers?.stop();
    await this.ground.close();
  }

  static with(config: GuardConfig, logger: Logger): DynamicModule {
    return {
      module: ConsentGuardModule,
      providers: [
        { provide: Ground, useFactory: () => Ground.connect(config, logger) },
        { provide: Work, useFactory: createWork, inject: [Ground] },
      ],
    };
  }
}
