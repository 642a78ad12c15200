import * as forms from './forms.js';
import type { MessageRule } from './message-rule.js';
import { recipientCaseworker, referrers, senderCaseworker, treaters } from './participants.js';

const fromProvider = {
  from: treaters,
  to: referrers,
  purpose: 'attendance-feedback',
  caseUse: 'needs',
} as const;

/** A contracted provider owes the job centre a notice of attendance, NFP or FND4, for each outcome it is told. */
const providerNotice = {
  step: 'send-provider-notice',
  owner: recipientCaseworker,
  sentTo: 'contracted-provider',
} as const;

/**
 * Steps 1 and 2, the first appointment:
 *
 *   booked ─┬─▶ attended · did not attend ─corrected by─▶ the other
 *     ▲     ├─▶ moved (stands in its place)
 *     └─────┴─▶ cancelled: to be booked again, or the referral declined
 */
export const appointmentMessages = {
  'appointment.booked': {
    ...fromProvider,
    title: 'Appointment booked',
    protocolStep: 1,
    form: forms.appointmentForm,
    facts: ['startsAt'],
    cites: 'referral',
    opens: [
      { step: 'tell-outcome', owner: senderCaseworker, from: 'startsAt' },
      { step: 'tell-client', owner: recipientCaseworker },
    ],
    notices: [{ kind: 'appointment-booked', to: recipientCaseworker }],
  },
  'appointment.moved': {
    ...fromProvider,
    title: 'Appointment moved',
    protocolStep: 1,
    form: forms.appointmentMovedForm,
    facts: ['startsAt'],
    cites: 'appointment',
    opens: [
      { step: 'tell-outcome', owner: senderCaseworker, from: 'startsAt' },
      { step: 'tell-client', owner: recipientCaseworker },
    ],
    notices: [{ kind: 'appointment-moved', to: recipientCaseworker }],
  },
  'appointment.cancelled': {
    ...fromProvider,
    title: 'Appointment cancelled',
    protocolStep: 1,
    form: forms.appointmentCancelledForm,
    facts: [],
    cites: 'appointment',
    opens: [
      { step: 'book-first-appointment', owner: senderCaseworker },
      { step: 'tell-client', owner: recipientCaseworker },
    ],
    notices: [{ kind: 'appointment-cancelled', to: recipientCaseworker }],
  },
  'appointment.attended': {
    ...fromProvider,
    title: 'TPR1 return: attended',
    protocolStep: 2,
    form: forms.attendedForm,
    facts: ['on', 'appointment', 'corrects'],
    cites: 'referral',
    opens: [providerNotice],
    notices: [
      { kind: 'attended', to: recipientCaseworker, when: { corrects: { present: false } } },
      { kind: 'outcome-corrected', to: recipientCaseworker, when: { corrects: { present: true } } },
      { kind: 'provider-notice-due', to: recipientCaseworker, sentTo: 'contracted-provider' },
    ],
  },
  'appointment.did-not-attend': {
    ...fromProvider,
    title: 'TPR1 return: did not attend',
    protocolStep: 2,
    form: forms.didNotAttendForm,
    facts: ['on', 'appointment', 'corrects'],
    cites: 'referral',
    opens: [{ step: 'discuss-did-not-attend', owner: recipientCaseworker }, providerNotice],
    notices: [
      { kind: 'did-not-attend', to: recipientCaseworker },
      { kind: 'provider-notice-due', to: recipientCaseworker, sentTo: 'contracted-provider' },
    ],
  },
} as const satisfies Record<string, MessageRule>;
