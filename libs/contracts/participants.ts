import type { PartyKind } from './party.js';
import type { PersonSlot, StepTemplate } from './steps.js';

/** Kinds of parties, by what they do in the protocol. */
export const referrers: readonly PartyKind[] = ['jobcentre', 'contracted-provider'];
export const treaters: readonly PartyKind[] = ['treatment-provider'];
export const takers: readonly PartyKind[] = ['treatment-provider', 'spoc'];
export const agencies: readonly PartyKind[] = [
  'jobcentre',
  'contracted-provider',
  'treatment-provider',
  'spoc',
  'probation',
];

/** Who of a party owns a step or gets a notice. */
export const senderActor: PersonSlot = { side: 'sender', who: 'actor' };
export const senderCaseworker: PersonSlot = { side: 'sender', who: 'caseworker' };
export const senderLeader: PersonSlot = { side: 'sender', who: 'team-leader' };
export const recipientCaseworker: PersonSlot = { side: 'recipient', who: 'caseworker' };
export const recipientLeader: PersonSlot = { side: 'recipient', who: 'team-leader' };
export const recipientAddressee: PersonSlot = { side: 'recipient', who: 'addressee' };

/** A JSA client gets a caseload adviser: asked for once, and not where one is named already. */
export const nameAdviserOfJsa: StepTemplate = {
  step: 'name-adviser',
  owner: senderLeader,
  when: { benefit: 'jsa' },
  unlessNamed: true,
};
