import { londonDate } from '#libs/calendar/london-time.js';
import { consentFormRules } from '#libs/contracts/purposes.js';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import type { JsonSchema } from './openapi-schemas.js';

/** One message of the documentation, as OpenAPI has it. */
export interface MessageExample {
  readonly summary: string;
  readonly value: JsonSchema;
}

interface Sender {
  readonly party: string;
  readonly actor: string;
  readonly caseref: string;
}

interface Content {
  readonly id?: string;
  readonly to: string;
  readonly data: JsonSchema;
}

const jobCentre: Sender = {
  party: 'jcp_wandsworth',
  actor: 'p_wandsworth_adviser_1',
  caseref: 'WAN/DOCS/1',
};
const contact: Sender = { party: 'spoc_lsw', actor: 'p_spoc_lsw_duty_1', caseref: 'LSW/DOCS/1' };
const provider: Sender = {
  party: 'trt_riverside',
  actor: 'p_riverside_keyworker_1',
  caseref: 'RR/DOCS/1',
};

const client = { nino: 'QQ112233C', surname: 'Example', dateOfBirth: '1988-02-29' };
const district = 'lambeth-southwark-and-wandsworth';
const dayMs = 24 * 3_600_000;

/**
 * One short journey in the sample's directory, in the order of sending: each answers the one before it by its id, so that a reader can send
 * them from the page as they stand. Ids, dates and the case are of `now`, so they are made anew for each reader.
 *
 * @param random at least 10 random bytes at each call
 */
export function messageExamples(
  now: Date,
  random: () => Uint8Array,
): Readonly<Record<string, MessageExample>> {
  const newId = (): string => uuidV7(now.getTime(), random());
  const referralId = newId();
  const forwardedId = newId();
  const againId = newId();
  const by = exampleMaker(now, newId);
  const made = { now, newId };
  return {
    consent: by(jobCentre, 'the client agrees to be referred (TPR1)', 'consent.recorded', {
      to: 'mesh',
      data: consentGiven(now),
    }),
    referral: by(jobCentre, 'a referral to an area', 'referral.requested', {
      id: referralId,
      to: `area:${district}/treatment`,
      data: referral,
    }),
    forwarded: by(contact, 'the single point of contact passes it on', 'referral.forwarded', {
      id: forwardedId,
      to: provider.party,
      data: { ...referral, referral: referralId },
    }),
    acknowledged: by(provider, 'the provider acknowledges it', 'referral.acknowledged', {
      to: jobCentre.party,
      data: { referral: forwardedId, keyworker: provider.actor },
    }),
    ...appointmentExamples(by, forwardedId, made),
    again: by(jobCentre, 'a second referral, straight to the provider', 'referral.requested', {
      id: againId,
      to: provider.party,
      data: referral,
    }),
    declined: by(provider, 'it has no place free, and says so', 'referral.declined', {
      to: jobCentre.party,
      data: { referral: againId, reason: 'no-capacity' },
    }),
    ...sharingExamples(by, made),
    withdrawn: by(jobCentre, 'the client withdraws the consent', 'consent.withdrawn', {
      to: 'mesh',
      data: withdrawal(now),
    }),
    refused: by(jobCentre, 'referred again without consent: refused', 'referral.requested', {
      to: provider.party,
      data: referral,
    }),
  };
}

interface Made {
  readonly now: Date;
  readonly newId: () => string;
}

/** An appointment is booked, moved, and its outcome told wrong and then corrected. */
function appointmentExamples(
  by: MakeExample,
  forwardedId: string,
  { now, newId }: Made,
): Readonly<Record<string, MessageExample>> {
  const [bookedId, movedId, absentId] = [newId(), newId(), newId()] as const;
  return {
    booked: by(provider, 'a first appointment is booked', 'appointment.booked', {
      id: bookedId,
      to: jobCentre.party,
      data: { referral: forwardedId, ...meeting(7, now) },
    }),
    moved: by(provider, 'the appointment is moved', 'appointment.moved', {
      id: movedId,
      to: jobCentre.party,
      data: { appointment: bookedId, ...meeting(8, now) },
    }),
    absent: by(provider, 'the client did not attend', 'appointment.did-not-attend', {
      id: absentId,
      to: jobCentre.party,
      data: { referral: forwardedId, appointment: movedId, on: londonDate(now) },
    }),
    corrected: by(provider, 'that was a mistake: the client attended', 'appointment.attended', {
      to: jobCentre.party,
      data: {
        referral: forwardedId,
        appointment: movedId,
        on: londonDate(now),
        corrects: absentId,
      },
    }),
  };
}

