import * as forms from './forms.js';
import type { MessageRule } from './message-rule.js';
import {
  recipientCaseworker,
  recipientLeader,
  referrers,
  senderCaseworker,
  takers,
  treaters,
} from './participants.js';
import * as referralForms from './referral-forms.js';

/** What goes back along a referral: covered by the TPR1 consent, both ways. */
const back = {
  protocolStep: 1,
  to: referrers,
  purpose: 'attendance-feedback',
  caseUse: 'needs',
  cites: 'referral',
} as const;

/**
 * Step 1, the referral:
 *
 *   requested ─▶ (SPoC) ─forwarded─▶ acknowledged ─▶ appointment …
 *       │            ▲      │  └─handed back─┘
 *       │            └──────┴─declined─▶ referrer: refer elsewhere, or ask the client
 *       └─cancelled─▶ the provider expects nobody
 */
export const referralMessages = {
  'referral.requested': {
    title: 'Referral requested (TPR1)',
    protocolStep: 1,
    form: forms.referralForm,
    from: referrers,
    to: ['treatment-provider', 'spoc', 'area'],
    purpose: 'refer-to-treatment',
    caseUse: 'opens',
    facts: [],
    opens: [{ step: 'acknowledge-referral', owner: recipientCaseworker }],
    notices: [{ kind: 'referral-received', to: recipientCaseworker }],
  },
  'referral.forwarded': {
    title: 'Referral passed on by the single point of contact',
    protocolStep: 1,
    form: forms.forwardForm,
    from: ['spoc'],
    to: ['treatment-provider'],
    purpose: 'refer-to-treatment',
    caseUse: 'needs',
    facts: [],
    cites: 'referral',
    opens: [{ step: 'acknowledge-referral', owner: recipientCaseworker }],
    notices: [{ kind: 'referral-received', to: recipientCaseworker }],
  },
  'referral.passed-on': {
    ...back,
    title: 'To which provider the single point of contact passed the client',
    form: referralForms.passedOnForm,
    from: ['spoc'],
    facts: ['provider'],
    opens: [],
    notices: [{ kind: 'referral-passed-on', to: recipientCaseworker }],
  },
  'referral.acknowledged': {
    ...back,
    title: 'Referral acknowledged',
    form: forms.acknowledgeForm,
    from: takers,
    facts: ['keyworker'],
    opens: [
      { step: 'book-first-appointment', owner: senderCaseworker, sentBy: 'treatment-provider' },
      { step: 'choose-provider', owner: senderCaseworker, sentBy: 'spoc' },
    ],
    notices: [{ kind: 'referral-acknowledged', to: recipientCaseworker }],
  },
  'referral.declined': {
    ...back,
    title: 'Referral declined: the client cannot be taken',
    form: referralForms.declinedForm,
    from: takers,
    facts: ['reason'],
    opens: [
      {
        step: 'refer-elsewhere',
        owner: recipientCaseworker,
        when: { reason: referralForms.elsewhereReasons },
      },
      {
        step: 'ask-client',
        owner: recipientCaseworker,
        when: { reason: ['could-not-contact', 'client-asked'] },
      },
      {
        step: 'tell-client',
        owner: recipientCaseworker,
        when: { reason: referralForms.elsewhereReasons },
      },
    ],
    notices: [{ kind: 'referral-declined', to: recipientCaseworker }],
  },
  'referral.handed-back': {
    title: 'Referral given back to the single point of contact',
    protocolStep: 1,
    form: referralForms.handedBackForm,
    from: treaters,
    to: ['spoc'],
    purpose: 'refer-to-treatment',
    caseUse: 'needs',
    facts: ['reason'],
    cites: 'referral',
    opens: [{ step: 'choose-provider', owner: recipientCaseworker }],
    notices: [{ kind: 'referral-handed-back', to: recipientCaseworker }],
  },
  'referral.cancelled': {
    title: 'Referral taken back before the client attended',
    protocolStep: 1,
    form: referralForms.cancelledForm,
    from: [...referrers, 'spoc'],
    to: takers,
    purpose: 'refer-to-treatment',
    caseUse: 'needs',
    facts: [],
    cites: 'referral',
    opens: [{ step: 'tell-provider-cancelled', owner: recipientCaseworker, sentTo: 'spoc' }],
    notices: [{ kind: 'referral-cancelled', to: recipientCaseworker }],
  },
  'absence.nothing-more': {
    title: 'Nothing more is expected of the provider after an absence',
    protocolStep: 2,
    form: referralForms.nothingMoreForm,
    from: referrers,
    to: treaters,
    purpose: 'refer-to-treatment',
    caseUse: 'needs',
    facts: [],
    cites: 'about',
    opens: [],
    notices: [{ kind: 'nothing-more-expected', to: recipientCaseworker }],
  },
  'provider.notice': {
    title: 'Contracted provider tells the job centre of attendance (NFP, FND4)',
    protocolStep: 2,
    form: forms.providerNoticeForm,
    from: ['contracted-provider'],
    to: ['jobcentre'],
    purpose: 'notify-jcp',
    caseUse: 'needs',
    facts: ['form', 'attendance', 'on'],
    opens: [],
    notices: [{ kind: 'provider-notice', to: recipientLeader }],
  },
  'dpa1.returned': {
    title: 'Contracted provider returns the DPA1 that it took to the job centre',
    protocolStep: 6,
    form: referralForms.dpa1ReturnedForm,
    from: ['contracted-provider'],
    to: ['jobcentre'],
    purpose: 'notify-jcp',
    caseUse: 'needs',
    facts: ['validUntil'],
    cites: 'consent',
    opens: [{ step: 'update-record', owner: recipientCaseworker }],
    notices: [{ kind: 'dpa1-returned', to: recipientCaseworker }],
  },
} as const satisfies Record<string, MessageRule>;
