import { createHash } from 'node:crypto';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Logger } from 'pino';
import { clockFromConfig } from '#libs/clock/clock-from-config.js';
import type { Clock } from '#libs/clock/clock.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { InboxStrategy } from '#libs/nats/inbox-strategy.js';
import { RoadPublisher } from '#libs/nats/road-publisher.js';
import { OutboxRelay } from '#libs/outbox/outbox-relay.js';
import { SeenSweep } from '#libs/outbox/seen-sweep.js';
import { connectDatabase, createKysely } from '#libs/postgres/connect-database.js';
import { migrate } from '#libs/postgres/migrate.js';
import { DeliveryController, loggerToken } from './adapters/delivery.controller.js';
import { MailDesk } from './adapters/mail-desk.js';
import { MailMetrics } from './adapters/mail-metrics.js';
import { MailSender } from './adapters/mail-sender.js';
import type { NotifierDatabase, NotifierTables } from './adapters/notifier-database.js';
import { NotifierServer } from './adapters/notifier.server.js';
import { OpenpgpSealer } from './adapters/openpgp.sealer.js';
import { OpenpgpStrongbox } from './adapters/openpgp.strongbox.js';
import { reportDeadLetter } from './adapters/report-dead-letter.js';
import { loadSigningKey } from './adapters/signing-key.file.js';
import { SmtpCourier } from './adapters/smtp.courier.js';
import type { NotifierConfig } from './config.js';
import { Courier } from './domain/courier.js';

/** A notice is about 2 ms of sealing and one small transaction; more in hand gains nothing. */
const inFlight = 16;
/** A delivery waits at the guard until it is taken; one that was taken comes again within minutes, or not at all. */
const seenDays = 90;
/** Migrations are read where they were written: they are not compiled into dist. */
const migrations = new URL('../../../services/notifier/migrations/', import.meta.url);

/** What the adapters stand on: connected before anything is built on it, closed after everything is stopped. */
class Ground {
  readonly publisher: RoadPublisher;
  readonly seen: SeenSweep;

  constructor(
    readonly db: NotifierDatabase,
    readonly connection: NatsConnection,
    readonly clock: Clock,
    readonly logger: Logger,
  ) {
    this.publisher = new RoadPublisher(connection);
    const onTrouble = (err: unknown): void =>
      logger.warn({ err }, 'what was seen long ago is still kept');
    this.seen = new SeenSweep({ db, days: seenDays, onTrouble });
  }

  async close(): Promise<void> {
    await this.seen.stop();
    await this.publisher.stop();
    await this.connection.close();
    await this.db.destroy();
    this.clock.stop();
  }
}

async function connectGround(config: NotifierConfig, logger: Logger): Promise<Ground> {
  const onError = (err: Error): void => logger.warn({ err }, 'an idle database connection broke');
  // A lane holds one connection and now and then a second; the rest is for deliveries, answers and the outbox.
  const pool = connectDatabase({
    url: config.databaseUrl,
    applicationName: 'notifier',
    max: 2 * config.sendLanes + 8,
    onError,
  });
  await migrate(pool, migrations);
  const connection = await connectMesh({
    url: config.natsUrl,
    seedFile: config.natsSeedFile,
    name: 'notifier',
  });
  return new Ground(
    createKysely<NotifierTables>(pool),
    connection,
    clockFromConfig(config),
    logger,
  );
}

function createRelay({ db, publisher, logger }: Ground): OutboxRelay {
  return new OutboxRelay({
    db,
    publish: (id, body) =>
      publisher.publish(
        body,
        `${id}.${createHash('sha256').update(body).digest('hex').slice(0, 16)}`,
      ),
    onError: (err) => logger.warn({ err }, 'the outbox waits'),
  });
}

function createStrategy(
  { db, connection, clock, logger }: Ground,
  outbox: OutboxRelay,
): InboxStrategy {
  const report = reportDeadLetter(db, clock);
  return new InboxStrategy(connection, {
    inFlight,
    onDead: async (delivery, code, reason) => {
      await report(delivery, code, reason);
      outbox.wake();
    },
    onTrouble: (err) => logger.warn({ err }, 'a delivery was not worked'),
  });
}

