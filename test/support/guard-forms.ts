import { type MessageName } from '#libs/contracts/message-table.js';

/** Invented people. NI numbers with prefix QQ are never given to anyone. */
export const maria = {
  nino: 'QQ123456A',
  surname: 'Sample',
  otherNames: 'Maria',
  dateOfBirth: '1988-04-12',
};
export const tomas = {
  nino: 'QQ654321B',
  surname: 'Muster',
  otherNames: 'Tomas',
  dateOfBirth: '1979-11-30',
};
/** A client who has no NI number. */
export const ana = { surname: 'Ejemplo', dateOfBirth: '1995-07-01' };

export type ClientShown = typeof maria | typeof ana;

/** What forms refer to. Ids are of messages sent before. */
export interface FormContext {
  readonly client: ClientShown;
  /** Today, `YYYY-MM-DD`, and the instant, RFC 3339. */
  readonly today: string;
  readonly now: string;
  readonly later: string;
  /** The message that this one answers. */
  readonly cites: string;
  readonly person: string;
}

type Form = Readonly<Record<string, unknown>>;

const referral = ({ client }: FormContext): Form => ({
  client,
  contact: { address: '1 Example Road', postcode: 'SW18 1AA', phone: '020 7946 0000' },
  benefit: 'jsa',
  told: [
    'voluntary-first-assessment',
    'finds-need-for-comprehensive',
    'engaging-later-is-voluntary',
  ],
  travelCostsConsidered: true,
  note: 'prefers mornings',
});

const explained = (statements: readonly string[]): Form => ({
  statements,
  wordingVersion: '2026-01',
  language: 'en',
  copyGiven: true,
});

/** DPA1: the job centre (or a contracted provider for it) may keep the problem on its record. */
export const dpa1 = ({ client, now, person }: FormContext, to?: readonly string[]): Form => ({
  form: 'DPA1',
  formReference: 'DPA1 0001',
  client,
  decision: 'given',
  purposes: to === undefined ? ['record-on-lms'] : ['record-on-lms', 'notify-jcp'],
  ...(to === undefined ? {} : { to: { parties: to } }),
  takenAt: now,
  takenBy: person,
  explained: explained([]),
});

/** TPR1: refer to these, or to whoever of these serves the area. */
export const tpr1 = (
  { client, now, person }: FormContext,
  to: readonly string[],
  district?: string,
): Form => ({
  form: 'TPR1',
  formReference: 'TPR1 0001',
  client,
  decision: 'given',
  purposes: ['refer-to-treatment', 'attendance-feedback'],
  to: { parties: to, ...(district === undefined ? {} : { role: { role: 'treatment', district } }) },
  takenAt: now,
  takenBy: person,
  explained: explained([]),
});

/** TPR2 part 3: tell these of needs, treatment, exit and reviews. */
export const tpr2Consent = ({ client, now, person }: FormContext, to: readonly string[]): Form => ({
  form: 'TPR2',
  formReference: 'TPR2 0001',
  client,
  decision: 'given',
  purposes: ['share-employment-needs', 'treatment-status', 'exit-notice', 'three-way-review'],
  to: { parties: to },
  takenAt: now,
  takenBy: person,
  explained: explained([
    'information-shared-to-coordinate',
    'record-updated-with-needs',
    'used-solely-for-barriers-to-work',
  ]),
});

export const withdrawal = (
  { now, person }: FormContext,
  form: 'DPA1' | 'TPR1' | 'TPR2',
  keep: readonly string[] = [],
): Form => ({
  form,
  keep,
  withdrawnAt: now,
  how: 'in-person',
  takenBy: person,
});

