import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import { londonDate } from '#libs/calendar/london-time.js';
import type { Holidays } from '#libs/calendar/bank-holidays.js';
import { noticeId, noticeMessage } from '../domain/compose-message.js';
import { isPastLeader, levelOf, nextLevel, personAt } from '../domain/escalate-step.js';
import { loadNamings } from './case.store.js';
import { loadDirectory } from './directory.store.js';
import { type NewNotice, askNotices, namesOf } from './notice.store.js';
import type { RouterTables } from './router-tables.js';
import { type StoredStep, saveEscalation, takeOverdue } from './step.store.js';

const batch = 100;

/** Tells the next level of each step whose day is over, in a batch. @returns how many steps */
export async function chaseOverdue(
  tx: Transaction<RouterTables>,
  now: Date,
  holidays: Holidays,
): Promise<number> {
  const today = londonDate(now);
  const steps = await takeOverdue(tx, today, batch);
  const namings = await loadNamings(
    tx,
    steps.map(({ caseId }) => caseId),
  );
  const directory = await loadDirectory(tx, ...namesOf(steps, [...namings.values()].flat()));
  for (const step of steps) {
    const level = nextLevel(step, holidays);
    const people = { namings: namings.get(step.caseId) ?? [], directory, today };
    const person = personAt(levelOf(level.told), step, people);
    await saveEscalation(tx, step, level);
    if (isPastLeader(level)) await countPastLeader(tx, step, today);
    if (person !== undefined && directory.person(person) !== undefined)
      await askNotices(tx, [overdueNotice(step, level.told, person, now)]);
  }
  return steps.length;
}

function overdueNotice(
  { caseId, cause, step, holder, dueOn }: StoredStep,
  told: number,
  person: string,
  now: Date,
): NewNotice {
  const kind = 'step-overdue';
  const escalation = levelOf(told);
  const id = noticeId({ kind, cause, holder }, `${step}/${escalation}`);
  return {
    caseId,
    person,
    told: [person],
    ...noticeMessage(id, { kind, cause, person, step, dueOn, escalation }, now),
  };
}

/** For the figures: that there was such a step at this party; neither case nor step is named. */
async function countPastLeader(
  tx: Transaction<RouterTables>,
  { cause, step, holder }: StoredStep,
  today: string,
): Promise<void> {
  const id = createHash('sha256').update(`${cause}/${step}/${holder.party}`).digest('hex');
  await tx
    .insertInto('past_leader')
    .values({ id, party: holder.party, since: today })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
