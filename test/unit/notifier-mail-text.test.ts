import { describe, expect, it } from '@jest/globals';
import { noticeKinds } from '#libs/contracts/notices.js';
import { partyKinds } from '#libs/contracts/party.js';
import type { Notice } from '#libs/contracts/service-forms.js';
import { renderMailText } from '#services/notifier/domain/mail-text.js';

const notice = (change: Partial<Notice> = {}): Notice => ({
  kind: 'did-not-attend',
  cause: '019353a0-0000-7000-8000-000000000001',
  person: 'p_wandsworth_adviser_1',
  caseReference: 'WND/2026/0042',
  facts: { on: '2026-03-12' },
  audience: 'jobcentre',
  ...change,
});

describe('the text of a notice', () => {
  it("says whose case it is by the agency's own reference, what happened, what to do and by when", () => {
    const { subject, text } = renderMailText(
      notice({ step: 'discuss-did-not-attend', dueOn: '2026-03-26' }),
    );
    expect(subject).toBe('Appointment not attended: WND/2026/0042');
    expect(text).toContain('Case: WND/2026/0042');
    expect(text).toContain('did not attend the appointment on Thursday 12 March 2026');
    expect(text).toContain('What to do: Discuss it at the next attendance');
    expect(text).toContain('By: Thursday 26 March 2026');
  });

  it.each(noticeKinds)(
    '%s reads whole, in short ASCII lines, with and without its facts',
    (kind) => {
      const facts = {
        startsAt: '2026-03-30T09:30:00Z',
        on: '2026-03-12',
        exit: 'unplanned',
        change: 'claim-ended',
        form: 'NFP',
      };
      for (const given of [facts, {}]) {
        const { subject, text } = renderMailText(
          notice({ kind, facts: given, step: 'hold-review', dueOn: '2026-04-01' }),
        );
        expect(`${subject}${text}`).toMatch(/^[\x20-\x7e\n]+$/);
        expect(text).not.toMatch(/undefined|null|NaN|\[object|\bp_/);
        expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(76);
      }
    },
  );

  it.each(partyKinds.filter((kind) => kind !== 'service'))(
    'tells a reader at a %s that it is voluntary exactly where it is due',
    (audience) => {
      const { text } = renderMailText(notice({ audience }));
      expect(/is voluntary\.[\s\S]*no\s+evidence\s+for\s+a\s+sanction/.test(text)).toBe(
        audience === 'jobcentre' || audience === 'contracted-provider',
      );
    },
  );

  it('tells the day of the thing and the day by which the step is to be done apart', () => {
    const facts = { kind: 'care-plan-review', dueOn: '2026-06-02', occurrence: 1 };
    const { text } = renderMailText(
      notice({
        kind: 'care-plan-review-due',
        facts,
        step: 'review-care-plan',
        dueOn: '2026-06-09',
      }),
    );
    expect(text).toContain('due for review on Tuesday 2 June 2026');
    expect(text).toContain('By: Tuesday 9 June 2026');
  });

  it('gives moments in London time, on either side of the clock change', () => {
    const at = (startsAt: string): string =>
      renderMailText(notice({ kind: 'appointment-booked', facts: { startsAt } })).text;
    expect(at('2026-03-27T09:30:00Z')).toContain('Friday 27 March 2026 at 09:30');
    expect(at('2026-03-30T09:30:00Z')).toContain('Monday 30 March 2026 at 10:30');
  });

  it('tells a stand-in why the notice came to them', () => {
    expect(renderMailText(notice({ escalation: 'deputy' })).text).toContain('as the deputy');
    expect(renderMailText(notice({ escalation: 'team-leader' })).text).toContain(
      'as the team leader',
    );
    expect(renderMailText(notice({ escalation: 'owner' })).text).not.toContain('as the ');
  });
});
