import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { connectDatabase } from '#libs/postgres/connect-database.js';

/**
 * An instance whose sessions have asked nothing for so long is taken for stopped (SIGSTOP, a virtual machine on hold): it still holds its
 * leases and its clients' locks, since its connections stand. A live one asks at least every second. More than `deliverWithinMs`: nothing
 * that a silent instance judged can still be begun to be delivered when its sessions end.
 */
const silentMs = 6_000;

const lookSql = `with session as (
    select pid, split_part(application_name, ' ', 2) as instance, coalesce(query_start, backend_start) as asked_at
    from pg_stat_activity where datname = current_database() and application_name like 'consent-guard%'
  ), instance as (
    select instance as id, max(asked_at) > clock_timestamp() - $2 * interval '1 ms' or instance = $1 as is_alive
    from session where instance ~ '^[0-9a-f-]{36}$' group by 1
  ), ended as (
    select pg_terminate_backend(pid) as done from session join instance on instance.id = session.instance where not is_alive
  )
  select (select count(*) from instance where is_alive) as alive, (select count(*) from ended where done) as ended`;

/**
 * The instances at work, as PostgreSQL itself sees them: each names its sessions after itself. What a stopped instance held goes with its
 * sessions, and so does whatever it had not committed; continued, it finds its connections broken and begins anew.
 */
export class InstanceSessions {
  readonly instance = randomUUID();
  /** Of its own: batches that wait for what a silent instance holds may have taken every connection of the other pool. */
  readonly pool: Pool;

  constructor(url: string, onError: (error: Error) => void) {
    this.pool = connectDatabase({
      url,
      applicationName: this.nameOf('consent-guard-shares'),
      max: 1,
      onError,
    });
  }

  /** An `application_name`: at most 63 bytes count. */
  nameOf(purpose: string): string {
    return `${purpose} ${this.instance}`;
  }

  /** Ends the sessions of silent instances. @returns how many instances are alive, this one included, and how many sessions were ended. */
  async look(): Promise<{ readonly alive: number; readonly ended: number }> {
    const { rows } = await this.pool.query<{ alive: number; ended: number }>(lookSql, [
      this.instance,
      silentMs,
    ]);
    return rows[0] ?? { alive: 1, ended: 0 };
  }
}
