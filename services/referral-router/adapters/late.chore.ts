import type { Transaction } from 'kysely';
import type { StepClocks } from '../domain/due-date.js';
import { tellLate } from '../domain/keep-waits.js';
import { lockCase, tellCase } from './case.store.js';
import { tellPeople } from './notice.teller.js';
import type { RouterTables } from './router-tables.js';
import { noteLateTold, takeLapsed } from './wait.store.js';

/** Makes answers that did not come the waiting party's own step, and tells its owner: a case at a time. @returns how many cases */
export async function tellLateAnswers(
  tx: Transaction<RouterTables>,
  now: Date,
  clocks: StepClocks,
): Promise<number> {
  const caseId = await takeLapsed(tx, now);
  if (caseId === undefined) return 0;
  const state = await tellCase(tx, await lockCase(tx, caseId), clocks, now);
  const late = await noteLateTold(tx, caseId);
  await tellPeople(tx, caseId, { ...state, tellings: tellLate(state, late) }, now);
  return 1;
}
