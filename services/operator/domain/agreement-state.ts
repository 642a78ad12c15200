import { addDays } from '#libs/calendar/local-date.js';
import type { Agreements } from '#libs/contracts/ask-agreements.js';

/** How a pair of agencies stands. `missing`: messages have passed between them, and no agreement was ever put. */
export type AgreementState = 'current' | 'lapses soon' | 'lapsed' | 'ended' | 'missing';

export interface AgreementLine {
  readonly agencies: readonly [string, string];
  readonly state: AgreementState;
  readonly offices?: readonly [string, string];
  readonly until?: string;
}

/** As long before its last day as both sides are warned for the first time. */
const soonDays = 56;

/** Every agreement, as it stands on `today`, and the pairs of agencies that have none. One between any of their offices is enough. */
export function agreementLines(
  { agreements, exchanged }: Agreements,
  today: string,
): readonly AgreementLine[] {
  const put = agreements.map(({ agencies, offices, until, active }): AgreementLine => ({
    agencies,
    state: stateOf(until, active, today),
    offices,
    until,
  }));
  const known = new Set(agreements.map(({ agencies }) => pairOf(agencies)));
  const missing = exchanged
    .filter((agencies) => !known.has(pairOf(agencies)))
    .map((agencies): AgreementLine => ({ agencies, state: 'missing' }));
  return [...put, ...missing];
}

function stateOf(until: string, active: boolean, today: string): AgreementState {
  if (!active) return 'ended';
  if (until < today) return 'lapsed';
  return until <= addDays(today, soonDays) ? 'lapses soon' : 'current';
}

const pairOf = (agencies: readonly string[]): string => agencies.toSorted().join(' ');
