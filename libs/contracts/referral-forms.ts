import { z } from 'zod';
import { inCategory } from './field.js';
import { clientIdentity, localDate, partyId } from './form-fields.js';

const adm = <T extends z.ZodType>(schema: T): T => inCategory('administration', schema);

/** Why a provider cannot take a client. None says anything clinical; `client-asked` only where the client wants it told. */
export const declineReasons = [
  'no-capacity',
  'outside-our-area',
  'service-not-offered',
  'could-not-contact',
  'client-asked',
] as const;

/** Reasons for which another provider can be asked. The others lie with the client. */
export const elsewhereReasons = ['no-capacity', 'outside-our-area', 'service-not-offered'] as const;

/** A provider or single point of contact cannot take the client: back to the referrer. Step 1. */
export const declinedForm = z
  .strictObject({
    referral: adm(z.uuid()),
    reason: inCategory('attendance', z.enum(declineReasons)),
    clientAgreedToTell: adm(z.boolean()).optional(),
  })
  .refine((form) => form.reason !== 'client-asked' || form.clientAgreedToTell === true, {
    path: ['clientAgreedToTell'],
    error:
      'must be true where the reason is client-asked: it is told only if the client wants it told',
  });

/** The provider gives a referral back to the single point of contact that passed it on. Step 1. */
export const handedBackForm = z.strictObject({
  referral: adm(z.uuid()),
  reason: inCategory('attendance', z.enum(elsewhereReasons)),
});

/** The referrer takes the referral back, before the client has attended. No reason is told. Step 1. */
export const cancelledForm = z.strictObject({ referral: adm(z.uuid()) });

/** The single point of contact tells the referrer to which provider it passed the client. Step 1. */
export const passedOnForm = z.strictObject({
  referral: adm(z.uuid()),
  provider: inCategory('referral', partyId),
});

/** Nothing more is expected of the provider after an absence or an exit. It says no more than that. Steps 2, 9. */
export const nothingMoreForm = z.strictObject({ about: adm(z.uuid()) });

/** A contracted provider returns the DPA1 that it took to the job centre, which updates its record. Steps 1, 6. */
export const dpa1ReturnedForm = z.strictObject({
  consent: adm(z.uuid()),
  client: clientIdentity,
  validUntil: adm(localDate).optional(),
});

/** Who leads for education, training and employment where a Drug Rehabilitation Requirement applies. Step 3. */
export const leadProposedForm = z.strictObject({
  lead: inCategory('employment', z.enum(['keyworker', 'offender-manager'])),
  from: inCategory('employment', localDate),
});
export const leadAnswerForm = z.strictObject({ proposal: adm(z.uuid()) });
