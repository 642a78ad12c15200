import { z } from 'zod';
import { areaRoles } from './address.js';
import { instant, localDate, partyId, personId, phone } from './form-fields.js';
import { districts } from './districts.js';
import { errorRules, type MeshErrorCode } from './error-codes.js';
import { escalations, noticeKinds } from './notices.js';
import { partyKinds } from './party.js';
import { jobs, stepNames } from './steps.js';
import { mailAddress } from './mail-address.js';

const name = z.string().trim().min(1).max(120);

/** Directory: a party, the agency (data controller) it belongs to, and the roles it serves in which districts. From the operator. */
export const partyPutForm = z.strictObject({
  party: partyId,
  kind: z.enum(partyKinds),
  agency: partyId,
  name,
  serves: z.array(z.strictObject({ role: z.enum(areaRoles), district: z.string() })).default([]),
  dutyPerson: personId,
  teamLeader: personId,
  manager: personId
    .optional()
    .meta({ description: 'Is told, after the team leader, that a step stays undone' }),
  contract: z
    .enum(['pathways', 'flexible-new-deal'])
    .optional()
    .meta({ description: 'Of a contracted provider: it tells of attendance by NFP or by FND4' }),
  phone: phone.optional().meta({ description: 'Of the office: whom to ring' }),
  district: z
    .enum(districts.map(({ slug }) => slug))
    .optional()
    .meta({ description: 'Of a job centre: where its overdue steps are counted, by region' }),
  active: z.boolean().default(true),
});
export type PartyPut = z.infer<typeof partyPutForm>;

/** Directory: a person, where they work, and who stands in for them. No name, no address: those are the notifier's alone. */
export const personPutForm = z.strictObject({
  person: personId,
  party: partyId,
  job: z.enum(jobs),
  deputy: personId,
  active: z.boolean().default(true),
  joinsOn: localDate.optional().meta({ description: 'First day in office' }),
  leavesOn: localDate.optional().meta({ description: 'Last day in office' }),
  absentFrom: localDate.optional().meta({ description: 'First day away' }),
  absentUntil: localDate.optional().meta({ description: 'Last day away' }),
});
export type PersonPut = z.infer<typeof personPutForm>;

/**
 * Directory: the local sharing agreement between an office of one agency and an office of another. It decides no message: what passes rests
 * on the client's consent alone. Its lapse is warned of. From the operator.
 */
export const agreementPutForm = z.strictObject({
  offices: z.tuple([partyId, partyId]).meta({
    description:
      'The office of each agency that answers for it; its manager is warned of the lapse',
  }),
  signedOn: localDate,
  until: localDate.meta({ description: 'Last day; an agreement is renewed yearly' }),
  active: z.boolean().default(true).meta({ description: 'false: ended before its last day' }),
});
export type AgreementPut = z.infer<typeof agreementPutForm>;

/** The two offices that the fact `offices` of an agreement names. */
export const officesNamed = ({ offices }: Readonly<Record<string, unknown>>): readonly string[] =>
  typeof offices === 'string' ? offices.split(' ') : [];

/** A person's mailbox and OpenPGP public key (armoured). From the operator to the notifier, and to nobody else. */
export const mailboxPutForm = z.strictObject({
  person: personId,
  name,
  address: mailAddress,
  publicKey: z
    .string()
    .max(64_000)
    .optional()
    .meta({ description: 'ASCII-armoured OpenPGP public key; without one, mail is held' }),
});
export type MailboxPut = z.infer<typeof mailboxPutForm>;

/** The router's answer to a message that waits: which party serves it, or that nobody does. */
/** An area served by more parties than this is split up first. */
export const routesAtMost = 50;
/** The best party for a message that waits, and `others` in their order, for where the client's consent does not name the best. */
export const routeForm = z.strictObject({
  message: z.uuid(),
  party: partyId.optional(),
  others: z
    .array(partyId)
    .max(routesAtMost - 1)
    .optional(),
});
export type Route = z.infer<typeof routeForm>;

/** The router asks for a sealed mail: what kind, the record that causes it, the person. The guard supplies case, facts and reference. */
export const noticeRequestForm = z.strictObject({
  kind: z.enum(noticeKinds),
  cause: z.uuid(),
  person: personId,
  step: z.enum(stepNames).optional(),
  dueOn: localDate.optional(),
  escalation: z.enum(escalations).optional(),
  /** Of the reader's own agency, as the router knows it; the guard adds nothing to it. */
  clientWasTold: z.boolean().optional(),
  nextInterviewOn: localDate.optional(),
  /** Cases whose steps came to the reader (`steps-inherited`): the guard puts the reader's own references in their place. */
  cases: z.array(z.uuid()).max(100).optional(),
});
export type NoticeRequest = z.infer<typeof noticeRequestForm>;

