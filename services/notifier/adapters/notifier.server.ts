import type { NatsConnection } from '@nats-io/nats-core';
import { sql } from 'kysely';
import { type AnswerServer, serveAnswers } from '#libs/nats/answer-server.js';
import { type HealthServer, startHealthServer } from '#libs/health/health-server.js';
import { mailAnswers } from './mail-answers.js';
import type { MailMetrics } from './mail-metrics.js';
import type { NotifierDatabase } from './notifier-database.js';

export interface NotifierServerOptions {
  readonly db: NotifierDatabase;
  readonly connection: NatsConnection;
  readonly metrics: MailMetrics;
  readonly host: string;
  readonly port: number;
  /** Does the inbox turn? */
  readonly isConsuming: () => boolean;
  readonly onTrouble: (error: unknown) => void;
}

/** What the notifier answers: the guard's questions over the road, and health and metrics over HTTP. */
export class NotifierServer {
  #answers: AnswerServer | undefined;
  #health: HealthServer | undefined;

  constructor(private readonly options: NotifierServerOptions) {}

  /** Known once started. */
  get port(): number | undefined {
    return this.#health?.port;
  }

  async start(): Promise<void> {
    const { db, connection, metrics, host, port, isConsuming, onTrouble } = this.options;
    this.#answers = serveAnswers(connection, 'svc_notifier', mailAnswers(db), onTrouble);
    const checks = [
      { name: 'broker', check: () => !connection.isClosed() && isConsuming() },
      { name: 'database', check: async () => (await sql`select 1`.execute(db)).rows.length === 1 },
    ];
    // Not for the relay: mail may wait for days, and taking an instance out would not bring the relay back.
    this.#health = await startHealthServer({ host, port, checks, registry: metrics.registry });
  }

  async stop(): Promise<void> {
    await this.#answers?.stop();
    await this.#health?.stop();
  }
}
