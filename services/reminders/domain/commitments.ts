import type { MessageName } from '#libs/contracts/message-table.js';
import type { CaseEvent } from './case-event.js';
import { agreementEffects } from './agreement-effects.js';
import { claimEffects } from './claim-effects.js';
import { type Apply, type Around, type Commitments, end } from './commitment.js';
import { consentEffects } from './consent-effects.js';
import type { ReminderRules } from './reminder-rules.js';
import { reviewEffects } from './review-effects.js';
import { treatmentEffects } from './treatment-effects.js';

const effects: Partial<Record<MessageName, Apply>> = {
  ...treatmentEffects,
  ...reviewEffects,
  ...claimEffects,
  ...consentEffects,
  ...agreementEffects,
};

/** Followed for what others cite of them: they move nothing by themselves. */
const cited: readonly MessageName[] = ['review.offered'];

/** The types that reminders counts from, or that end a reminder, or that such a message cites. */
export const followed: ReadonlySet<string> = new Set([...Object.keys(effects), ...cited]);

/**
 * What a case's events, taken in the guard's order, commit to. It depends on the set of events only, not on the order in which they came
 * or how often: a late one has the effect it would have had in its place.
 */
export function commitmentsOf(events: readonly CaseEvent[], rules: ReminderRules): Commitments {
  const cleared = new Map(
    events.filter(({ verdict }) => verdict === 'cleared').map((event) => [event.id, event]),
  );
  const around: Around = { rules, eventOf: (id) => cleared.get(id) };
  return [...events]
    .sort((a, b) => a.seq - b.seq)
    .reduce<Commitments>((before, event) => applyEvent(before, event, around), []);
}

function applyEvent(before: Commitments, event: CaseEvent, around: Around): Commitments {
  if (event.verdict === 'stopped') return end(before, 'ended', ({ anchor }) => anchor === event.id);
  return effects[event.name]?.(before, event, around) ?? before;
}
