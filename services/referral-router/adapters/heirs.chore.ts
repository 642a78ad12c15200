import type { Transaction } from 'kysely';
import { londonDate } from '#libs/calendar/london-time.js';
import { inheritedId, noticeMessage } from '../domain/compose-message.js';
import { heirsOf } from '../domain/find-heirs.js';
import { stepsNear, takeAbsence } from './absence.store.js';
import { loadNamings } from './case.store.js';
import { loadDirectory } from './directory.store.js';
import { askNotices, namesOf } from './notice.store.js';
import type { RouterTables } from './router-tables.js';

/** What one notice names; who has more sees them on the worklist. */
const mostCases = 100;

/** Tells those who have the steps of a person that is away since today: each in one notice, with the cases. @returns how many absences */
export async function tellHeirs(tx: Transaction<RouterTables>, now: Date): Promise<number> {
  const today = londonDate(now);
  const absence = await takeAbsence(tx, today);
  if (absence === undefined) return 0;
  const { person, cause } = absence;
  const held = await stepsNear(tx, person);
  const namings = await loadNamings(tx, [...new Set(held.map(({ caseId }) => caseId))]);
  const [parties, people] = namesOf(held, [...namings.values()].flat());
  const directory = await loadDirectory(tx, parties, [...people, person]);
  const heirs = heirsOf(person, held, {
    namingsOf: (caseId) => namings.get(caseId) ?? [],
    directory,
    today,
  });
  await askNotices(
    tx,
    [...heirs].map(([heir, cases]) => {
      const data = {
        kind: 'steps-inherited' as const,
        cause,
        person: heir,
        cases: cases.slice(0, mostCases),
      };
      return { person: heir, told: [heir], ...noticeMessage(inheritedId(cause, heir), data, now) };
    }),
  );
  return 1;
}
