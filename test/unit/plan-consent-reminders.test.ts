import { describe, expect, it } from '@jest/globals';
import { londonInstant } from '#libs/calendar/london-time.js';
import type { CaseEvent } from '#services/reminders/domain/case-event.js';
import { commitmentsOf } from '#services/reminders/domain/commitments.js';
import { planReminders } from '#services/reminders/domain/plan-reminders.js';
import { Story, rules } from '#test/support/reminder-story.js';

describe('a consent', () => {
  const given = (facts: CaseEvent['facts']) =>
    new Story().tell('consent.recorded', { form: 'TPR2', decision: 'given', ...facts });

  it('is warned of 28 days before it lapses, 12 months on where no end is named, and a refusal is not', () => {
    const story = given({ validUntil: '2026-12-31' }).plan('2026-03-02');
    expect(story.rows[0]?.remindAt.toISOString()).toBe('2026-12-03T09:00:00.000Z');
    expect(given({}).plan('2026-03-02').open).toEqual(['consent-lapse 1 2027-03-02']);
    expect(
      new Story().tell('consent.recorded', { form: 'TPR2', decision: 'refused' }).plan('2026-03-02')
        .open,
    ).toEqual([]);
  });

  it('is counted anew when renewed, dropped when withdrawn, kept where some of it is', () => {
    const renewed = given({ validUntil: '2026-12-31' })
      .plan('2026-03-02')
      .tell('consent.recorded', { form: 'TPR2', decision: 'given', validUntil: '2027-06-30' });
    expect(renewed.plan('2026-11-01').open).toEqual(['consent-lapse 1 2027-06-30']);
    expect(
      given({}).plan('2026-03-02').tell('consent.withdrawn', { form: 'TPR2' }).plan('2026-03-03')
        .open,
    ).toEqual([]);
    expect(
      given({})
        .plan('2026-03-02')
        .tell('consent.withdrawn', { form: 'TPR2', keep: 'exit-notice' })
        .plan('2026-03-03').open,
    ).toHaveLength(1);
  });
});

describe('a DPA1 that was returned to the job centre', () => {
  const returned = (story: Story, validUntil: string) =>
    story.tell('dpa1.returned', { validUntil }, { sender: 'cp', recipient: 'jcp' });

  it('is warned of to the job centre, beside the contracted provider that took it', () => {
    const story = new Story().tell(
      'consent.recorded',
      { form: 'DPA1', decision: 'given', validUntil: '2026-12-31' },
      { sender: 'cp', recipient: 'mesh' },
    );
    returned(story, '2026-12-31').plan('2026-03-02');
    expect(story.rows.map(({ party }) => party)).toEqual(['cp', 'jcp']);
    expect(story.open).toHaveLength(2);
  });

  it('stands in place of one that the job centre had, and ends when it is told to stop using', () => {
    const own = { form: 'DPA1', decision: 'given', validUntil: '2026-06-30' };
    const story = new Story().tell('consent.recorded', own, { sender: 'jcp', recipient: 'mesh' });
    returned(story, '2026-12-31').plan('2026-03-02');
    expect(story.open).toEqual(['consent-lapse 1 2026-12-31']);
    story
      .tell('consent.withdrawn', { form: 'DPA1' }, { sender: 'cp', recipient: 'mesh' })
      .tell('instruction.stop-using', {}, { sender: 'guard', recipient: 'jcp', cause: 'm3' });
    expect(story.plan('2026-03-03').open).toEqual([]);
  });
});

