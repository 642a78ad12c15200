import { Client } from 'pg';
import { toStoreError } from './foreign-error.js';

export interface LeaseKeeperOptions {
  /** Straight to the server: through a pooler in transaction mode a session lock would mean nothing. */
  readonly url: string;
  readonly applicationName: string;
  /** Called once a loss with the names that were held: stop that work now. Another instance may already hold them. */
  readonly onLost: (names: readonly string[]) => void;
}

/*
 * Who works a thing is who holds its session advisory lock. kill -9: the kernel closes the socket and the server frees the lock at
 * once. A network that goes silent: the keeper gives up 8 s after the last beat that was answered, the server only after 10 s without
 * a sign of life (idle 4 + 3 probes × 2), so that the old holder has stopped before a new one can start. What no lease can exclude
 * (a process paused between its check and its effect, a failover to another server) is met by effects with derived ids.
 */
const beatMs = 2_000;
const validMs = 8_000;
const serverKeepalive =
  '-c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3';

interface Session {
  readonly client: Client;
  readonly held: Set<string>;
  readonly beat: NodeJS.Timeout;
  /** performance.now() when the last answered beat was sent. */
  provedAt: number;
}

/** The leases of one instance: any number of names on one connection of their own. */
export class LeaseKeeper {
  private session: Session | undefined;
  private opening: Promise<Session> | undefined;

  constructor(private readonly options: LeaseKeeperOptions) {}

  /**
   * Tries once, does not wait. Connects when it has to, also after a loss.
   * @returns true when held now (also when it already was), false when another session holds it.
   * @throws MeshError `store-unavailable` when the database is away.
   */
  async acquire(name: string): Promise<boolean> {
    if (this.isHeld(name)) return true;
    try {
      const session = await this.open();
      const { rows } = await session.client.query<{ got: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
        [`throughcare:lease:${name}`],
      );
      if (rows[0]?.got !== true || this.session !== session) return false;
      session.held.add(name);
      return true;
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /**
   * True while the lock is ours and the server has proved it lately. Ask before each batch, not once.
   *
   * @param withinMs default 8,000; it is proved every 2,000
   */
  isHeld(name: string, withinMs = validMs): boolean {
    const session = this.session;
    return (
      session !== undefined &&
      session.held.has(name) &&
      performance.now() - session.provedAt < withinMs
    );
  }

  /** Gives a lease back; a name that is not held is no error. */
  async release(name: string): Promise<void> {
    const session = this.session;
    if (session?.held.delete(name) !== true) return;
    await session.client
      .query('select pg_advisory_unlock(hashtextextended($1, 0))', [`throughcare:lease:${name}`])
      .catch(() => this.lose(session)); // a connection that cannot unlock is closed, which unlocks
  }

  /** Gives all leases back. Idempotent. `onLost` is not called. */
  async stop(): Promise<void> {
    await this.opening?.catch(() => undefined);
    const session = this.session;
    if (session === undefined) return;
    session.held.clear();
    this.lose(session);
    await session.client.end().catch(() => undefined);
  }

  private async open(): Promise<Session> {
    if (this.session !== undefined) return this.session;
    this.opening ??= this.connect().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async connect(): Promise<Session> {
    const client = new Client({
      connectionString: this.options.url,
      application_name: this.options.applicationName,
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
      options: serverKeepalive,
    });
    let session: Session | undefined;
    client.on('error', () => session && this.lose(session));
    client.on('end', () => session && this.lose(session));
    const startedAt = performance.now();
    try {
      await client.connect();
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    const opened: Session = {
      client,
      held: new Set(),
      provedAt: startedAt,
      beat: setInterval(() => void this.beat(opened), beatMs).unref(),
    };
    session = opened;
    this.session = opened;
    return opened;
  }

  private async beat(session: Session): Promise<void> {
    const sentAt = performance.now();
    try {
      await session.client.query('select 1');
      session.provedAt = sentAt;
    } catch {
      this.lose(session);
    }
  }

  private lose(session: Session): void {
    clearInterval(session.beat);
    if (this.session !== session) return;
    this.session = undefined;
    void session.client.end().catch(() => undefined);
    const names = [...session.held];
    session.held.clear();
    if (names.length > 0) this.options.onLost(names);
  }
}
