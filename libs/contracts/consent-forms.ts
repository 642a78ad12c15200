import { z } from 'zod';
import { areaRoles } from './address.js';
import {
  clientIdentity,
  instant,
  localDate,
  partyId,
  personId,
  reference,
  shortText,
} from './form-fields.js';
import { categories, consentForms, purposes } from './purposes.js';

/**
 * A client's decision, as recorded on DPA1, TPR1 or TPR2 part 3. `decision: refused` records a no, which binds just its own scope.
 * `to` names who may be told: parties, or a role in an area with the list of parties named to the client (one that joins later is not
 * covered). Dates without a time are whole days in Europe/London, both ends included; without `validUntil`, 12 months.
 */
export const consentForm = z
  .strictObject({
    form: z.enum(consentForms),
    formReference: reference,
    client: clientIdentity,
    decision: z.enum(['given', 'refused']),
    purposes: z.array(z.enum(purposes)).min(1),
    to: z
      .strictObject({
        parties: z
          .array(partyId)
          .min(1)
          .max(100)
          .meta({ description: 'The parties named to the client' }),
        role: z
          .strictObject({ role: z.enum(areaRoles), district: z.string() })
          .optional()
          .meta({ description: 'Also whoever of these serves this role in this area' }),
      })
      .optional()
      .meta({
        description:
          'Who may be told. DPA1 taken by a job centre names nobody: the record is its own',
      }),
    excludedCategories: z.array(z.enum(categories)).max(categories.length).default([]),
    includeCriminalJusticeRoute: z.boolean().default(false),
    takenAt: instant,
    takenBy: personId,
    validFrom: localDate.optional(),
    validUntil: localDate.optional(),
    explained: z.strictObject({
      statements: z.array(z.string().max(60)).max(10),
      wordingVersion: shortText,
      language: z
        .string()
        .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, { error: 'must be a language tag, as en or cy' }),
      copyGiven: z.boolean(),
    }),
  })
  .meta({ id: 'Consent' });
export type ConsentFormData = z.infer<typeof consentForm>;
/** A consent without the client: what it allows is the same whoever signs it. */
export type ConsentTerms = Omit<ConsentFormData, 'client'>;

/** A client takes consent back: of one form's purposes or of named ones, keeping expressly what `keep` names. At once, by any party to the case. */
export const withdrawalForm = z
  .strictObject({
    form: z.enum(consentForms),
    keep: z
      .array(z.enum(purposes))
      .refine((kept) => new Set(kept).size === kept.length, {
        error: 'must name each purpose once',
      })
      .default([]),
    withdrawnAt: instant,
    how: z.enum(['in-person', 'by-telephone', 'in-writing']),
    takenBy: personId,
  })
  .meta({ id: 'Withdrawal' });
export type WithdrawalFormData = z.infer<typeof withdrawalForm>;
