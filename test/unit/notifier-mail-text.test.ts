import { beforeAll, describe, expect, it } from '@jest/globals';
import * as openpgp from 'openpgp';
import { messageNames } from '#libs/contracts/message-table.js';
import { type NoticeKind, escalations, noticeKinds } from '#libs/contracts/notices.js';
import { partyKinds } from '#libs/contracts/party.js';
import { type Notice, noticeForm } from '#libs/contracts/service-forms.js';
import { stepNames } from '#libs/contracts/steps.js';
import { composeInnerMail } from '#services/notifier/adapters/compose-inner-mail.js';
import { letterOfNotice } from '#services/notifier/domain/letter-of-notice.js';
import { type MailText, renderMailText } from '#services/notifier/domain/mail-text.js';
import { outerHeaderFields } from '#services/notifier/domain/outer-mail.js';
import { sender } from '#test/support/sealing-desk.js';

const caseId = '019353a0-0000-7000-8000-00000000000c';
const notice = (change: Partial<Notice> = {}): Notice => ({
  kind: 'did-not-attend',
  cause: '019353a0-0000-7000-8000-000000000001',
  person: 'p_wandsworth_adviser_1',
  caseReference: 'WND/2026/0042',
  facts: { on: '2026-03-12' },
  audience: 'jobcentre',
  ...change,
});
const river = { name: 'River Lane Services', phone: '020 7946 0123' };

/** As the reader reads it: without the line ends of the wrapping. */
const flat = (change: Partial<Notice>): string =>
  renderMailText(notice(change)).text.replaceAll('\n', ' ');

/** The facts that each kind of notice speaks of, as the guard gives them. */
const factsOf: Readonly<Partial<Record<NoticeKind, Notice['facts']>>> = {
  'appointment-booked': { startsAt: '2026-03-30T09:30:00Z' },
  'appointment-moved': { startsAt: '2026-03-30T09:30:00Z' },
  'did-not-attend': { on: '2026-03-12' },
  attended: { on: '2026-03-12' },
  'outcome-corrected': { on: '2026-03-12', corrects: caseId },
  'receipt-noted': { notedOn: '2026-03-12' },
  'no-trace': { checkedOn: '2026-03-12' },
  'review-requested': { wantedBy: '2026-03-12' },
  'review-offered': { startsAt: '2026-03-30T09:30:00Z' },
  'review-accepted': { startsAt: '2026-03-30T09:30:00Z' },
  'review-moved': { startsAt: '2026-03-30T09:30:00Z' },
  'review-held': { heldOn: '2026-03-12' },
  'review-not-held': { on: '2026-03-12', why: 'postponed' },
  'review-outcome': { agreementAmended: true, nextReviewOn: '2026-06-12' },
  'exit-notice': { exit: 'unplanned', on: '2026-03-12' },
  'claim-changed': { change: 'claim-ended', on: '2026-03-12' },
  'care-plan-review-due': { kind: 'care-plan-review', dueOn: '2026-06-02' },
  'interview-due': { kind: 'claim-interview-13', dueOn: '2026-06-02' },
  'review-appointment-soon': { startsAt: '2026-03-30T09:30:00Z', dueOn: '2026-03-30' },
  'consent-lapsing': { form: 'TPR2', dueOn: '2026-06-02' },
  'agreement-lapsing': { dueOn: '2026-06-02' },
  'next-review-due': { dueOn: '2026-06-02' },
  'outcome-profile-due': { dueOn: '2026-06-02' },
  'provider-notice': { form: 'NFP', attendance: 'attended', on: '2026-03-12' },
  'provider-notice-due': { on: '2026-03-12' },
  'referral-declined': { reason: 'no-capacity' },
  'referral-handed-back': { reason: 'outside-our-area' },
  'dpa1-returned': { validUntil: '2027-03-12' },
  'lead-proposed': { lead: 'keyworker', from: '2026-03-12' },
  'case-moved-here': { from: '2026-03-12' },
};
const audiences = partyKinds.filter((kind) => kind !== 'service');