describe('a consent that the client withdraws at another agency', () => {
  const byProvider = { sender: 'cp', recipient: 'mesh' };
  const story = () =>
    new Story()
      .tell(
        'consent.recorded',
        { form: 'TPR1', decision: 'given', validUntil: '2026-12-31' },
        { sender: 'jcp', recipient: 'mesh' },
      )
      .tell(
        'consent.recorded',
        { form: 'TPR1', decision: 'given', validUntil: '2027-01-31' },
        byProvider,
      )
      .plan('2026-03-02');
  const told = (cause: string) =>
    ['instruction.stop-using', {}, { sender: 'guard', recipient: 'jcp', cause }] as const;

  it('is warned of as before by who took it, until that agency is told to stop using', () => {
    const own = 'consent-lapse 1 2026-12-31';
    const withdrawn = story().tell('consent.withdrawn', { form: 'TPR1' }, byProvider);
    expect(withdrawn.plan('2026-03-03').open).toEqual([own]);
    expect(withdrawn.tell(...told('m3')).plan('2026-03-04').open).toEqual([]);
    expect(
      story()
        .tell(...told('no withdrawal'))
        .plan('2026-03-04').open,
    ).toHaveLength(2);
  });

  it('is over by an instruction that names the form of a withdrawal in another case', () => {
    const toldOf = (form: string) =>
      story()
        .tell(
          'instruction.stop-using',
          { form, keep: '' },
          { sender: 'guard', recipient: 'jcp', cause: 'elsewhere' },
        )
        .plan('2026-03-04').open;
    expect(toldOf('TPR1')).toHaveLength(1);
    expect(toldOf('DPA1')).toHaveLength(2);
  });

  it('is warned of where some of it is kept', () => {
    const kept = { form: 'TPR1', keep: 'attendance-feedback' };
    const withdrawn = story().tell('consent.withdrawn', kept, byProvider);
    expect(withdrawn.tell(...told('m3')).plan('2026-03-03').open).toHaveLength(2);
  });
});

describe('the consent of a matter that is over', () => {
  const byJobCentre = { sender: 'jcp', recipient: 'mesh' };
  const taken = (form: string, by: Partial<CaseEvent> = byJobCentre) =>
    new Story()
      .tell('consent.recorded', { form, decision: 'given', validUntil: '2026-12-31' }, by)
      .plan('2026-03-02');
  const openAfter = (story: Story, ...told: readonly Parameters<Story['tell']>[]): number => {
    for (const each of told) story.tell(...each);
    return story.plan('2026-03-04').open.length;
  };
  const toReferrer = { sender: 'tp', recipient: 'jcp' };
  const declined = ['referral.declined', { reason: 'no-capacity' }, toReferrer] as const;
  const exit = ['exit.notified', { exit: 'planned' }, toReferrer] as const;

  it('to a referral asks for nothing once the referral is declined, taken back or let go, or an exit was told', () => {
    expect(openAfter(taken('TPR1'), [...declined])).toBe(0);
    expect(openAfter(taken('TPR1'), ['referral.cancelled', {}])).toBe(0);
    expect(openAfter(taken('TPR1'), ['absence.nothing-more', {}, { sender: 'jcp' }])).toBe(0);
    expect(openAfter(taken('TPR1'), [...exit])).toBe(0);
  });

  it('to a referral is warned of again when the referral goes on, unless the client withdrew it', () => {
    const goesOn: readonly Parameters<Story['tell']>[] = [
      ['referral.requested', {}],
      ['referral.acknowledged', {}, toReferrer],
      ['appointment.booked', {}, toReferrer],
    ];
    for (const each of goesOn) {
      const story = taken('TPR1');
      expect(openAfter(story, [...declined])).toBe(0);
      expect(openAfter(story, each)).toBe(1);
      expect(
        openAfter(
          taken('TPR1'),
          [...declined],
          ['consent.withdrawn', { form: 'TPR1' }, byJobCentre],
          each,
        ),
      ).toBe(0);
    }
  });

  it('to a referral goes on where the referrer was told nothing: what it sees would tell it', () => {
    expect(openAfter(taken('TPR1'), ['exit.recorded', { exit: 'planned' }])).toBe(1);
    expect(openAfter(taken('TPR1'), ['referral.handed-back', {}])).toBe(1);
    expect(
      openAfter(taken('TPR1'), ['exit.notified', { exit: 'unplanned-likely' }, toReferrer]),
    ).toBe(1);
    expect(openAfter(taken('TPR1'), ['referral.declined', {}, { recipient: 'jcp_two' }])).toBe(1);
  });

  it('to share asks for nothing after the exit, and is warned of again with a new plan', () => {
    const story = taken('TPR2', { sender: 'tp' });
    expect(openAfter(story, ['exit.recorded', { exit: 'planned' }])).toBe(0);
    story.tell('careplan.agreed', { agreedOn: '2026-03-03' }).plan('2026-03-04');
    expect(story.openOf('consent')).toEqual(['consent-lapse 1 2026-12-31']);
  });

  it.each(['jcp', 'cp'])(
    'to the record (DPA1), taken by %s, asks for nothing after its claim',
    (sender) => {
      const by = { sender, recipient: 'mesh' };
      const story = taken('DPA1', by);
      expect(
        openAfter(story, ['claim.ended', { endedOn: '2026-03-03' }, { sender: 'other' }]),
      ).toBe(1);
      expect(openAfter(story, ['claim.ended', { endedOn: '2026-03-03' }, by])).toBe(0);
      expect(
        openAfter(story, ['claim.started', { benefit: 'esa', startedOn: '2026-03-04' }, by]),
      ).toBe(1);
      expect(
        openAfter(story, ['consent.recorded', { form: 'DPA1', decision: 'refused' }, by]),
      ).toBe(0);
    },
  );

  it('of one form is not counted anew with another', () => {
    const both = taken('TPR1', { sender: 'cp' })
      .tell(
        'consent.recorded',
        { form: 'DPA1', decision: 'given', validUntil: '2027-03-01' },
        { sender: 'cp' },
      )
      .plan('2026-03-02');
    expect(both.open).toEqual(['consent-lapse 1 2026-12-31', 'consent-lapse 1 2027-03-01']);
    const renewed = both
      .tell(
        'consent.recorded',
        { form: 'TPR1', decision: 'given', validUntil: '2027-12-31' },
        { sender: 'cp' },
      )
      .plan('2026-03-02');
    expect(renewed.open).toEqual(['consent-lapse 1 2027-03-01', 'consent-lapse 1 2027-12-31']);
  });
});

