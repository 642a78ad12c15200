import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { WithdrawalDesk } from './withdrawal.desk.js';

const sweepMs = 5_000;

/**
 * Carries out withdrawals that were recorded and not carried out. The withdrawal's own message comes again after a crash and sees to it
 * first; what fails there in a way that does not pass ends among the dead letters, and then only this is left to see to it.
 */
export class WithdrawalSweep {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly parts: { readonly pool: Pool; readonly desk: WithdrawalDesk; readonly log: Logger }) {}

  start(): void {
    this.timer ??= setInterval(() => this.wake(), sweepMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private wake(): void {
    this.running ??= this.sweep()
      .catch((error: unknown) => this.parts.log.warn({ err: error }, 'a withdrawal could not be carried out now'))
      .finally(() => (this.running = undefined));
  }

  private async sweep(): Promise<void> {
    const { rows } = await this.parts.pool.query<{ id: string; client: string }>(
      'select id, client from open_withdrawal order by at limit 100',
    );
    for (const { id, client } of rows) await this.carryOut(id, client);
  }

  private async carryOut(withdrawalId: string, client: string): Promise<void> {
    const db = await this.parts.pool.connect();
    try {
      // Waits for the batch that has it in hand, if one has; then there is nothing left to do.
      await db.query('select pg_advisory_lock(hashtextextended($1, 7))', [client]);
      await this.parts.desk.carryOut(db, { withdrawalId, client });
      await db.query('select pg_advisory_unlock_all()');
      db.release();
    } catch (error) {
      db.release(true);
      throw error;
    }
  }
}
