import { findDistrict } from './districts.js';
import { isPartyId } from './party.js';

/** Roles an area can be addressed in. */
export const areaRoles = ['treatment'] as const;
export type AreaRole = (typeof areaRoles)[number];

/** Where a message goes: a party, a role in an area (the router finds the party), or the mesh itself (recorded and told as an event, no recipient). */
export type Address =
  | { readonly kind: 'party'; readonly party: string }
  | { readonly kind: 'area'; readonly district: string; readonly role: AreaRole }
  | { readonly kind: 'mesh' };

export type AddressProblem = 'recipient-unknown' | 'area-unknown';

/** Reads `to`: a party id, `area:<district>/<role>`, or `mesh`. Total: anything else is a problem, never a guess. */
export function readAddress(to: string): Address | AddressProblem {
  if (to === 'mesh') return { kind: 'mesh' };
  if (!to.startsWith('area:'))
    return isPartyId(to) ? { kind: 'party', party: to } : 'recipient-unknown';
  const [district = '', role = '', ...rest] = to.slice('area:'.length).split('/');
  if (rest.length > 0 || findDistrict(district) === undefined) return 'area-unknown';
  const found = areaRoles.find((known) => known === role);
  return found === undefined ? 'area-unknown' : { kind: 'area', district, role: found };
}

/** How a role in an area stands in the ledger of consents, beside agencies. */
export const roleScopeKey = (role: AreaRole, district: string): string =>
  `role:${role}@${district}`;
