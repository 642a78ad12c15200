import {
  type Appointment,
  appointmentOf,
  attendanceOf,
  bookingOf,
  outcomeOf,
  toldOf,
} from './appointment-record.js';
import { startOf } from './case-past.js';
import { type Rule, against, shown } from './held-rule.js';

const standing = ({ isCancelled, latest }: Appointment): string =>
  isCancelled ? `it was cancelled by ${shown(latest)}` : `the one that stands is ${shown(latest)}`;

/** Moved and cancelled: only the message that booked or last moved the appointment may be named. */
export const appointmentStands: Rule = ({ cited, known, find }) => {
  const appointment = cited === undefined ? undefined : appointmentOf(cited, known, find);
  if (appointment === undefined || appointment.latest.id === cited?.id) return undefined;
  return against('appointment', `the appointment is not as you name it: ${standing(appointment)}`);
};

/** An outcome names an appointment of its referral that stands; where it corrects another, one that stood. */
export const outcomeOfStanding: Rule = ({ data, cited, known, find }) => {
  const { appointment, corrects } = data;
  if (appointment === undefined || cited === undefined) return undefined;
  const named = known.find(({ id }) => id === appointment);
  const found = named === undefined ? undefined : appointmentOf(named, known, find);
  if (named === undefined || found === undefined || startOf(named, find) !== startOf(cited, find))
    return {
      code: 'cause-unknown',
      field: 'data.appointment',
      detail: 'appointment must be the id of the message that booked or last moved it',
    };
  if (found.latest.id === named.id || corrects !== undefined) return undefined;
  return against('appointment', `the appointment is not as you name it: ${standing(found)}`);
};

/** An appointment has one outcome. A second takes the place of the first only where it names it, and says the opposite. */
export const oneOutcome: Rule = ({ name, data, sender, cited, known, find }) => {
  if (cited === undefined) return undefined;
  const { appointment, corrects } = data;
  const key = toldOf({ referral: cited, appointment }, known, find);
  const told = outcomeOf(key, sender.agency, known, find);
  if (told === undefined)
    return corrects === undefined
      ? undefined
      : against('corrects', 'no outcome of this appointment is on record that it could correct');
  if (corrects === told.id && told.name !== name) return undefined;
  return against(
    'corrects',
    `the outcome that stands is ${shown(told)}; the other outcome takes its place where corrects names it`,
  );
};

export const notYetAttended: Rule = ({ cited, known, find }) => {
  const attended = cited === undefined ? undefined : attendanceOf(cited, known, find);
  return attended === undefined
    ? undefined
    : against('referral', `the client attended: ${shown(attended)}`);
};

/** What was told is over: no other time, and no calling off. */
export const noOutcomeYet: Rule = ({ sender, cited, known, find }) => {
  const booking = cited === undefined ? undefined : bookingOf(cited, find);
  const told =
    booking === undefined ? undefined : outcomeOf(booking.id, sender.agency, known, find);
  return told === undefined
    ? undefined
    : against('appointment', `the outcome of the appointment is told: ${shown(told)}`);
};

/**
 * Who hands a referral back calls its appointment off first: the referrer, who is told of no hand-back, would wait for its outcome. Where the
 * client lets the referrer be told nothing more, the attempt is enough.
 */
export const nothingBooked: Rule = ({ sender, cited, known, untold, find }) => {
  if (cited === undefined) return undefined;
  const start = startOf(cited, find);
  const booked = known.filter(
    (each) =>
      each.name === 'appointment.booked' &&
      each.senderAgency === sender.agency &&
      startOf(each, find) === start &&
      outcomeOf(each.id, sender.agency, known, find) === undefined,
  );
  const appointment = booked
    .map((each) => appointmentOf(each, known, find))
    .find((each) => each?.isCancelled === false && !untold.includes(each.latest.id));
  return appointment === undefined
    ? undefined
    : against(
        'referral',
        `an appointment stands: ${shown(appointment.latest)}; tell its outcome or cancel it first`,
      );
};
