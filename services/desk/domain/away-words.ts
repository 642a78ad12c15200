import type { Colleague } from './agency.js';
import { dayWords } from '#libs/calendar/day-words.js';

type Away = Pick<Colleague, 'awayFrom' | 'awayUntil'>;

/** Whether the agency's own list says that a person is away on this day. Each day named is included. */
export const isAway = ({ awayFrom, awayUntil }: Away, today: string): boolean =>
  (awayFrom !== undefined || awayUntil !== undefined) &&
  (awayFrom === undefined || awayFrom <= today) &&
  (awayUntil === undefined || today <= awayUntil);

/** An absence of now or to come; nothing of one that is over. */
export function awayWords({ awayFrom, awayUntil }: Away, today: string): string {
  if (awayUntil !== undefined && awayUntil < today) return '';
  const until = awayUntil === undefined ? '' : ` until ${dayWords(awayUntil)}`;
  if (awayFrom === undefined) return until === '' ? '' : `Away${until}`;
  return `Away from ${dayWords(awayFrom)}${until}`;
}
