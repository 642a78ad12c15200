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
  const by = exampleMaker(now, newId);
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
    booked: by(provider, 'a first appointment is booked', 'appointment.booked', {
      to: jobCentre.party,
      data: appointment(forwardedId, now),
    }),
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

/** In a week. */
const appointment = (forwarded: string, now: Date): JsonSchema => ({
  referral: forwarded,
  startsAt: new Date(now.getTime() + 7 * dayMs).toISOString(),
  place: 'Riverside Recovery, 2 Sample Wharf, London SW18',
});

const withdrawal = (now: Date): JsonSchema => ({
  form: 'TPR1',
  withdrawnAt: now.toISOString(),
  how: 'in-person',
  takenBy: jobCentre.actor,
});
