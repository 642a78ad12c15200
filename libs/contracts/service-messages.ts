import type { MessageRule } from './message-rule.js';
import * as forms from './service-forms.js';

const ours = {
  protocolStep: 0,
  from: ['service'],
  purpose: null,
  caseUse: 'none',
  opens: [],
  notices: [],
} as const;

/** The mesh's own messages: they travel the same road, and the guard checks each against the record it cites. */
export const serviceMessages = {
  'directory.party-put': {
    ...ours,
    onEventsWhole: true,
    title: 'Directory: a party',
    form: forms.partyPutForm,
    to: ['mesh'],
    only: 'svc_ops',
    facts: [],
  },
  'directory.person-put': {
    ...ours,
    onEventsWhole: true,
    title: 'Directory: a person',
    form: forms.personPutForm,
    to: ['mesh'],
    only: 'svc_ops',
    facts: ['person'],
  },
  'directory.agreement-put': {
    ...ours,
    title: 'Directory: a local sharing agreement',
    form: forms.agreementPutForm,
    to: ['mesh'],
    only: 'svc_ops',
    facts: ['offices', 'until', 'active'],
  },
  'people.mailbox-put': {
    ...ours,
    title: 'A mailbox and its key',
    form: forms.mailboxPutForm,
    to: ['service'],
    only: 'svc_ops',
    facts: [],
  },
  'deadletter.redrive': {
    ...ours,
    title: 'Send a dead letter again',
    form: forms.redriveForm,
    to: ['mesh'],
    only: 'svc_ops',
    facts: [],
  },
  'route.answered': {
    ...ours,
    title: 'Which party serves a waiting message',
    form: forms.routeForm,
    to: ['mesh'],
    only: 'svc_router',
    facts: [],
  },
  'notice.requested': {
    ...ours,
    title: 'A person is to be told',
    form: forms.noticeRequestForm,
    to: ['service'],
    only: 'svc_router',
    facts: ['kind', 'person', 'step', 'dueOn', 'escalation'],
  },
  'reminder.due': {
    ...ours,
    title: 'A reminder falls due',
    form: forms.reminderDueForm,
    to: ['mesh'],
    only: 'svc_reminders',
    facts: ['kind', 'dueOn', 'occurrence'],
  },
  'mail.reported': {
    ...ours,
    title: 'What became of a mail',
    form: forms.mailReportForm,
    to: ['mesh'],
    only: 'svc_notifier',
    facts: ['outcome', 'reason', 'person'],
  },
  'notice.stop': {
    ...ours,
    title: 'Mail of these notices is not to go out',
    form: forms.noticeStopForm,
    from: [],
    to: ['service'],
    facts: [],
  },
  'deadletter.reported': {
    ...ours,
    title: 'A service could not work a message',
    form: forms.deadLetterForm,
    to: ['mesh'],
    facts: [],
  },
} as const satisfies Record<string, MessageRule>;
