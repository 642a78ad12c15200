import type { NoticeKind } from '#libs/contracts/notices.js';
import { type Directory, isInOffice, standIns } from './find-person.js';

/** A notice whose mail did not reach its person. `told`: everybody this was for, first to last, the person included. */
export interface TroubledNotice {
  readonly person: string;
  readonly told: readonly string[];
}

/** The person, then a colleague, then the team leader: after that the step on the worklist must do. */
const mostTold = 3;

const kinds: Readonly<Record<string, NoticeKind>> = {
  held: 'colleague-mail-held',
  failed: 'mail-failed',
};

/**
 * Who is told that a mail was held or failed: the person's deputy; where that mail itself meets trouble, the team leader, once; then
 * nobody, so that it never loops. Nobody is told twice.
 * @returns undefined when the mail was accepted, or nobody is left to tell
 */
export function answerMailTrouble(
  outcome: string,
  { person, told }: TroubledNotice,
  directory: Directory,
  today: string,
): { readonly kind: NoticeKind; readonly person: string } | undefined {
  const kind = Object.hasOwn(kinds, outcome) ? kinds[outcome] : undefined;
  const party = directory.person(told[0] ?? person)?.party;
  if (kind === undefined || party === undefined || told.length >= mostTold) return undefined;
  const leader = directory.party(party)?.teamLeader;
  const candidates =
    told.length === 1
      ? standIns(person, party, directory, today)
      : leader === undefined
        ? []
        : [leader];
  const next = candidates.find(
    (each) => !told.includes(each) && isInOffice(directory.person(each), today),
  );
  return next === undefined ? undefined : { kind, person: next };
}
