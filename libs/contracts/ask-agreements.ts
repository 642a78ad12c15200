import { z } from 'zod';
import { agreementPutForm } from './service-forms.js';

/** `agreements`: local sharing agreements as they were put; and pairs of agencies between which messages have passed. */
export const agreementsReply = z.strictObject({
  agreements: z.array(agreementPutForm.extend({ agencies: z.tuple([z.string(), z.string()]) })),
  exchanged: z.array(z.tuple([z.string(), z.string()])),
});
export type Agreements = z.infer<typeof agreementsReply>;