describe('a reminder that is late', () => {
  const plan = (validUntil: string, at: Date) => {
    const story = new Story().tell('consent.recorded', {
      form: 'TPR2',
      decision: 'given',
      validUntil,
    });
    const { schedule } = planReminders(commitmentsOf(story.events, rules), [], at, rules);
    return schedule.map(({ remindAt: goesOut }) => goesOut.toISOString());
  };

  it('goes out at once in office hours, else at the next office hour', () => {
    expect(plan('2026-03-20', londonInstant('2026-03-10', '11:30'))).toEqual([
      '2026-03-10T11:30:00.000Z',
    ]);
    expect(plan('2026-03-20', londonInstant('2026-03-07', '00:00'))).toEqual([
      '2026-03-09T09:00:00.000Z', // a Saturday, to Monday
    ]);
    expect(plan('2026-03-20', londonInstant('2026-03-10', '17:00'))).toEqual([
      '2026-03-11T09:00:00.000Z',
    ]);
  });

  it('is not announced when its thing is over by then', () => {
    expect(plan('2026-03-10', londonInstant('2026-03-10', '16:59'))).toHaveLength(1);
    expect(plan('2026-03-10', londonInstant('2026-03-10', '17:00'))).toEqual([]);
    expect(plan('2026-03-08', londonInstant('2026-03-07', '10:00'))).toEqual([]); // over a weekend
  });

  it('is put off where its timer fires at night, and closed where the thing is over', () => {
    const story = new Story()
      .tell('consent.recorded', { form: 'TPR2', decision: 'given', validUntil: '2026-05-11' })
      .plan('2026-03-02');
    expect(story.putOut('2026-05-09', '00:01').rows[0]?.remindAt.toISOString()).toBe(
      '2026-05-11T08:00:00.000Z',
    );
    expect(story.putOut('2026-05-11', '08:59').states).toEqual(['consent-lapse 1 scheduled']);
    expect(story.putOut('2026-05-11', '17:30').states).toEqual(['consent-lapse 1 cancelled']);
    expect(story.plan('2026-05-12').states).toEqual(['consent-lapse 1 cancelled']);
  });
});