/** A real, full form of each type that an agency sends (consents aside, which have builders of their own). */
export const forms: Partial<Record<MessageName, (context: FormContext) => Form>> = {
  'referral.requested': referral,
  'referral.forwarded': (context) => ({ ...referral(context), referral: context.cites }),
  'referral.acknowledged': ({ cites }) => ({ referral: cites }),
  'appointment.booked': ({ cites, later }) => ({
    referral: cites,
    startsAt: later,
    place: '2 Example Street',
    bring: 'any letters',
  }),
  'referral.passed-on': ({ cites }) => ({ referral: cites, provider: 'tp_river' }),
  'referral.declined': ({ cites }) => ({ referral: cites, reason: 'no-capacity' }),
  'referral.handed-back': ({ cites }) => ({ referral: cites, reason: 'outside-our-area' }),
  'referral.cancelled': ({ cites }) => ({ referral: cites }),
  'absence.nothing-more': ({ cites }) => ({ about: cites }),
  'dpa1.returned': ({ cites, client }) => ({ consent: cites, client }),
  'appointment.moved': ({ cites, later }) => ({
    appointment: cites,
    startsAt: later,
    place: '2 Example Street',
  }),
  'appointment.cancelled': ({ cites }) => ({ appointment: cites }),
  'appointment.attended': ({ cites, today }) => ({
    referral: cites,
    on: today,
    comprehensiveAssessment: 'arranged',
  }),
  'appointment.did-not-attend': ({ cites, today }) => ({ referral: cites, on: today }),
  'provider.notice': ({ client, today }) => ({
    form: 'NFP',
    client,
    attendance: 'attended',
    on: today,
  }),
  'careplan.agreed': ({ today }) => ({ agreedOn: today, reviewWeeks: 12 }),
  'careplan.reviewed': ({ today }) => ({ heldOn: today }),
  'tpr2.shared': ({ client, today }) => ({
    provider: { name: 'Example Recovery', address: '2 Example Street', phone: '020 7946 0001' },
    referralKind: 'drug-strategy',
    client,
    contact: { phone: '020 7946 0000' },
    accessedBy: 'job-centre',
    employment: {
      goals: ['warehouse work'],
      training: ['forklift licence'],
      support: ['travel to interviews'],
    },
    personalAdviser: { name: 'A Sample', phone: '020 7946 0002' },
    structuredTreatmentStartedOn: today,
    treatmentSummary: 'attends weekly',
    reviewWanted: 'three-way',
  }),
  'tpr2.receipt-noted': ({ cites, today }) => ({ tpr2: cites, notedOn: today }),
  'tpr2.passed-to-adviser': ({ cites, person }) => ({ tpr2: cites, adviser: person }),
  'tpr2.no-trace': ({ cites, today }) => ({ tpr2: cites, checkedOn: today }),
  'case.caseworker-named': ({ person, today }) => ({ person, from: today }),
  'claim.started': ({ today }) => ({ benefit: 'jsa', startedOn: today }),
  'claim.ended': ({ today }) => ({ endedOn: today }),
  'claim.change-told': ({ today }) => ({ change: 'benefit-changed', on: today }),
  'review.requested': ({ today }) => ({ wantedBy: today, place: 'job-centre' }),
  'review.offered': ({ cites, later }) => ({
    request: cites,
    startsAt: later,
    place: 'Example Jobcentre',
    slot: 'next-free-appointment',
    // Tests run at any hour.
    agreedLocally: true,
  }),
  'review.accepted': ({ cites, later }) => ({ offer: cites, startsAt: later }),
  'review.declined': ({ cites }) => ({ offer: cites }),
  'review.held': ({ cites, today }) => ({ offer: cites, heldOn: today }),
  'review.not-held': ({ cites, today }) => ({ offer: cites, on: today, why: 'postponed' }),
  'review.outcome': ({ cites, today }) => ({
    offer: cites,
    agreementAmended: true,
    actions: ['apply'],
    nextReviewOn: today,
  }),
  'exit.notified': ({ today }) => ({ exit: 'unplanned', on: today }),
  'exit.recorded': ({ today }) => ({ exit: 'planned', on: today }),
  'exit.nothing-more': ({ cites }) => ({ about: cites }),
  'exit.stays-in-treatment': ({ cites }) => ({ about: cites }),
  'outcome-profile.recorded': ({ today }) => ({ on: today, completed: true }),
  'case.next-attendance': ({ today }) => ({ on: today }),
  'case.action-noted': ({ today }) => ({ action: 'ad-hoc-interview', on: today }),
  'case.moved-office': ({ today }) => ({ from: today }),
  'review.moved': ({ cites, later }) => ({
    offer: cites,
    startsAt: later,
    place: 'Example Jobcentre',
    slot: 'next-free-appointment',
    agreedLocally: true,
  }),
  'review.cancelled': ({ cites }) => ({ review: cites }),
  'review.asked-at-job-centre': ({ today }) => ({ on: today }),
  'lead.proposed': ({ today }) => ({ lead: 'keyworker', from: today }),
  'lead.agreed': ({ cites }) => ({ proposal: cites }),
  'lead.declined': ({ cites }) => ({ proposal: cites }),
  'step.done': () => ({ step: 're-engage', outcome: 'done' }),
};
