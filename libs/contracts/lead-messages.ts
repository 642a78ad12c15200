import type { MessageRule } from './message-rule.js';
import { recipientCaseworker, treaters } from './participants.js';
import * as forms from './referral-forms.js';

const between = {
  protocolStep: 3,
  from: [...treaters, 'probation'],
  to: [...treaters, 'probation'],
  purpose: 'agree-ete-lead',
  caseUse: 'needs',
} as const;

/**
 * Step 3, where a Drug Rehabilitation Requirement applies: keyworker and offender manager agree who leads for education, training and
 * employment. Changed by another proposal. The messages say who leads and from when; never attendance, never an exit.
 *
 *   proposed ─┬▶ agreed (recorded with the care plan)
 *             └▶ declined ─▶ proposed again
 */
export const leadMessages = {
  'lead.proposed': {
    ...between,
    title: 'Who is to lead for education, training and employment',
    form: forms.leadProposedForm,
    facts: ['lead', 'from'],
    opens: [{ step: 'answer-lead', owner: recipientCaseworker }],
    notices: [{ kind: 'lead-proposed', to: recipientCaseworker }],
  },
  'lead.agreed': {
    ...between,
    title: 'The lead is agreed',
    form: forms.leadAnswerForm,
    facts: [],
    cites: 'proposal',
    opens: [],
    notices: [{ kind: 'lead-agreed', to: recipientCaseworker }],
  },
  'lead.declined': {
    ...between,
    title: 'The proposed lead is declined',
    form: forms.leadAnswerForm,
    facts: [],
    cites: 'proposal',
    opens: [{ step: 'propose-lead', owner: recipientCaseworker }],
    notices: [{ kind: 'lead-declined', to: recipientCaseworker }],
  },
} as const satisfies Record<string, MessageRule>;
