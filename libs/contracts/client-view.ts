import { z } from 'zod';
import { categories, consentForms, purposes } from './purposes.js';

/** A party or an agency as a person knows it. `id` is absent for "whoever serves this area". */
const namedParty = z.strictObject({ id: z.string(), name: z.string() });

/**
 * What became of one message about the client. `told`: all of it went; `told-in-part`: without what the client ruled out; `waiting`: for
 * somebody who serves the area; `blocked`: never left; `stopped`: taken back before it was read.
 */
const viewOutcomes = ['told', 'told-in-part', 'waiting', 'blocked', 'stopped'] as const;
/** Why something was blocked or stopped, in as much as the client may want to know. */
const viewReasons = [
  'no-consent',
  'withdrawn',
  'limited',
  'nobody-serves-area',
  'details-did-not-match',
  'form-was-wrong',
] as const;

export const viewEntry = z
  .strictObject({
    message: z.string(),
    at: z.string(),
    type: z.string(),
    from: namedParty,
    to: namedParty,
    outcome: z.enum(viewOutcomes),
    reason: z.enum(viewReasons).optional(),
    told: z.array(z.enum(categories)).meta({ description: 'Kinds of information that went' }),
    withheld: z
      .array(z.enum(categories))
      .meta({ description: 'Kinds of information that were left out' }),
    /** Pulled by the recipient before a withdrawal: it was asked to stop using it. */
    stopUsing: z.boolean(),
    sameAgency: z
      .boolean()
      .meta({ description: 'Between offices of one organisation: no consent is asked' }),
    consents: z.array(
      z.strictObject({ consent: z.string(), form: z.enum(consentForms), recordedAt: z.string() }),
    ),
  })
  .meta({ id: 'ClientViewEntry' });
export type ViewEntry = z.infer<typeof viewEntry>;

export const viewConsent = z
  .strictObject({
    from: namedParty,
    to: namedParty,
    purpose: z.enum(purposes),
    form: z.enum(consentForms),
    state: z.enum(['given', 'refused', 'withdrawn', 'lapsed', 'not-yet']),
    ruledOut: z.array(z.enum(categories)),
    validFrom: z.string().meta({ description: 'First day, YYYY-MM-DD' }),
    validUntil: z.string().meta({ description: 'Last day, YYYY-MM-DD' }),
    recordedAt: z.string(),
    withdrawnAt: z.string().optional(),
  })
  .meta({ id: 'ClientViewConsent' });
export type ViewConsent = z.infer<typeof viewConsent>;

/** One page of the view. The first has the consents; entries follow, oldest first. `scope`: all of it, or one agency's own part of a case. */
export const clientViewReply = z.strictObject({
  scope: z.enum(['whole', 'own-part']),
  madeAt: z.string(),
  page: z.int(),
  pages: z.int(),
  consents: z.array(viewConsent),
  entries: z.array(viewEntry),
});
export type ClientView = z.infer<typeof clientViewReply>;

/** `client-view`, from a party: its own part of a case. */
export const askClientView = z.strictObject({
  case: z.uuid(),
  page: z.int().min(0).max(10_000).default(0),
});
/** `client-view`, from the operator: each page of what was released, once, in order. */
export const askReleasedView = z.strictObject({
  release: z.uuid(),
  page: z.int().min(0).max(10_000),
});
