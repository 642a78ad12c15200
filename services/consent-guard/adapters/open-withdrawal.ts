import type { PoolClient } from 'pg';
import type { Line } from '../domain/rests-on-lines.js';

export interface WithdrawalToCarryOut {
  readonly withdrawalId: string;
  readonly client: string;
}

export interface OpenWithdrawal extends WithdrawalToCarryOut {
  readonly lines: readonly Line[];
  readonly at: Date;
  /** The client still says yes, to less: a form says one thing of all its lines. */
  readonly isLimited: boolean;
  /** An earlier attempt may have taken back what it did not write down. */
  readonly isBegun: boolean;
}

/** The lines as they were withdrawn: decided again after a crash, the withdrawal finds them withdrawn already. Undefined: carried out. */
export async function readOpenWithdrawal(
  db: PoolClient,
  { withdrawalId, client }: WithdrawalToCarryOut,
): Promise<OpenWithdrawal | undefined> {
  const { rows } = await db.query<{ body: { lines: readonly Line[]; isBegun?: true }; at: Date }>(
    'select body, at from open_withdrawal where id = $1',
    [withdrawalId],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { lines, isBegun } = row.body;
  return {
    withdrawalId,
    client,
    lines,
    at: row.at,
    isLimited: lines.some(({ ruledOut }) => ruledOut !== undefined),
    isBegun: isBegun === true,
  };
}
