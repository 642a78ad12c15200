import type { MessageName } from '#libs/contracts/message-table.js';
import type { ReminderKind } from '#libs/contracts/service-forms.js';
import { type Apply, type Around, type Commitment, end, once } from './commitment.js';
import { dateFact, dayOfFact, textFact } from './facts.js';
import { reanchor } from './treatment-effects.js';

const moves: ReadonlySet<MessageName> = new Set(['review.moved']);
const answers: ReadonlySet<MessageName> = new Set([
  'review.moved',
  'review.offered',
  'review.declined',
  'review.not-held',
]);
const interviewKinds: Readonly<Record<string, ReminderKind>> = {
  '13-weeks': 'claim-interview-13',
  '26-weeks': 'claim-interview-26',
};

/** The three-way review: an accepted time is reminded of until it is held, moved or called off, and then the next one that was planned. */
export const reviewEffects = {
  'review.accepted': (before, event) => {
    const anchorOn = dayOfFact(event, 'startsAt');
    if (anchorOn === undefined) return before;
    const party = event.sender;
    return [
      ...end(before, 'counted-anew', (each) => isOf(each, 'review-appointment', party)),
      once('review-appointment', event, { party, anchorOn, ref: event.cause }),
    ];
  },
  'review.declined': (before, event, around) =>
    end(before, 'ended', isOffered(event.cause, moves, around)),
  'review.not-held': (before, event, around) =>
    end(before, 'ended', isOffered(event.cause, moves, around)),
  // The old time is off at once. The new one is reminded of when it is accepted.
  'review.moved': (before, event, around) =>
    end(before, 'ended', isOffered(event.cause, moves, around)),
  // It may name the request, the offer or the move.
  'review.cancelled': (before, event, around) =>
    end(before, 'ended', isOffered(event.cause, answers, around)),
  'review.held': (before, event, around) => {
    const held = end(before, 'happened', isOffered(event.cause, moves, around));
    const interview =
      event.facts['asInterview'] === true ? interviewOffered(event.cause, around) : undefined;
    const both =
      interview === undefined
        ? held
        : end(held, 'happened', (each) => isOf(each, interview, event.sender));
    // A three-way review is held at the care plan review: the provider it was told to counts anew from it.
    return reanchor(both, event, event.recipient);
  },
  'review.outcome': (before, event) => {
    const anchorOn = dateFact(event, 'nextReviewOn');
    const party = event.recipient;
    const others = end(before, 'counted-anew', (each) => isOf(each, 'next-review', party));
    return anchorOn === undefined
      ? others
      : [...others, once('next-review', event, { party, anchorOn })];
  },
  'review.requested': (before, event) =>
    end(before, 'happened', (each) => isOf(each, 'next-review', event.sender)),
  // The client is not known at the job centre: no review takes place there.
  'tpr2.no-trace': (before, event) =>
    end(before, 'ended', (each) => isOf(each, 'review-appointment', event.recipient)),
} as const satisfies Partial<Record<MessageName, Apply>>;

const isOf = (each: Commitment, kind: ReminderKind, party: string): boolean =>
  each.kind === kind && each.party === party;

/** The mandatory interview that the offer names, where it names one. */
function interviewOffered(
  offer: string | undefined,
  { eventOf }: Around,
): ReminderKind | undefined {
  const told = offer === undefined ? undefined : eventOf(offer);
  const named = told === undefined ? undefined : textFact(told, 'interview');
  return named !== undefined && Object.hasOwn(interviewKinds, named)
    ? interviewKinds[named]
    : undefined;
}

/** The appointment whose offer goes back, over messages of these types, to the same message as `cited`. */
function isOffered(
  cited: string | undefined,
  over: ReadonlySet<MessageName>,
  around: Around,
): (each: Commitment) => boolean {
  const root = rootOf(cited, over, around);
  return (each) => each.kind === 'review-appointment' && rootOf(each.ref, over, around) === root;
}

/** Back from a message over those that it cites, as long as they are of the types given. Each must be older: so there is an end. */
function rootOf(
  id: string | undefined,
  over: ReadonlySet<MessageName>,
  around: Around,
): string | undefined {
  const event = id === undefined ? undefined : around.eventOf(id);
  if (event?.cause === undefined || !over.has(event.name)) return id;
  const before = around.eventOf(event.cause);
  return before === undefined || before.seq < event.seq ? rootOf(event.cause, over, around) : id;
}
