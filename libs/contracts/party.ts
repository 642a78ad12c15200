import { MeshError } from './mesh-error.js';

/** What a party is. `service` is one of the mesh's own; everyone else acts for an agency (a data controller). */
export const partyKinds = [
  'jobcentre',
  'contracted-provider',
  'treatment-provider',
  'spoc',
  'probation',
  'service',
] as const;
export type PartyKind = (typeof partyKinds)[number];

/** The mesh's own parties. Each has an account of its own at the broker, like any agency's site. */
export const serviceParties = ['svc_router', 'svc_reminders', 'svc_notifier', 'svc_ops'] as const;
export type ServiceParty = (typeof serviceParties)[number];

/** Names that mean something else on the road, so that no party may bear them. */
const reservedPartyIds: ReadonlySet<string> = new Set([
  'hub',
  'sys',
  'events',
  'mesh',
  'guard',
  'provisioner',
]);

const partyIdPattern = /^[a-z][a-z0-9_]{0,39}$/;

/** A party as the broker knows it: an account of its own. `maxBytes` bounds the stream in which what it puts out waits. */
export interface BrokerParty {
  readonly id: string;
  readonly kind: PartyKind;
  /** The public half of the party's nkey (`U…`); the seed stays with the party. */
  readonly publicKey: string;
  readonly maxBytes: number;
}

export function isPartyId(text: string): boolean {
  return partyIdPattern.test(text) && !reservedPartyIds.has(text);
}

export function isServiceParty(id: string): id is ServiceParty {
  return (serviceParties as readonly string[]).includes(id);
}

/** @throws MeshError `party-id-invalid` when the id is not `[a-z][a-z0-9_]*`, is longer than 40, or is reserved. */
export function requirePartyId(text: string): string {
  if (!isPartyId(text))
    throw new MeshError(
      'party-id-invalid',
      'party id must be a lower-case name of at most 40 of a-z, 0-9, _, and not a reserved word',
    );
  return text;
}
