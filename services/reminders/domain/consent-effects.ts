import { addDays } from '#libs/calendar/local-date.js';
import { londonDate } from '#libs/calendar/london-time.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { CaseEvent } from './case-event.js';
import { type Apply, type Commitments, end, isLapse, once, rest, revive } from './commitment.js';
import { dateFact, isSetFact, textFact } from './facts.js';

/** The referral is over for the referrer on this side: its consent asks for nothing more, until the referral goes on. */
const over =
  (side: 'sender' | 'recipient'): Apply =>
  (before, event) =>
    rest(before, (each) => isLapse(each, 'TPR1', event[side]));
const goesOn =
  (side: 'sender' | 'recipient'): Apply =>
  (before, event) =>
    revive(before, (each) => isLapse(each, 'TPR1', event[side]));

/** The lapse of a consent, in place of the lapse of the one before; 12 months on where no end is named. */
function lapseOf(
  before: Commitments,
  event: CaseEvent,
  { form, party }: { readonly form: string; readonly party: string },
): Commitments {
  const anchorOn = dateFact(event, 'validUntil') ?? addDays(londonDate(event.recordedAt), 365);
  return [
    ...end(before, 'counted-anew', (each) => isLapse(each, form, party)),
    once('consent-lapse', event, { party, anchorOn, ref: form }),
  ];
}

/** Nothing of the form is kept: the party's own consent on it asks for no renewal any more. */
function endLapse(before: Commitments, withdrawal: CaseEvent, party: string): Commitments {
  if (isSetFact(withdrawal, 'keep')) return before;
  return end(before, 'ended', (each) => isLapse(each, textFact(withdrawal, 'form'), party));
}

/**
 * Consents that will lapse: each is warned of to the party that took it, each form on its own. What one agency recorded at home changes
 * nothing that another is reminded of: it would tell.
 */
export const consentEffects = {
  'consent.recorded': (before, event) => {
    const form = textFact(event, 'form');
    const party = event.sender;
    if (form === undefined) return before;
    if (textFact(event, 'decision') !== 'given')
      // A refusal binds its own scope, which is not known here. The DPA1 has but one: the record.
      return form === 'DPA1' ? end(before, 'ended', (each) => isLapse(each, form, party)) : before;
    return lapseOf(before, event, { form, party });
  },
  // The job centre keeps its record by it: it is warned as if it had taken the DPA1.
  'dpa1.returned': (before, event) =>
    lapseOf(before, event, { form: 'DPA1', party: event.recipient }),
  // What rests on the client's consent to share ends; the provider's own series about its own client does not.
  'consent.withdrawn': (before, event) => {
    const form = textFact(event, 'form');
    const lapsed = endLapse(before, event, event.sender);
    const keepsReviews = form !== 'TPR2' || isSetFact(event, 'keep', 'three-way-review');
    return keepsReviews
      ? lapsed
      : end(lapsed, 'ended', ({ kind }) => kind === 'review-appointment' || kind === 'next-review');
  },
  // An agency that took a consent of its own learns of a withdrawal elsewhere by this alone. One that kept nothing says so (`keep` is there).
  'instruction.stop-using': (before, event, { eventOf }) => {
    if (event.facts['keep'] !== undefined) return endLapse(before, event, event.recipient);
    const withdrawal = event.cause === undefined ? undefined : eventOf(event.cause);
    return withdrawal?.name === 'consent.withdrawn'
      ? endLapse(before, withdrawal, event.recipient)
      : before;
  },
  'referral.declined': over('recipient'),
  'referral.cancelled': over('sender'),
  'absence.nothing-more': over('sender'),
  'exit.nothing-more': over('sender'),
  'referral.requested': goesOn('sender'),
  'referral.acknowledged': goesOn('recipient'),
  'appointment.booked': goesOn('recipient'),
  'appointment.attended': goesOn('recipient'),
} as const satisfies Partial<Record<MessageName, Apply>>;
