import type { ConsentsShown } from '#libs/contracts/ask.js';
import { type CaseFile, otherEnd, partyName } from './case-file.js';
import { categoryWords, purposeWords } from './consent-words.js';
import { offByDefault } from '#libs/contracts/purposes.js';
import { dayWords } from '#libs/calendar/day-words.js';
import { londonDate } from '#libs/calendar/london-time.js';

type Line = ConsentsShown['consents'][number];

const decisionWords: Readonly<Record<Line['decision'], string>> = {
  given: 'Yes',
  refused: 'No',
  withdrawn: 'Taken back',
};

/** `role:treatment@district` reads as whoever serves it. Of an agency with several offices the case shows the one that is in it. */
function whoOf(file: CaseFile, id: string): string {
  if (id.startsWith('role:')) return 'whoever serves the area';
  if (id === file.agency.id) return file.agency.offices[0]?.name ?? id;
  const name = partyName(file, id);
  if (name !== id) return name;
  const others = new Set(file.view.messages.map((message) => otherEnd(message, file)));
  const [other, ...more] = [...others].map((each) => partyName(file, each)).filter(isOffice);
  return other === undefined || more.length > 0 ? 'another agency' : other;
}

const isOffice = (name: string): boolean =>
  !name.startsWith('the mesh') && !name.startsWith('whoever');

/** The last day of a consent, `YYYY-MM-DD`: it ends with that day, at the midnight that the mesh gives. */
export const lastDay = (validUntil: string): string =>
  londonDate(new Date(new Date(validUntil).getTime() - 1));

/** The consents line by line, as the mesh tells this agency. */
export function consentLines({ consents }: ConsentsShown, file: CaseFile) {
  return consents.map((line) => ({
    decision: decisionWords[line.decision],
    isYes: line.decision === 'given',
    what:
      line.from === line.to
        ? `${whoOf(file, line.from)}: ${purposeWords[line.purpose]}`
        : `${whoOf(file, line.from)} may tell ${whoOf(file, line.to)}: ${purposeWords[line.purpose]}`,
    until: line.decision === 'given' ? `until ${dayWords(lastDay(line.validUntil))}` : '',
    form: line.form,
    // Off unless the client ticked it: to name it each time would make it look like the client's wish.
    excluded: line.excludedCategories
      .filter((name) => !offByDefault.some((each) => each === name))
      .map((name) => categoryWords[name as keyof typeof categoryWords] ?? name)
      .join('; '),
  }));
}
