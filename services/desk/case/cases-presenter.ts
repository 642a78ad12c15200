import { londonDate } from '#libs/calendar/london-time.js';
import type { OwnCases } from '#libs/contracts/ask-router.js';
import { dayWords } from '#libs/calendar/day-words.js';
import { referenceOf } from '../domain/reference.js';
import { answerWords, stepWords } from '../domain/step-words.js';

type Line = NonNullable<OwnCases['cases'][number]['line']>;

function whereItStands(line: Line | undefined): string {
  if (line === undefined) return 'Where it stands cannot be shown at present';
  if (line.next !== undefined) return stepWords[line.next];
  if (line.waitingFor !== undefined) return `Waiting for ${answerWords[line.waitingFor]}`;
  return line.state === 'ended' ? 'Ended' : 'Nothing is open';
}

/** The office's cases, newest first. No client's name. @param typed a reference that led nowhere */
export function presentCases({ cases, next }: OwnCases, typed: string) {
  return {
    title: 'Cases',
    typed,
    rows: cases.map(({ case: id, shortReference, line, lastAt }) => ({
      reference: referenceOf({ shortReference }),
      stands: whereItStands(line),
      since: dayWords(londonDate(new Date(lastAt))),
      href: `/cases/${id}`,
    })),
    next: next === undefined ? '' : `/cases?before=${next}`,
  };
}
