import { consentForm, withdrawalForm } from './consent-forms.js';
import type { MessageRule } from './message-rule.js';
import { agencies, senderCaseworker } from './participants.js';

const dpa1ToReturn = {
  sentBy: 'contracted-provider',
  when: { form: 'DPA1', decision: 'given' },
} as const;
/** Who keeps a record under a DPA1. A provider that records its withdrawal keeps none. */
const keepers = ['jobcentre', 'contracted-provider'] as const;
const dpa1 = { when: { form: 'DPA1' } } as const;
const dpa1Given = { form: 'DPA1', decision: 'given' } as const;
const dpa1Refused = { form: 'DPA1', decision: 'refused' } as const;

/** Consents go to the guard: recorded, limited and withdrawn on the same road, in the sender's own order. */
export const consentMessages = {
  'consent.recorded': {
    title: 'Consent given or refused (DPA1, TPR1, TPR2 part 3)',
    protocolStep: 1,
    form: consentForm,
    from: agencies,
    to: ['mesh'],
    purpose: null,
    caseUse: 'opens',
    facts: ['form', 'decision', 'validUntil'],
    opens: [
      { step: 'return-dpa1', owner: senderCaseworker, ...dpa1ToReturn },
      { step: 'take-off-record', owner: senderCaseworker, when: dpa1Refused },
      { step: 'update-record', owner: senderCaseworker, when: dpa1Given, record: 'opened' },
    ],
    notices: [
      { kind: 'dpa1-to-return', to: senderCaseworker, ...dpa1ToReturn },
      { kind: 'take-off-record', to: senderCaseworker, when: dpa1Refused },
    ],
  },
  'consent.withdrawn': {
    title: 'Consent withdrawn',
    protocolStep: 1,
    form: withdrawalForm,
    from: agencies,
    to: ['mesh'],
    purpose: null,
    caseUse: 'needs',
    facts: ['form', 'withdrawnAt', 'keep'],
    opens: keepers.map((sentBy) => ({
      step: 'take-off-record',
      owner: senderCaseworker,
      sentBy,
      ...dpa1,
    })),
    // Whoever of the agency recorded it: the adviser is who takes it off the record.
    notices: keepers.map((sentBy) => ({
      kind: 'take-off-record',
      to: senderCaseworker,
      sentBy,
      ...dpa1,
    })),
  },
} as const satisfies Record<string, MessageRule>;