/** A notice of each kind as full as it can be. */
const full = (kind: NoticeKind, audience: Notice['audience']): Notice =>
  notice({
    kind,
    audience,
    facts: factsOf[kind] ?? {},
    step: 'hold-review',
    dueOn: '2026-04-01',
    shortReference: 'ABCD-EFGH',
    about: 'appointment.did-not-attend',
    counterpart: river,
    clientWasTold: true,
    nextInterviewOn: '2026-03-20',
    appointment: { root: caseId, sequence: 1, cancelled: kind.endsWith('cancelled') },
    ...(kind === 'steps-inherited' ? { references: ['WND/1', 'WND/2'] } : {}),
  });

const readsWhole = ({ subject, text }: MailText): void => {
  expect(`${subject}${text}`).toMatch(/^[\x20-\x7e\n]+$/);
  expect(`${subject}${text}`).not.toMatch(/undefined|null|NaN|\[object|\bp_|\btp_|Invalid/);
  expect(text).not.toMatch(/ {2}| [.,;]|\.\.|^\n/);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(78);
};

describe.each(noticeKinds)('the notice %s', (kind) => {
  it.each(audiences)('reads whole at a %s, with all it may hold and with nothing', (audience) => {
    expect(noticeForm.safeParse(full(kind, audience)).success).toBe(true);
    for (const escalation of escalations)
      readsWhole(renderMailText({ ...full(kind, audience), escalation }));
    readsWhole(renderMailText(notice({ kind, audience, facts: {} })));
  });

  it('speaks of every fact that it is given', () => {
    const spoken = renderMailText(full(kind, 'jobcentre')).text;
    for (const [fact, value] of Object.entries(factsOf[kind] ?? {}))
      expect([
        fact,
        spoken !==
          renderMailText({
            ...full(kind, 'jobcentre'),
            facts: { ...factsOf[kind], [fact]: otherOf(value) },
          }).text,
      ]).toEqual([fact, !unspoken.has(`${kind} ${fact}`)]);
  });

  it('tells in its subject neither treatment, nor the organisation, nor the message behind it', () => {
    const { subject } = renderMailText(full(kind, 'jobcentre'));
    expect(subject).not.toMatch(
      /treatment|drug|substance|addict|heroin|crack|alcohol|recovery|rehab|probation|offender|keyworker|River|did not attend/i,
    );
  });
});

/** Facts that the mail leaves to the reader's system: why a review was not held; the day, where the time is told. */
const unspoken = new Set([
  'review-not-held why',
  'review-appointment-soon dueOn',
  'care-plan-review-due kind',
  'outcome-corrected corrects',
]);
const otherOf = (value: unknown): string =>
  value === 'attended'
    ? 'did-not-attend'
    : String(value).startsWith('20')
      ? String(value).replace('-03-', '-01-').replace('-06-', '-01-')
      : 'other';

describe('the text of a notice', () => {
  it("says whose case it is by the agency's own reference, what happened, what to do and by when", () => {
    const { subject, text } = renderMailText(
      notice({ step: 'discuss-did-not-attend', dueOn: '2026-03-26' }),
    );
    expect(subject).toBe('Appointment not attended: WND/2026/0042');
    expect(text).toContain('Case: WND/2026/0042');
    expect(flat({})).toContain('did not attend the appointment on Thursday 12 March 2026');
    expect(flat({})).toContain('What to do: Discuss it with the client, in private');
    expect(text).toContain('By: Thursday 26 March 2026');
  });

  it('names the organisation on the other side, whom to ring, and the kind of message', () => {
    const { text } = renderMailText(
      notice({
        shortReference: 'ABCD-EFGH',
        about: 'appointment.did-not-attend',
        counterpart: river,
      }),
    );
    expect(text.split('\n\n')[0]?.split('\n')).toEqual([
      'Case: WND/2026/0042',
      'Short reference: ABCD-EFGH; type it into the worklist or say it by telephone',
      'About: TPR1 return: did not attend',
      'Other organisation: River Lane Services',
      'To ring them: 020 7946 0123',
    ]);
    expect(text).toContain('River Lane Services tells you that the client did not attend');
  });

  it('finds a case that has no reference of the reader’s own yet by the short one', () => {
    for (const caseReference of [caseId, '', 'ABCD-EFGH']) {
      const { subject, text } = renderMailText(
        notice({ kind: 'referral-received', caseReference, shortReference: 'ABCD-EFGH' }),
      );
      expect(subject).toBe('Referral received: ABCD-EFGH');
      expect(text).toMatch(/^Short reference: ABCD-EFGH;/);
      expect(text).not.toContain('Case: ');
      expect(text).not.toContain(caseId);
    }
  });

  it('keeps the name of an organisation on its line', () => {
    const name = 'River\r\nWhat to do: Ring 0900';
    expect(renderMailText(notice({ counterpart: { name } })).text).toContain(
      'Other organisation: River What to do: Ring 0900',
    );
  });

  it.each(['seek-consent', 'check-identity', 'send-again'] as const)(
    '%s names the message that did not pass, and whom it was for',
    (kind) => {
      const text = flat({ kind, about: 'tpr2.shared', counterpart: river });
      expect(text).toContain('Your message "Employment-related information shared (TPR2)" was');
      expect(text).toContain('Other organisation: River Lane Services');
      expect(flat({ kind, about: 'gossip' })).toContain('Something you sent was');
    },
  );

  it.each([
    ['spoc', 'decline the referral, so that the referrer can ask'],
    ['treatment-provider', 'Speak with the client, not with the referrer'],
    ['jobcentre', 'a client who wants it can tell them'],
  ] as const)('ask-taker tells a %s what it can do, and whom not to ask', (audience, words) => {
    expect(flat({ kind: 'ask-taker', audience })).toContain(words);
  });

  it.each([
    ['DPA1', 'come off the record'],
    ['TPR1', 'its outcome included'],
    ['TPR2', 'an exit notice included'],
  ])('names the consent that lapses: %s', (form, after) => {
    const text = flat({ kind: 'consent-lapsing', facts: { form, dueOn: '2026-06-02' } });
    expect(text).toContain(form);
    expect(text).toContain('lapses on Tuesday 2 June 2026');
    expect(text).toContain(after);
  });

  it('tells in an absence alert whether the client had been told of the appointment', () => {
    expect(flat({ clientWasTold: true })).toContain('The client had been told of the appointment.');
    expect(flat({ clientWasTold: false })).toContain(
      'Nobody has recorded that the client was told.',
    );
    expect(flat({})).not.toMatch(/told of the appointment|was told/);
  });

  it('tells of an absence that takes the place of an attendance', () => {
    expect(flat({ facts: { on: '2026-03-12', corrects: caseId } })).toContain('was a mistake');
    expect(flat({})).not.toContain('mistake');
  });

  it('shows the team leader the next interview when a review is asked for', () => {
    const text = flat({ kind: 'review-requested', facts: {}, nextInterviewOn: '2026-06-01' });
    expect(text).toContain("Offer the client's next interview first, which falls on Monday 1 June");
    expect(flat({ kind: 'review-requested', facts: {} })).toContain('next appointment');
  });

  it('says that a DPA1 lapses which was returned to the reader', () => {
    const text = flat({
      kind: 'consent-lapsing',
      about: 'dpa1.returned',
      facts: { dueOn: '2026-06-02' },
    });
    expect(text).toContain('The DPA1, which lets the job centre keep this on its record, lapses');
  });

  it('says whether one message or all that was shared is to be used no more', () => {
    const text = (facts: Notice['facts']) => flat({ kind: 'stop-using', facts });
    expect(text({ message: caseId })).toContain('One message that was shared with you');
    expect(text({})).toContain('What was shared with you in this case');
  });

  it('lists the cases of a colleague’s steps, and counts them in the subject', () => {
    const { subject, text } = renderMailText(
      notice({ kind: 'steps-inherited', references: ['WND/2026/0042', 'WND/2026/0051'] }),
    );
    expect(subject).toBe('Steps that came to you: 2 cases');
    expect(text).toContain('Cases: WND/2026/0042, WND/2026/0051.');
    expect(text).not.toContain('Case: ');
  });

  it('tells one who gets a referral as a single point of contact to pass it on', () => {
    const next = (audience: Notice['audience']) => flat({ kind: 'referral-received', audience });
    expect(next('spoc')).toContain('choose a provider and pass it on');
    expect(next('treatment-provider')).toContain('book a first appointment');
  });

  it.each(['review-cancelled', 'stop-using', 'exit-notice'] as const)(
    '%s says that the appointment is off only where one stood',
    (kind) => {
      const appointment = { root: caseId, sequence: 2, cancelled: true };
      expect(flat({ kind, facts: {}, appointment })).toContain('The appointment is off.');
      expect(flat({ kind, facts: {} })).not.toContain('The appointment is off.');
    },
  );

  it('writes the short reference in two groups, as it is said by telephone', () => {
    const { subject, text } = renderMailText(
      notice({ caseReference: '7KQ2M9XW', shortReference: '7KQ2M9XW' }),
    );
    expect(subject).toMatch(/: 7KQ2-M9XW$/);
    expect(text).toMatch(/^Short reference: 7KQ2-M9XW;/);
  });

  it.each(stepNames)('says what to do for the overdue step %s, and by when it was due', (step) => {
    const text = flat({ kind: 'step-overdue', facts: {}, step, dueOn: '2026-04-01' });
    expect(text).toMatch(
      /was to be done by Wednesday 1 April 2026\. {2}What to do: [A-Z].*?\. {2}/,
    );
    expect(text).not.toContain('By: ');
  });

  it.each(messageNames)('gives the message %s a title that mail can bear', (about) => {
    expect(() => readsWhole(renderMailText(notice({ about })))).not.toThrow();
  });

  it.each(audiences)(
    'tells a reader at a %s that it is voluntary exactly where it is due',
    (audience) => {
      const { text } = renderMailText(notice({ audience }));
      expect(/is voluntary\.[\s\S]*no\s+evidence\s+for\s+a\s+sanction/.test(text)).toBe(
        audience === 'jobcentre' || audience === 'contracted-provider',
      );
    },
  );

  it('gives one date by which to do it, the step’s own, beside the day of the thing', () => {
    const facts = { kind: 'care-plan-review', dueOn: '2026-06-02', occurrence: 1 };
    const text = flat({
      kind: 'care-plan-review-due',
      facts,
      step: 'review-care-plan',
      dueOn: '2026-06-09',
    });
    expect(text).toContain('due for review on Tuesday 2 June 2026');
    expect(text.match(/By: [^.]*?\d{4}/g)).toEqual(['By: Tuesday 9 June 2026']);
    expect(flat({ kind: 'care-plan-review-due', facts, dueOn: '2026-06-09' })).not.toContain(
      'By: ',
    );
  });

  it('gives moments in London time, on either side of the clock change', () => {
    const at = (startsAt: string): string =>
      flat({ kind: 'appointment-booked', facts: { startsAt } });
    expect(at('2026-03-27T09:30:00Z')).toContain('Friday 27 March 2026 at 09:30');
    expect(at('2026-03-30T09:30:00Z')).toContain('Monday 30 March 2026 at 10:30');
  });

  it('tells a stand-in why the notice came to them', () => {
    expect(renderMailText(notice({ escalation: 'deputy' })).text).toContain('as the deputy');
    expect(renderMailText(notice({ escalation: 'team-leader' })).text).toContain(
      'as the team leader',
    );
    expect(renderMailText(notice({ escalation: 'manager' })).text).toContain('as the manager');
    expect(renderMailText(notice({ escalation: 'owner' })).text).not.toContain('as the ');
  });
});

describe('the size of a notice', () => {
  let key: { armored: string; binary: Uint8Array };
  beforeAll(async () => {
    const made = await openpgp.generateKey({
      userIDs: [{ email: sender.address }],
      format: 'object',
    });
    key = { armored: made.publicKey.armor(), binary: made.publicKey.write() };
  });

  it.each(noticeKinds)('is one step of padding for %s, as for every other', async (kind) => {
    const letter = letterOfNotice(
      {
        ...full(kind, 'jobcentre'),
        escalation: 'team-leader',
        caseReference: 'R'.repeat(80),
        counterpart: { ...river, name: 'An organisation '.repeat(7) },
      },
      'a.longer.name.of.a.reader@agency.example.org',
      '4f1c8e02-0000-4000-8000-000000000000@post.example.org',
      new Date('2026-03-01T00:00:00Z'),
    );
    const inner = await composeInnerMail(letter, sender, outerHeaderFields(letter, sender), key);
    expect(inner.length).toBe(8192);
  });
});
