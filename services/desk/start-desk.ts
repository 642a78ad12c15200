import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Pool } from 'pg';
import { clockFromConfig } from '#libs/clock/clock-from-config.js';
import type { Clock } from '#libs/clock/clock.js';
import { processMetrics } from '#libs/health/process-metrics.js';
import { NestLogger } from '#libs/logging/nest-logger.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { migrate } from '#libs/postgres/migrate.js';
import { AgencyFile } from './adapters/agency.file.js';
import { CaseDesk } from './adapters/case.desk.js';
import { Collector } from './adapters/collector.js';
import { DraftStore } from './adapters/draft.store.js';
import { GatewayClient } from './adapters/gateway.client.js';
import { addEdgeHooks, createHttpAdapter } from './adapters/http-edge.js';
import { HandOverDesk } from './adapters/hand-over.desk.js';
import { MessageSender } from './adapters/message.sender.js';
import { MessageStore } from './adapters/message.store.js';
import { OfficeDesk } from './adapters/office.desk.js';
import { PageFilter } from './adapters/page.filter.js';
import { QueueDesk } from './adapters/queue.desk.js';
import { ReferralDesk } from './adapters/referral.desk.js';
import { Sealer } from './adapters/sealer.js';
import { SessionStore } from './adapters/session.store.js';
import { SignInDesk } from './adapters/sign-in.desk.js';
import { SignInProvider } from './adapters/sign-in.provider.js';
import { addTroubleGauges } from './adapters/trouble-gauges.js';
import { UnreadStore } from './adapters/unread.store.js';
import { Upkeep } from './adapters/upkeep.js';
import { ViewingStore } from './adapters/viewing.store.js';
import { WorklistCache } from './adapters/worklist-cache.js';
import { RecordCourier } from './record/record.courier.js';
import { RecordStore } from './record/record.store.js';
import { RecordSystems } from './record/record-systems.js';
import type { DeskConfig } from './config.js';
import { DeskModule, type DeskParts } from './desk.module.js';
import { sourceFolder } from './source-folder.js';

export interface Desk {
  readonly port: number;
  /** Takes nothing more from the inbox, ends what is under way, closes. Idempotent. */
  stop(): Promise<void>;
}

/** @throws MeshError where the settings, the agency's folder or the database are not as they must be */
export async function startDesk(config: DeskConfig, logger: Logger): Promise<Desk> {
  const clock = clockFromConfig({ meshEnv: config.MESH_ENV, clockFile: config.CLOCK_FILE });
  const pool = connectDatabase({
    url: config.DATABASE_URL,
    applicationName: 'desk',
    onError: (err) => logger.warn({ err }, 'a database connection broke'),
  });
  await migrate(pool, new URL('migrations/', sourceFolder));
  const { parts, collectors, workers } = assemble({ config, logger, clock, pool });
  const adapter = createHttpAdapter();
  addEdgeHooks(adapter, {
    desk: parts.signIn,
    origin: new URL(config.DESK_URL).origin,
    signInOrigin: new URL(config.OIDC_ISSUER).origin,
    logger,
  });
  const app = await NestFactory.create<NestFastifyApplication>(DeskModule.of(parts), adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new PageFilter(logger));
  await app.listen(config.HTTP_PORT, config.HTTP_HOST);
  for (const collector of collectors) collector.start();
  for (const worker of workers) worker.start();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    for (const collector of collectors) collector.stop();
    for (const worker of workers) await worker.stop();
    await app.close();
    await pool.end();
    clock.stop();
  };
  const { port } = adapter.getHttpServer().address() as AddressInfo;
  return { port, stop: () => (stopped ??= stop()) };
}

interface Ground {
  readonly config: DeskConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly pool: Pool;
}

function assemble({ config, logger, clock, pool }: Ground): {
  readonly parts: DeskParts;
  readonly collectors: readonly Collector[];
  readonly workers: readonly (Upkeep | RecordCourier)[];
} {
  const registry = processMetrics();
  const sealer = new Sealer(config.DESK_KEY);
  const agencyFile = new AgencyFile(config.DESK_FOLDER);
  const gateway = new GatewayClient(config.GATEWAY_URL, (office) => agencyFile.token(office));
  const systems = new RecordSystems(agencyFile, config.MESH_ENV === 'local');
  const messages = new MessageStore(pool, sealer, systems);
  const records = new RecordStore(pool);
  const unread = new UnreadStore(pool);
  addTroubleGauges(registry, { unread, records });
  const sessions = new SessionStore(pool, sealer, {
    idleMinutes: config.SESSION_IDLE_MINUTES,
    hours: config.SESSION_HOURS,
    checkSeconds: config.PERSON_CHECK_SECONDS,
  });
  const drafts = new DraftStore(pool, sealer);
  const viewings = new ViewingStore(pool);
  const sender = new MessageSender({ gateway, messages, clock });
  const worklists = new WorklistCache(gateway, clock);
  const cases = new CaseDesk({ agencyFile, gateway, messages, viewings, worklists, logger });
  const signIn = createSignIn(config, { agencyFile, gateway, sessions, drafts, logger });
  const referrals = new ReferralDesk({ gateway, cases, drafts, messages, sender, viewings, clock });
  const handOvers = new HandOverDesk({ gateway, drafts, messages, sender, viewings, clock });
  const queues = new QueueDesk({ agencyFile, gateway, messages, worklists, viewings });
  const offices = new OfficeDesk({ worklists, unread, records, viewings });
  const { KEEP_DAYS: keepDays, RECORD_ASK_MINUTES: askMinutes } = config;
  const shared = { agencyFile, gateway, messages, clock, logger };
  const courier = new RecordCourier({ ...shared, records, systems, askMinutes });
  const pages = { pool, registry, cases, drafts, sender, referrals, signIn, viewings };
  return {
    parts: { ...shared, ...pages, offices, handOvers, queues },
    collectors: agencyFile
      .current()
      .offices.map(({ id }) => new Collector(id, { gateway, messages, unread, logger })),
    workers: [
      new Upkeep({ messages, sender, drafts, sessions, unread, logger, keepDays }),
      courier,
    ],
  };
}

function createSignIn(
  config: DeskConfig,
  parts: Omit<ConstructorParameters<typeof SignInDesk>[0], 'provider' | 'cookieName' | 'isSecure'>,
): SignInDesk {
  const isLocal = config.MESH_ENV === 'local';
  const provider = new SignInProvider({
    issuer: config.OIDC_ISSUER,
    clientId: config.OIDC_CLIENT_ID,
    clientSecret: config.OIDC_CLIENT_SECRET,
    redirectUri: new URL('/sign-in/done', config.DESK_URL).href,
    isLocal,
  });
  // Browsers tell hosts apart, not ports: on one machine several desks would share a cookie of one name.
  const name = `desk_${parts.agencyFile.current().id}`;
  return new SignInDesk({
    ...parts,
    provider,
    cookieName: isLocal ? name : `__Host-${name}`,
    isSecure: !isLocal,
  });
}