export const factValue = z.union([z.string().max(200), z.boolean(), z.number()]);
export type FactValue = z.infer<typeof factValue>;

/** What the notifier gets, made by the guard from the cited record: nothing of the client but the agency's own reference. */
export const noticeForm = z.strictObject({
  ...noticeRequestForm.shape,
  caseReference: z.string().max(80),
  facts: z.record(z.string(), factValue),
  /** Short, the same on both sides, for the telephone; resolves for those who have the case. */
  shortReference: z.string().max(12).optional(),
  /** The short name of the client's own message behind the notice: what was sent, blocked, or lapses. */
  about: z.string().max(60).optional(),
  /** The organisation on the other side of that message, and whom to ring there. Absent within one agency. */
  counterpart: z.strictObject({ name, phone: phone.optional() }).optional(),
  /** One appointment over its moves: `root` stays the same, `sequence` grows. */
  appointment: z
    .strictObject({ root: z.uuid(), sequence: z.int().min(0), cancelled: z.boolean() })
    .optional(),
  /** The reader's own references of the cases that came to them. */
  references: z.array(z.string().max(80)).max(100).optional(),
  /** Which side the person's party is of: job-centre readers get the voluntary, no-sanction line. */
  audience: z.enum(partyKinds),
});
export type Notice = z.infer<typeof noticeForm>;

export const reminderKinds = [
  'care-plan-review',
  'claim-interview-13',
  'claim-interview-26',
  'review-appointment',
  'next-review',
  'outcome-profile',
  'consent-lapse',
  'agreement-lapse-8',
  'agreement-lapse-2',
] as const;
export type ReminderKind = (typeof reminderKinds)[number];

/** Eight and two weeks before a local sharing agreement lapses. They are about two offices, and about no case. */
export const agreementReminders = ['agreement-lapse-8', 'agreement-lapse-2'] as const;
export type AgreementReminder = (typeof agreementReminders)[number];
export type CaseReminder = Exclude<ReminderKind, AgreementReminder>;

export const isAgreementReminder = (kind: unknown): kind is AgreementReminder =>
  agreementReminders.some((each) => each === kind);

/** A reminder falls due. `anchor` is the message it is counted from; `dueOn` the day of the thing itself, not of the reminder. */
export const reminderDueForm = z.strictObject({
  reminder: z.uuid(),
  kind: z.enum(reminderKinds),
  anchor: z.uuid(),
  dueOn: localDate,
  occurrence: z.int().min(1),
});
export type ReminderDue = z.infer<typeof reminderDueForm>;

/**
 * What became of a notice's mail. `notice` is the id of the notice message. `stopped`: the client withdrew; `may-have-left`: a relay had
 * the whole mail and its answer was lost.
 */
export const mailReportForm = z.strictObject({
  notice: z.uuid(),
  person: personId,
  outcome: z.enum(['accepted', 'held', 'failed', 'stopped']),
  reason: z
    .enum([
      'no-key',
      'key-expired',
      'key-unusable',
      'cannot-be-sealed',
      'no-mailbox',
      'refused-by-relay',
      'bounced',
      'may-have-left',
    ])
    .optional(),
  at: instant,
});
export type MailReport = z.infer<typeof mailReportForm>;

/** A client has withdrawn what these notices rest on: what has not been handed over yet is not sent. From the guard alone. */
export const noticeStopForm = z.strictObject({ notices: z.array(z.uuid()).min(1).max(1000) });
export type NoticeStop = z.infer<typeof noticeStopForm>;

const codes = Object.keys(errorRules) as [MeshErrorCode, ...MeshErrorCode[]];

/** A service could not work a message that was delivered to it or that it follows. `message` is that message's id, if it had one. */
export const deadLetterForm = z.strictObject({
  message: z.uuid().optional(),
  stream: z.enum(['delivery', 'events']),
  code: z.enum(codes),
  deliveries: z.int().min(1),
});
export type DeadLetterReport = z.infer<typeof deadLetterForm>;

/** The operator sends a dead letter again: through the guard, with a new id, decided anew. */
export const redriveForm = z.strictObject({ deadLetter: z.uuid() });
export type Redrive = z.infer<typeof redriveForm>;
