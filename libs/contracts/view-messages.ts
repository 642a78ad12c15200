import { z } from 'zod';
import { inCategory } from './field.js';
import { localDate } from './form-fields.js';
import type { MessageRule } from './message-rule.js';
import { agencies } from './participants.js';

const none = {
  protocolStep: 0,
  to: ['mesh'],
  purpose: null,
  facts: [],
  opens: [],
  notices: [],
} as const;

/** The client asked to see who was told what. Sent by a person who may release it, under their own agency's key. */
const viewRequestForm = z
  .strictObject({ clientAskedOn: inCategory('administration', localDate) })
  .meta({ id: 'ClientViewRequest' });
/** A second person agrees: of another agency bound to the same case; where no other is, of the same agency. */
const viewApprovalForm = z
  .strictObject({ request: inCategory('administration', z.uuid()) })
  .meta({ id: 'ClientViewApproval' });
/** The operator's tool takes it out, once, for the client. `approval` is the second person's message. */
const viewReleaseForm = z.strictObject({ approval: z.uuid() });
export type ViewRelease = z.infer<typeof viewReleaseForm>;

/**
 * The whole of a client's view leaves the mesh only with three keys: two agencies' and the operator's. Where a case is one agency's alone, that
 * agency's part leaves with two of its people and the operator. Each is a message, so on record.
 */
export const viewMessages = {
  'client-view.requested': {
    ...none,
    title: 'The client asks to see who was told what',
    form: viewRequestForm,
    from: agencies,
    caseUse: 'needs',
  },
  'client-view.approved': {
    ...none,
    title: 'A second person agrees that the client gets it',
    form: viewApprovalForm,
    from: agencies,
    caseUse: 'needs',
    cites: 'request',
  },
  'client-view.released': {
    ...none,
    title: 'The client’s view is taken out for the client',
    form: viewReleaseForm,
    from: ['service'],
    only: 'svc_ops',
    caseUse: 'none',
  },
} as const satisfies Record<string, MessageRule>;
