import type { ReminderKind } from '#libs/contracts/service-forms.js';
import { addDays } from '#libs/calendar/local-date.js';
import type { CaseEvent } from './case-event.js';
import type { Counting, Ending } from './reminder.js';
import type { ReminderRules } from './reminder-rules.js';

/** Something that reminders are counted from: a care plan's series, an interview, an appointment, a consent that will lapse. */
export interface Commitment extends Counting {
  /** What later events name it by: the offer of an appointment, the form of a consent. */
  readonly ref?: string;
  /** Undefined while it stands. */
  readonly ending?: Ending;
  /** It ended because the matter that it serves is over. It stands again when the matter goes on. */
  readonly isResting?: true;
  /** Of a series: the occurrences up to this one have happened, and the series goes on. */
  readonly settled?: number;
}

export type Commitments = readonly Commitment[];

/** What an event is read against: the rules, and the other events of its case. */
export interface Around {
  readonly rules: ReminderRules;
  readonly eventOf: (id: string) => CaseEvent | undefined;
}

export type Apply = (before: Commitments, event: CaseEvent, around: Around) => Commitments;
type Matches = (each: Commitment) => boolean;

/** Ends for good what matches and stands, or rests. */
export function end(before: Commitments, ending: Ending, matches: Matches): Commitments {
  return before.map((each) => {
    if ((each.ending !== undefined && each.isResting !== true) || !matches(each)) return each;
    const { isResting: _over, ...ended } = each;
    return { ...ended, ending };
  });
}

/** Ends what matches until the matter that it serves goes on. */
export function rest(before: Commitments, matches: Matches): Commitments {
  return before.map((each) =>
    each.ending === undefined && matches(each)
      ? { ...each, ending: 'ended', isResting: true }
      : each,
  );
}

/** The matter goes on: what rests and matches stands again. */
export function revive(before: Commitments, matches: Matches): Commitments {
  return before.map((each) => {
    if (each.isResting !== true || !matches(each)) return each;
    const { ending: _ended, isResting: _over, ...standing } = each;
    return standing;
  });
}

/** A commitment to one thing on one day. */
export function once(
  kind: ReminderKind,
  event: CaseEvent,
  { party, anchorOn, ref }: { party: string; anchorOn: string; ref?: string | undefined },
): Commitment {
  const counting = { kind, anchor: event.id, party, anchorOn, everyWeeks: 0, repeats: false };
  return ref === undefined ? counting : { ...counting, ref };
}

export const firstDueOn = ({ anchorOn, everyWeeks }: Counting): string =>
  addDays(anchorOn, 7 * everyWeeks);

/** The lapse of the consent that a party took on a form. */
export const isLapse = (each: Commitment, form: string | undefined, party: string): boolean =>
  each.kind === 'consent-lapse' && each.ref === form && each.party === party;
