import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { underClientLock } from './client-lock.js';
import { RepeatingWork } from './repeating-work.js';
import type { WithdrawalDesk } from './withdrawal.desk.js';

const sweepMs = 5_000;
const failure = 'a withdrawal could not be carried out now';

/**
 * Carries out withdrawals that were recorded and not carried out. The withdrawal's own message comes again after a crash and sees to it
 * first; what fails there in a way that does not pass ends among the dead letters, and then only this is left to see to it.
 */
export class WithdrawalSweep {
  private readonly work: RepeatingWork;

  constructor(
    private readonly parts: {
      readonly pool: Pool;
      readonly desk: WithdrawalDesk;
      readonly log: Logger;
    },
  ) {
    this.work = new RepeatingWork({
      everyMs: sweepMs,
      log: parts.log,
      failure,
      run: () => this.sweep(),
    });
  }

  start(): void {
    this.work.start();
  }

  stop(): Promise<void> {
    return this.work.stop();
  }

  private async sweep(): Promise<void> {
    const { pool, desk, log } = this.parts;
    const { rows } = await pool.query<{ id: string; client: string }>(
      'select id, client from open_withdrawal order by at',
    );
    for (const { id, client } of rows) {
      // Where a batch has it in hand, nothing is left to do once that is through. One that waits for its broker keeps no other waiting.
      const carriedOut = underClientLock(pool, client, (db) =>
        desk.carryOut(db, { withdrawalId: id, client }),
      );
      await carriedOut.catch((error: unknown) => log.warn({ err: error }, failure));
    }
  }
}
