import { z } from 'zod';
import { areaRoles } from './address.js';
import { partyId, phone } from './form-fields.js';
import { partyKinds } from './party.js';

/*
 * Questions of a party to the guard about whom it may write to. JSON both ways, as in `ask.ts`.
 */

/** Kinds of party that an agency can write to: all but the mesh's own services. */
const agencyKinds = partyKinds.filter((kind) => kind !== 'service');

/** `parties`: the active parties of the directory. Each filter narrows; without any, all of them. */
export const askParties = z.strictObject({
  district: z.string().max(60).optional(),
  role: z.enum(areaRoles).optional(),
  kind: z.enum(agencyKinds).optional(),
});

/** A party as the directory shows it to agencies. Nothing of its people but the office's telephone. */
export const partyShown = z
  .strictObject({
    party: partyId,
    kind: z.enum(agencyKinds),
    name: z.string(),
    agency: z.string(),
    serves: z.array(z.strictObject({ role: z.enum(areaRoles), district: z.string() })),
    phone: phone.optional(),
  })
  .meta({ id: 'Party' });
export const partiesReply = z.strictObject({ parties: z.array(partyShown) });

/**
 * `next-providers`: whom the asker may refer the client to under the consent that stands, in the order in which the consent names them,
 * less those that declined in this case. None where the client asked for the last decline: the next word is the client's.
 */
export const nextProvidersReply = z.strictObject({
  providers: z.array(partyShown),
  areas: z
    .array(z.string())
    .meta({ description: 'Areas that may be addressed: area:<district>/<role>' }),
});
