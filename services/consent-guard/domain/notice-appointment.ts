import type { Notice } from '#libs/contracts/service-forms.js';
import { bookingOf } from './appointment-record.js';
import { type Find, knownTo } from './case-past.js';
import { type GuardRecord, isCleared } from './guard-record.js';
import { isTimeOpen, requestOf, reviewOf } from './review-record.js';

/** The message with which an appointment or a review began. */
const rootOf = (record: GuardRecord, find: Find): GuardRecord | undefined =>
  bookingOf(record, find) ?? requestOf(record, find);

const isOfAppointment = ({ name }: GuardRecord): boolean =>
  name.startsWith('review.') ||
  name === 'appointment.booked' ||
  name === 'appointment.moved' ||
  name === 'appointment.cancelled';

const isOff = ({ name }: GuardRecord): boolean =>
  name === 'appointment.cancelled' || name === 'review.cancelled';

/**
 * Which entry of a calendar a message is of. `root` stays the same over all moves. `sequence` is the place of the message among those of its
 * appointment, so that a newer word of either side always has the greater.
 */
export function appointmentShown(
  message: GuardRecord,
  history: readonly GuardRecord[],
  find: Find,
): Notice['appointment'] {
  if (message.name === 'exit.notified') return reviewEndedBy(message, history, find);
  const root = isOfAppointment(message) ? rootOf(message, find) : undefined;
  if (root === undefined) return undefined;
  const words = history.filter((each) => isWordOf(each, root, find));
  const sequence = words.findIndex(({ id }) => id === message.id);
  return {
    root: root.id,
    sequence: sequence < 0 ? words.length : sequence,
    cancelled: isOff(message),
  };
}

const isWordOf = (record: GuardRecord, root: GuardRecord, find: Find): boolean =>
  isCleared(record) && isOfAppointment(record) && rootOf(record, find)?.id === root.id;

/** An exit that is over ends the review that was agreed or offered when it was told, without a word of its own. */
function reviewEndedBy(
  exit: GuardRecord,
  history: readonly GuardRecord[],
  find: Find,
): Notice['appointment'] {
  if (exit.facts['exit'] === 'unplanned-likely' || exit.recipientAgency === undefined)
    return undefined;
  const until = history.findIndex(({ id }) => id === exit.id);
  const before = knownTo(exit.recipientAgency, history.slice(0, until < 0 ? undefined : until));
  const request = before.findLast(
    ({ name, sender }) => name === 'review.requested' && sender === exit.sender,
  );
  const review = request === undefined ? undefined : reviewOf(request, before, find);
  if (request === undefined || review === undefined || !isTimeOpen(review)) return undefined;
  const sequence = history.filter((each) => isWordOf(each, request, find)).length;
  return { root: request.id, sequence, cancelled: true };
}
