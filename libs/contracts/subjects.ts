import { requirePartyId } from './party.js';

/*
 * The road, drawn once (nats subjects, as HUB sees them):
 *
 *   spoke p: out.msg ──import──▶ ingress.p.msg ─▶ [IN_p] ─▶ guard
 *   spoke p: ask.<verb> ─import─▶ ask.p.<verb> ──────────▶ guard          guard ─▶ answer.<service>.<verb> ─▶ service
 *
 * What is cleared to a party, and what the mesh has decided, is asked for (`take`, `events`). Token 2 of a stored ingress subject is the broker's own
 * word for the sender. No subject holds anything about a client.
 */

/** Where any party's own user publishes; the import adds the party's name. */
export const outSubject = 'out.msg';

export const ingressStream = (party: string): string => `IN_${requirePartyId(party)}`;
export const ingressSubjects = (party: string): string => `ingress.${requirePartyId(party)}.>`;

export const askSubject = (verb: string): string => `ask.${verb}`;
export const answerSubject = (service: string, verb: string): string =>
  `answer.${requirePartyId(service)}.${verb}`;

/** The party token of a stored ingress subject, or undefined when the subject is not exactly `ingress.<party>.msg`. */
export function senderOfIngressSubject(subject: string): string | undefined {
  if (!subject.startsWith('ingress.') || !subject.endsWith('.msg')) return undefined;
  const party = subject.slice('ingress.'.length, -'.msg'.length);
  return party === '' || party.includes('.') ? undefined : party;
}

/** Token 2 of whatever was stored under `ingress.`: the broker's own word for who sent it, however the rest of the subject reads. */
export function partyOfIngressSubject(subject: string): string | undefined {
  const [root, party] = subject.split('.');
  return root === 'ingress' && party !== '' ? party : undefined;
}