/** The provider shares: who leads is proposed, a review is asked for, offered and moved. */
function sharingExamples(
  by: MakeExample,
  { now, newId }: Made,
): Readonly<Record<string, MessageExample>> {
  const [reviewId, offerId] = [newId(), newId()] as const;
  return {
    sharing: by(provider, 'the client agrees to sharing (TPR2)', 'consent.recorded', {
      to: 'mesh',
      data: sharingGiven(now),
    }),
    lead: by(provider, 'the keyworker proposes who leads', 'lead.proposed', {
      to: 'probation_lsw',
      data: { lead: 'keyworker', from: londonDate(now) },
    }),
    review: by(provider, 'a three-way review is asked for', 'review.requested', {
      id: reviewId,
      to: jobCentre.party,
      data: { wantedBy: londonDate(inDays(21, now)), place: 'job-centre' },
    }),
    offered: by(jobCentre, 'the job centre offers a time', 'review.offered', {
      id: offerId,
      to: provider.party,
      data: { request: reviewId, ...atOffice(10, now) },
    }),
    reviewMoved: by(jobCentre, 'the review is moved', 'review.moved', {
      to: provider.party,
      data: { offer: offerId, ...atOffice(11, now) },
    }),
  };
}

type MakeExample = (
  sender: Sender,
  say: string,
  name: MessageName,
  content: Content,
) => MessageExample;

/** Makes messages of one new case, all sent at one time. */
function exampleMaker(now: Date, newId: () => string): MakeExample {
  const caseId = newId();
  return ({ party, actor, caseref }, say, name, { id = newId(), to, data }) => ({
    summary: `As ${party}: ${say}`,
    value: {
      specversion: '1.0',
      id,
      source: sourceOf(party),
      type: typeOf(name),
      time: now.toISOString(),
      to,
      case: caseId,
      caseref,
      actor,
      data,
    },
  });
}

const referral = {
  client,
  benefit: 'jsa',
  told: [
    'voluntary-first-assessment',
    'finds-need-for-comprehensive',
    'engaging-later-is-voluntary',
  ],
  travelCostsConsidered: true,
};

const consentGiven = (takenAt: Date): JsonSchema => ({
  form: 'TPR1',
  formReference: 'TPR1/DOCS/1',
  client,
  decision: 'given',
  purposes: ['refer-to-treatment', 'attendance-feedback'],
  to: { parties: [contact.party, provider.party], role: { role: 'treatment', district } },
  takenAt: takenAt.toISOString(),
  takenBy: jobCentre.actor,
  explained: { statements: [], wordingVersion: '2009-07', language: 'en', copyGiven: true },
});

const sharingGiven = (takenAt: Date): JsonSchema => ({
  ...consentGiven(takenAt),
  form: 'TPR2',
  formReference: 'TPR2/DOCS/1',
  purposes: ['share-employment-needs', 'three-way-review', 'agree-ete-lead'],
  to: { parties: [jobCentre.party, 'probation_lsw'] },
  takenBy: provider.actor,
  explained: {
    statements: consentFormRules.TPR2.statements,
    wordingVersion: '2009-07',
    language: 'en',
    copyGiven: true,
  },
});

const inDays = (days: number, now: Date): Date => new Date(now.getTime() + days * dayMs);

const meeting = (days: number, now: Date): JsonSchema => ({
  startsAt: inDays(days, now).toISOString(),
  place: 'Riverside Recovery, 2 Sample Wharf, London SW18',
});

/** A review at any hour that the reader has now is marked as agreed locally. */
const atOffice = (days: number, now: Date): JsonSchema => ({
  startsAt: inDays(days, now).toISOString(),
  place: 'Jobcentre Plus Wandsworth',
  slot: 'next-free-appointment',
  agreedLocally: true,
});

const withdrawal = (now: Date): JsonSchema => ({
  form: 'TPR1',
  withdrawnAt: now.toISOString(),
  how: 'in-person',
  takenBy: jobCentre.actor,
});