interface SenderParts {
  readonly courier: Courier;
  readonly outbox: OutboxRelay;
  readonly metrics: MailMetrics;
}

function createSender(
  { db, clock, logger }: Ground,
  { courier, outbox, metrics }: SenderParts,
  lanes: number,
): MailSender {
  return new MailSender({
    db,
    courier,
    clock,
    lanes,
    onReported: () => outbox.wake(),
    onTrouble: (err) => logger.error({ err }, 'a mail could not be worked'),
    onNews: (news) => {
      metrics.onNews(news);
      logger.info({ event: 'mail', ...news }, 'mail');
    },
  });
}

async function createDesk(
  { db, clock, logger }: Ground,
  mailSender: MailSender,
  outbox: OutboxRelay,
  config: NotifierConfig,
): Promise<MailDesk> {
  const { sender, signingKeyFile } = config;
  const key = await loadSigningKey(signingKeyFile, sender.address);
  const onCommitted = (): void => {
    mailSender.wake();
    outbox.wake();
  };
  return new MailDesk({
    db,
    clock,
    sender,
    sealer: new OpenpgpSealer(key, sender),
    strongbox: new OpenpgpStrongbox(key),
    onCommitted,
    onNotSealed: (mail, { why, cause: err }) =>
      logger.error({ event: 'mail-not-sealed', mail, why, err }, 'a mail could not be sealed'),
  });
}

function createServer(
  { db, connection, logger }: Ground,
  strategy: InboxStrategy,
  metrics: MailMetrics,
  config: NotifierConfig,
): NotifierServer {
  return new NotifierServer({
    db,
    connection,
    metrics,
    host: config.httpHost,
    port: config.httpPort,
    isConsuming: () => strategy.isHealthy(),
    onTrouble: (err) => logger.warn({ err }, 'a question was not answered'),
  });
}

/** The composition root, and the order in which things start and stop. Nest itself stops the inbox (the strategy) first. */
@Module({})
export class NotifierModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly ground: Ground,
    private readonly outbox: OutboxRelay,
    private readonly sender: MailSender,
    private readonly server: NotifierServer,
  ) {}

  static with(config: NotifierConfig, logger: Logger): DynamicModule {
    return {
      module: NotifierModule,
      controllers: [DeliveryController],
      providers: [
        { provide: loggerToken, useValue: logger },
        { provide: Ground, useFactory: () => connectGround(config, logger) },
        { provide: OutboxRelay, inject: [Ground], useFactory: createRelay },
        {
          provide: MailMetrics,
          inject: [Ground],
          useFactory: ({ db }: Ground) => new MailMetrics(db),
        },
        { provide: Courier, useFactory: () => new SmtpCourier(config.relay) },
        {
          provide: MailSender,
          inject: [Ground, Courier, OutboxRelay, MailMetrics],
          useFactory: (
            ground: Ground,
            courier: Courier,
            outbox: OutboxRelay,
            metrics: MailMetrics,
          ) => createSender(ground, { courier, outbox, metrics }, config.sendLanes),
        },
        {
          provide: MailDesk,
          inject: [Ground, MailSender, OutboxRelay],
          useFactory: (ground: Ground, sender: MailSender, outbox: OutboxRelay) =>
            createDesk(ground, sender, outbox, config),
        },
        { provide: InboxStrategy, inject: [Ground, OutboxRelay], useFactory: createStrategy },
        {
          provide: NotifierServer,
          inject: [Ground, InboxStrategy, MailMetrics],
          useFactory: (ground: Ground, strategy: InboxStrategy, metrics: MailMetrics) =>
            createServer(ground, strategy, metrics, config),
        },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.outbox.start();
    this.sender.start();
    this.ground.seen.start();
    await this.server.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sender.stop();
    await this.outbox.stop();
    await this.server.stop();
    await this.ground.close();
  }
}
