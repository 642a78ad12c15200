import * as forms from './forms.js';
import type { MessageRule } from './message-rule.js';
import {
  referrers,
  treaters,
  senderCaseworker,
  recipientCaseworker,
  recipientLeader,
} from './participants.js';

const fromProvider = {
  protocolStep: 7,
  from: treaters,
  to: referrers,
  purpose: 'three-way-review',
  caseUse: 'needs',
} as const;
const fromHost = {
  protocolStep: 7,
  from: referrers,
  to: treaters,
  purpose: 'three-way-review',
  caseUse: 'needs',
} as const;

/**
 * Step 7, the three-way employability review (3WER):
 *
 *   requested ─▶ offered ─┬▶ accepted ─┬▶ held ─▶ outcome
 *                ▲   │    │            └▶ not held ─┐
 *                └───┼────┴─ declined ◀─────────────┘ (offered again)
 *                    └─▶ moved: answered as an offer        cancelled, by either side: ends it anywhere
 */
export const reviewMessages = {
  'review.requested': {
    ...fromProvider,
    title: 'Three-way review requested',
    form: forms.reviewRequestForm,
    facts: ['wantedBy'],
    opens: [{ step: 'offer-review', owner: recipientLeader }],
    notices: [{ kind: 'review-requested', to: recipientLeader }],
  },
  'review.offered': {
    ...fromHost,
    title: 'Review appointment offered',
    form: forms.reviewOfferForm,
    facts: ['startsAt', 'interview'],
    cites: 'request',
    opens: [{ step: 'answer-review-offer', owner: recipientCaseworker }],
    notices: [{ kind: 'review-offered', to: recipientCaseworker }],
  },
  'review.moved': {
    ...fromHost,
    title: 'Review appointment moved',
    form: forms.reviewMovedForm,
    facts: ['startsAt', 'interview'],
    cites: 'offer',
    opens: [{ step: 'answer-review-offer', owner: recipientCaseworker }],
    notices: [
      { kind: 'review-moved', to: recipientCaseworker },
      { kind: 'review-moved', to: senderCaseworker },
    ],
  },
  'review.cancelled': {
    ...fromHost,
    title: 'Review called off',
    form: forms.reviewCancelledForm,
    from: [...referrers, ...treaters],
    to: [...referrers, ...treaters],
    facts: [],
    cites: 'review',
    // An offer and a move are agreed with the client before they are answered; that a review is off the client hears from the keyworker.
    opens: [{ step: 'tell-client', owner: recipientCaseworker, sentTo: 'treatment-provider' }],
    notices: [
      { kind: 'review-cancelled', to: recipientCaseworker },
      { kind: 'review-cancelled', to: senderCaseworker },
    ],
  },
  'review.asked-at-job-centre': {
    title: 'The customer asked at the job centre for a review, and was told to ask their keyworker',
    protocolStep: 8,
    form: forms.reviewAskedForm,
    from: referrers,
    to: ['mesh'],
    purpose: null,
    caseUse: 'needs',
    facts: ['on'],
    opens: [],
    notices: [],
  },
  'review.accepted': {
    ...fromProvider,
    title: 'Review appointment accepted',
    form: forms.reviewAnswerForm,
    facts: ['startsAt'],
    cites: 'offer',
    opens: [{ step: 'hold-review', owner: recipientCaseworker, from: 'startsAt' }],
    notices: [
      { kind: 'review-accepted', to: recipientCaseworker },
      { kind: 'review-accepted', to: senderCaseworker },
    ],
  },
  'review.declined': {
    ...fromProvider,
    title: 'Review appointment declined',
    form: forms.reviewDeclineForm,
    facts: [],
    cites: 'offer',
    opens: [{ step: 'offer-review', owner: recipientCaseworker }],
    notices: [{ kind: 'review-declined', to: recipientCaseworker }],
  },
  'review.held': {
    ...fromHost,
    title: 'Review held',
    form: forms.reviewHeldForm,
    facts: ['heldOn', 'asInterview'],
    cites: 'offer',
    opens: [{ step: 'tell-review-outcome', owner: senderCaseworker }],
    notices: [{ kind: 'review-held', to: recipientCaseworker }],
  },
  'review.not-held': {
    ...fromHost,
    title: 'Review not held',
    form: forms.reviewNotHeldForm,
    facts: ['on', 'why'],
    cites: 'offer',
    opens: [{ step: 'offer-review', owner: senderCaseworker }],
    notices: [{ kind: 'review-not-held', to: recipientCaseworker }],
  },
  'review.outcome': {
    ...fromHost,
    title: 'Outcome of the review',
    form: forms.reviewOutcomeForm,
    facts: ['agreementAmended', 'nextReviewOn'],
    cites: 'offer',
    opens: [],
    notices: [{ kind: 'review-outcome', to: recipientCaseworker }],
  },
} as const satisfies Record<string, MessageRule>;
