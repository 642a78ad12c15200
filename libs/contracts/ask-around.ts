import { z } from 'zod';
import { areaRoles } from './address.js';
import { askCase } from './ask-case.js';
import { partyKinds } from './party.js';

/* Questions with which a party finds its way: its cases, and to whom it may write. As those of `ask.ts`. */

/** `resolve-reference`: a short reference, as somebody says it, → a case of the asker's own; `not-found` alike for others' and for none. */
export const askReference = z.strictObject({ reference: z.string().min(1).max(20) });
export const referenceReply = z.strictObject({ case: z.string() });

/** `parties`: the active parties that the asker may write to. */
export const askParties = z.strictObject({
  district: z.string().max(80).optional(),
  kind: z.enum(partyKinds).optional(),
  role: z.enum(areaRoles).optional(),
});
const partyShown = z
  .strictObject({
    id: z.string(),
    kind: z.enum(partyKinds),
    name: z.string(),
    serves: z.array(z.strictObject({ role: z.enum(areaRoles), district: z.string() })),
    phone: z.string().optional(),
  })
  .meta({ id: 'PartyShown' });
export type PartyShown = z.infer<typeof partyShown>;
export const partiesReply = z.strictObject({ parties: z.array(partyShown) });

/**
 * `next-providers` of a case: whom the client's standing TPR1 consent names, whom the asker may refer to, and who has not declined. None
 * where the client asked for none. The reply is a `partiesReply`.
 */
export const askNextProviders = askCase;
