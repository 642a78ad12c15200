import { daysBetween } from '#libs/calendar/local-date.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import type { ReminderKind } from '#libs/contracts/service-forms.js';
import type { CaseEvent } from './case-event.js';
import {
  type Apply,
  type Commitment,
  type Commitments,
  end,
  isLapse,
  rest,
  revive,
} from './commitment.js';
import { dateFact, textFact, weeksFact } from './facts.js';

const treatment: ReadonlySet<ReminderKind> = new Set([
  'care-plan-review',
  'review-appointment',
  'next-review',
  'outcome-profile',
]);

/** The provider's own series about its own client: care plan reviews, outcome profiles, until the exit. */
export const treatmentEffects = {
  'careplan.agreed': (before, event, { rules }) => {
    const anchorOn = dateFact(event, 'agreedOn');
    if (anchorOn === undefined) return before;
    const isOwn = (kind: ReminderKind) => (each: Commitment) =>
      each.kind === kind && each.party === event.sender;
    const counting = { anchor: event.id, party: event.sender, anchorOn, repeats: true };
    const review: Commitment = {
      ...counting,
      kind: 'care-plan-review',
      everyWeeks: weeksFact(event, 'reviewWeeks') ?? rules.reviewWeeks,
    };
    const profile: Commitment = {
      ...counting,
      kind: 'outcome-profile',
      everyWeeks: rules.profileWeeks,
    };
    // A new plan every 12 weeks would put a quarter that is counted from the last plan off for ever.
    const hasProfiles = before.some(
      (each) => each.ending === undefined && isOwn('outcome-profile')(each),
    );
    return [
      // A plan means treatment, again perhaps: the consent to share is worth renewing.
      ...revive(end(before, 'counted-anew', isOwn('care-plan-review')), (each) =>
        isLapse(each, 'TPR2', event.sender),
      ),
      review,
      ...(hasProfiles ? [] : [profile]),
    ];
  },
  'careplan.reviewed': (before, event) => reanchor(before, event, event.sender),
  'outcome-profile.recorded': (before, event) => {
    const on = dateFact(event, 'on');
    if (on === undefined) return before;
    return before.map((each) => {
      const isOwn = each.kind === 'outcome-profile' && each.party === event.sender;
      if (!isOwn || each.ending !== undefined) return each;
      return { ...each, settled: Math.max(each.settled ?? 0, nearestOccurrence(each, on)) };
    });
  },
  // The referral is over for who was told, and only for them.
  'exit.notified': (before, event) =>
    isLikelyOnly(event)
      ? before
      : rest(leave(before, event), (each) => isLapse(each, 'TPR1', event.recipient)),
  'exit.recorded': leave,
} as const satisfies Partial<Record<MessageName, Apply>>;

/** An exit that is only likely ends nothing. */
const isLikelyOnly = (event: CaseEvent): boolean => textFact(event, 'exit') === 'unplanned-likely';

/** The client has left treatment: the provider's reminders stop, the claim's run on. */
function leave(before: Commitments, event: CaseEvent): Commitments {
  if (isLikelyOnly(event)) return before;
  const left = end(
    before,
    'ended',
    (each) => each.party === event.sender && treatment.has(each.kind),
  );
  return rest(left, (each) => isLapse(each, 'TPR2', event.sender));
}

/** A review was held: the series is counted from the last one held. A report of an earlier day changes nothing. */
export function reanchor(before: Commitments, event: CaseEvent, party: string): Commitments {
  const anchorOn = dateFact(event, 'heldOn');
  const series = before.find(
    (each) => each.ending === undefined && each.kind === 'care-plan-review' && each.party === party,
  );
  if (anchorOn === undefined || series === undefined || anchorOn <= series.anchorOn) return before;
  return [
    ...end(before, 'counted-anew', (each) => each === series),
    { ...series, anchor: event.id, anchorOn },
  ];
}

/** The occurrence of a series whose day is nearest to `on`; 0 where that is the day that it is counted from, or earlier. */
function nearestOccurrence({ anchorOn, everyWeeks }: Commitment, on: string): number {
  return Math.max(0, Math.round(daysBetween(anchorOn, on) / (7 * everyWeeks)));
}
