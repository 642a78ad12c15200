import { z } from 'zod';
import { uuidVersion } from './message-id.js';
import { trimmedText } from './checked-text.js';
import { instant, personId, referenceProblem } from './form-fields.js';

/** A case id: chosen by the sender who opens the case, opaque, the only thing about a client that recipients get beside the form. */
const casePattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const caseId = z
  .string()
  .regex(casePattern, { error: 'must be a lower-case UUID of your own making' })
  .meta({
    description:
      'The case: a UUID that whoever opens it makes up, the same in every later message about it. It says nothing about the client',
  });

const caserefPattern = /^[A-Za-z0-9 ./_-]{1,60}$/;

function caserefProblem(text: string): string | undefined {
  return caserefPattern.test(text)
    ? referenceProblem(text)
    : 'must be at most 60 letters, digits, spaces and . / _ -';
}

/** What its fields are is for the form of its type to say: here they are not gone through. */
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The envelope: CloudEvents 1.0, structured JSON mode. `source` is checked against the broker's own word for the sender. `caseref` is
 * the sending agency's own reference for the case: kept for that agency's own mails, never passed on. Unknown attributes are refused.
 */
export const envelopeSchema = z
  .strictObject({
    specversion: z.literal('1.0', { error: 'must be "1.0"' }),
    id: z
      .string()
      .refine((id) => uuidVersion(id) !== undefined, {
        error: 'must be a lower-case UUID (version 7 from agencies)',
      })
      .meta({
        description:
          'A lower-case UUID version 7, made new for each message, at most 7 days old; send the same one only to repeat',
      }),
    source: z
      .string()
      .regex(/^\/parties\/[a-z][a-z0-9_]{0,39}$/, { error: 'must be /parties/<party id>' })
      .meta({ description: '/parties/ and your own party, the one your token belongs to' }),
    type: z.string().max(100),
    time: instant,
    datacontenttype: z.literal('application/json').optional(),
    case: caseId.optional(),
    caseref: trimmedText(caserefProblem)
      .meta({
        pattern: caserefPattern.source,
        description:
          "Your own reference for the case: stands in your own people's mail, never passed on. Put no name or NI number there: an NI number is refused",
      })
      .optional(),
    to: z.string().max(120).meta({
      description:
        'A party; area:<district>/<role>, as area:west-yorkshire/treatment; or mesh, where nobody but the mesh is told',
    }),
    actor: personId.optional(),
    data: z
      .custom<Record<string, unknown>>(isObject, { error: 'must be an object' })
      .meta({ type: 'object' }),
  })
  .meta({ id: 'MeshMessage' });
export type MeshEnvelope = z.infer<typeof envelopeSchema>;

/** What the guard adds for the recipient: that something was left out (not what), and the terms every reader at a job centre or at probation gets. */
export interface DeliveredMarks {
  readonly leftout?: true;
  readonly terms?: string;
}
export type DeliveredMessage = Omit<MeshEnvelope, 'caseref'> & DeliveredMarks;

/** Every message to a job centre carries this. Joint working, "Consent". */
export const supportOnlyTerms = 'Voluntary; for support only; no evidence for a sanction.';

/** Every message to probation carries this: it is no evidence that an order was breached. */
export const noBreachTerms = 'Voluntary; for support only; no evidence for a breach.';

export const guardSource = '/parties/guard';
export const sourceOf = (party: string): string => `/parties/${party}`;
export const partyOfSource = (source: string): string => source.slice('/parties/'.length);
