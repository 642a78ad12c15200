import { type Find, startOf, threadOf } from './case-past.js';
import type { GuardRecord } from './guard-record.js';

/** An appointment over its moves: `latest` is the message that booked, moved or cancelled it last. */
export interface Appointment {
  readonly root: string;
  readonly latest: GuardRecord;
  readonly isCancelled: boolean;
}

const outcomes: ReadonlySet<string> = new Set([
  'appointment.attended',
  'appointment.did-not-attend',
]);

/** The message that booked it first; undefined where the record is not of an appointment. */
export const bookingOf = (record: GuardRecord, find: Find): GuardRecord | undefined =>
  threadOf(record, find).find(({ name }) => name === 'appointment.booked');

/** The appointment that a booking, a move or a cancellation is of, as it stands after `known`. */
export function appointmentOf(
  record: GuardRecord,
  known: readonly GuardRecord[],
  find: Find,
): Appointment | undefined {
  const root = bookingOf(record, find)?.id;
  if (root === undefined) return undefined;
  const words = known.filter(
    ({ name, ...each }) =>
      (name === 'appointment.booked' ||
        name === 'appointment.moved' ||
        name === 'appointment.cancelled') &&
      bookingOf({ name, ...each }, find)?.id === root,
  );
  const latest = words.at(-1) ?? record;
  return { root, latest, isCancelled: latest.name === 'appointment.cancelled' };
}

/** Of which appointment an outcome tells: the one it names; else the one booked last for its referral; else of the referral as such. */
export function toldOf(
  { referral, appointment }: { readonly referral: GuardRecord; readonly appointment: unknown },
  before: readonly GuardRecord[],
  find: Find,
): string {
  const named = typeof appointment === 'string' ? find(appointment) : undefined;
  const start = startOf(referral, find);
  const booked =
    named === undefined
      ? before.findLast(
          (each) => each.name === 'appointment.booked' && startOf(each, find) === start,
        )
      : bookingOf(named, find);
  return booked?.id ?? start;
}

/** The outcome of an appointment that counts now: the newest one told of it, by the same agency. */
export function outcomeOf(
  key: string,
  agency: string,
  known: readonly GuardRecord[],
  find: Find,
): GuardRecord | undefined {
  return known.findLast((record, index) => {
    if (!outcomes.has(record.name) || record.senderAgency !== agency) return false;
    const referral = record.cause === undefined ? undefined : find(record.cause);
    if (referral === undefined) return false;
    const { appointment } = record.facts;
    return toldOf({ referral, appointment }, known.slice(0, index), find) === key;
  });
}

/** The newest outcome in the case. */
export const newestOutcome = (known: readonly GuardRecord[]): GuardRecord | undefined =>
  known.findLast(({ name }) => outcomes.has(name));

/** Was the client there, as far as it is known for this referral? An outcome that was corrected does not count. */
export function attendanceOf(
  referral: GuardRecord,
  known: readonly GuardRecord[],
  find: Find,
): GuardRecord | undefined {
  const start = startOf(referral, find);
  const corrected = new Set(known.map(({ facts }) => facts['corrects']));
  return known.findLast(
    (record) =>
      record.name === 'appointment.attended' &&
      !corrected.has(record.id) &&
      startOf(record, find) === start,
  );
}
