import { momentWords } from '#libs/calendar/day-words.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { Posted } from './form-values.js';
import { actionWords } from './message-words.js';

/** A form of a case that somebody put aside. Its id is the one that its message will have. */
export interface SavedForm {
  readonly id: string;
  readonly caseId: string;
  /** Of the case, as people say it. */
  readonly reference: string;
  readonly page: MessageName;
  readonly posted: Posted;
  readonly keptUntil: Date;
}

/** Answered for good by the press of a button: not what somebody wrote. */
const ofThePage: ReadonlySet<string> = new Set(['csrf', 'later', 'seen', 'tap']);

export const writtenIn = (posted: Posted): Posted =>
  Object.fromEntries(Object.entries(posted).filter(([name]) => !ofThePage.has(name)));

/** Where it is to be gone on with. */
export const addressOfSaved = ({ caseId, page, id }: Omit<SavedForm, 'keptUntil'>): string =>
  page === 'consent.recorded'
    ? `/cases/${caseId}/consent?id=${id}`
    : `/cases/${caseId}/do/${page}?id=${id}`;

/** A line of a list. It names no client. */
export const savedRow = (saved: SavedForm) => ({
  what: titleOf(saved),
  reference: saved.reference,
  until: momentWords(saved.keptUntil.toISOString()),
  href: addressOfSaved(saved),
});

const titleOf = ({ page }: SavedForm): string =>
  page === 'consent.recorded' ? 'Seek consent' : actionWords(page);

/** On the form itself. */
export const savedWords = (saved: SavedForm | undefined): string =>
  saved === undefined
    ? ''
    : `You saved this for later, and it has not gone. You alone find it, here and on Today, until ${momentWords(saved.keptUntil.toISOString())}.`;
