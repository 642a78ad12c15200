import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';

/** One question for all who wait, this long after the answer to the one before. */
const pollMs = 20;

/**
 * A withdrawal is carried out when it is committed. Its confirmation waits for the notifier to have stopped the mail that it had taken, at most two
 * seconds: then it is given without (README, "What a withdrawal does").
 */
export const isCarriedOut = `not (r.name in ('consent.recorded', 'consent.withdrawn') and exists (
  select 1 from delivery d where d.client = r.client and d.root = r.id and d.recipient = 'svc_notifier' and d.id <> r.id
    and d.state = 'open' and d.put_at > clock_timestamp() - interval '2 s'))`;

/** A message that is neither the asker's nor theirs to see is looked up as one that is not there, so that the clock does not tell them apart. */
const decidedSql = `with w as (select * from unnest($1::uuid[], $2::text[]) w (id, party))
  select w.id::text as id, w.party from w join record r on r.id = w.id and r.ordinal = 0 where ${isCarriedOut}
    and (r.sender = w.party or exists (select 1 from record o where o.id = w.id and o.recipient = w.party))
  union all select d.message::text, d.party from dead_letter d join w on d.message = w.id and d.party = w.party`;

interface Waiting {
  readonly id: string;
  readonly party: string;
  readonly endsAt: number;
  readonly resolve: (isDecided: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Waits for decisions, of many who ask, with one question to the database at a time: were each to look for itself, those who wait would take
 * the database from those who decide.
 */
export class DecisionWatch {
  private waiting: Waiting[] = [];
  private isRunning = false;

  constructor(private readonly pool: Pool) {}

  /**
   * Until that message of the party is decided and carried out, or could not be read.
   *
   * @param endsAt on the clock of `performance.now()`
   * @returns false when it is not by then
   * @throws what the database throws
   */
  until(id: string, party: string, endsAt: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ id: id.toLowerCase(), party, endsAt, resolve, reject });
      if (!this.isRunning) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      await delay(pollMs);
      await this.look(this.waiting.splice(0));
    }
    this.isRunning = false;
  }

  private async look(asked: readonly Waiting[]): Promise<void> {
    try {
      const decided = await this.decided(asked);
      const now = performance.now();
      for (const each of asked) {
        if (decided.has(`${each.id} ${each.party}`)) each.resolve(true);
        else if (now >= each.endsAt) each.resolve(false);
        else this.waiting.push(each);
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  private async decided(asked: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ id: string; party: string }>(decidedSql, [
      asked.map(({ id }) => id),
      asked.map(({ party }) => party),
    ]);
    return new Set(rows.map(({ id, party }) => `${id} ${party}`));
  }
}
