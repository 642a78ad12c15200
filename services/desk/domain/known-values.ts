import { dayWords } from '#libs/calendar/day-words.js';
import { londonDate } from '#libs/calendar/london-time.js';
import { type MessageName, nameOfType } from '#libs/contracts/message-table.js';
import type { ActionForm } from './action-form.js';
import { type CaseFile, isSentByUs, keptData, mayGet, newest, partyName } from './case-file.js';
import { type Choice, whenFields } from './field-models.js';
import type { Posted } from './form-values.js';
import { titleOfType } from './message-words.js';

type Data = Readonly<Record<string, unknown>>;
type Known = Pick<ActionForm, 'name' | 'to' | 'given'>;

/** What the case knows of a form's fields already. It is shown filled in, and the person may change it. */
export function knownValues(file: CaseFile, { name, to, given }: Known, now: Date): Posted {
  const offer = keptData(file, textIn(given, 'offer'));
  switch (name) {
    case 'review.accepted':
      return timeOf(offer);
    case 'review.offered':
      return nextInterview(file, now);
    case 'review.moved':
      return { ...textsIn(offer, '', offerTold), ...movedTo(offer, nextInterview(file, now)) };
    case 'tpr2.shared':
      return tpr2Known(file, to);
    default:
      return {};
  }
}

/** What the page says beside a field, out of the case. */
export function knownHints(
  file: CaseFile,
  { name, to }: Known,
  now: Date,
): Readonly<Record<string, string>> {
  if (name === 'review.offered' || name === 'review.moved') {
    const day = nextAttendance(file, now);
    return {
      startsAt:
        day === undefined
          ? 'No next attendance of the client is on record'
          : `The client comes next on ${dayWords(day)}`,
    };
  }
  if (name !== 'tpr2.shared') return {};
  const party = file.parties.find(({ id }) => id === to);
  const phone = party?.phone === undefined ? '' : `, ${party.phone}`;
  return {
    addressee: 'Leave it open for whoever leads the office',
    ...(party === undefined
      ? {}
      : { 'personalAdviser.name': `At ${partyName(file, party.id)}${phone}` }),
  };
}

/** People of the other side, as far as messages of the case name them: the directory tells nobody else's. */
export function addressees(file: CaseFile, { name, to }: Known): readonly Choice[] {
  const offices = to === undefined ? mayGet(file, name).map(({ id }) => id) : [to];
  const received = file.kept.filter(
    ({ direction, actor, other }) =>
      direction === 'received' && actor !== undefined && offices.includes(other),
  );
  return [...new Map(received.map((each) => [each.actor ?? '', each]))].map(([value, each]) => ({
    value,
    text: `Who sent: ${titleOfType(each.type)}, ${dayWords(londonDate(new Date(each.at)))}`,
  }));
}

const textIn = (data: Data | undefined, name: string): string | undefined => {
  const value = data?.[name];
  return typeof value === 'string' ? value : undefined;
};

/** Texts of one part of a form under the names of its fields. */
const textsIn = (data: Data | undefined, prefix: string, names: readonly string[]): Posted =>
  Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const value = textIn(data, name);
      return value === undefined ? [] : [[`${prefix}${name}`, value]];
    }),
  );

const timeOf = (offer: Data | undefined): Posted => {
  const startsAt = textIn(offer, 'startsAt');
  return startsAt === undefined ? {} : whenFields('startsAt', new Date(startsAt));
};

/** The day of the client's next attendance, while it lies ahead. */
function nextAttendance(file: CaseFile, now: Date): string | undefined {
  const noted = newest(file, ['case.next-attendance']);
  const day = textIn(keptData(file, noted?.id), 'on');
  return day !== undefined && day >= londonDate(now) ? day : undefined;
}

/** The record holds the day, and no hour. */
function nextInterview(file: CaseFile, now: Date): Posted {
  const day = nextAttendance(file, now);
  return day === undefined ? {} : { slot: 'next-scheduled-appointment', 'startsAt.date': day };
}

const offerTold = ['place', 'placeKind', 'interview'];

/** At the hour of the offer, but not again to its own day. */
function movedTo(offer: Data | undefined, next: Posted): Posted {
  const before = timeOf(offer);
  if (next['startsAt.date'] === undefined || next['startsAt.date'] === before['startsAt.date'])
    return {};
  return { ...before, ...next };
}

/** Out of the referral, and of a TPR2 that went before. */
function tpr2Known(file: CaseFile, to: string | undefined): Posted {
  const before = newestWith(file, 'accessedBy', 'tpr2.shared');
  const adviser = newestWith(file, 'personalAdviser', 'tpr2.shared')?.['personalAdviser'];
  const contact = newestWith(file, 'contact')?.['contact'];
  return {
    ...(isFromJobCentre(file, to) ? { accessedBy: 'job-centre' } : {}),
    ...textsIn(before, '', ['accessedBy']),
    ...textsIn(contact as Data | undefined, 'contact.', ['address', 'postcode', 'phone']),
    ...textsIn(adviser as Data | undefined, 'personalAdviser.', ['name', 'phone']),
  };
}

const newestWith = ({ kept }: CaseFile, field: string, name?: MessageName): Data | undefined =>
  kept.findLast(
    ({ message, type, answer }) =>
      message?.data[field] !== undefined &&
      answer !== 'refused' &&
      (name === undefined || nameOfType(type) === name),
  )?.message?.data;

/** A point of contact passes on what came to it: then who gets the TPR2 is the office that referred. */
function isFromJobCentre(file: CaseFile, to: string | undefined): boolean {
  const referral = newest(
    file,
    ['referral.requested', 'referral.forwarded'],
    (message) => !isSentByUs(message, file),
  );
  const isPassedOn = referral !== undefined && nameOfType(referral.type) === 'referral.forwarded';
  const from = isPassedOn ? to : referral?.sender;
  return file.parties.some(({ id, kind }) => id === from && kind === 'jobcentre');
}
