import type { Kysely } from 'kysely';
import { londonDate } from '#libs/calendar/london-time.js';
import type { CaseState, Telling } from '../domain/case-state.js';
import { noticeId, noticeMessage } from '../domain/compose-message.js';
import { findPerson } from '../domain/find-person.js';
import { loadDirectory } from './directory.store.js';
import { askNotices, namesOf } from './notice.store.js';
import type { RouterTables } from './router-tables.js';

/** Asks for the notices of a case: of one kind about one message a person gets one, whatever they are there. */
export async function tellPeople(
  tx: Kysely<RouterTables>,
  caseId: string,
  { tellings, namings }: Pick<CaseState, 'tellings' | 'namings'>,
  now: Date,
): Promise<void> {
  if (tellings.length === 0) return;
  const directory = await loadDirectory(tx, ...namesOf(tellings, namings));
  const told = new Set<string>();
  const notices = tellings.flatMap((telling) => {
    const person = findPerson(telling.holder, namings, directory, londonDate(now));
    const key = `${telling.kind} ${telling.cause} ${person}`;
    // Whom the directory does not know gets no mail; the step stands on the worklist.
    if (directory.person(person) === undefined || told.has(key)) return [];
    told.add(key);
    const message = noticeMessage(noticeId(telling), requestOf(telling, person), now);
    return [{ caseId, person, told: [person], ...message }];
  });
  await askNotices(tx, notices);
}

function requestOf(telling: Telling, person: string) {
  const { kind, cause, step, dueOn, clientWasTold, nextInterviewOn } = telling;
  return {
    kind,
    cause,
    person,
    ...(step === undefined ? {} : { step }),
    ...(dueOn === undefined ? {} : { dueOn }),
    ...(clientWasTold === undefined ? {} : { clientWasTold }),
    ...(nextInterviewOn === undefined ? {} : { nextInterviewOn }),
  };
}
