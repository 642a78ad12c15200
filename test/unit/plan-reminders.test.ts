import { describe, expect, it } from '@jest/globals';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { londonInstant } from '#libs/calendar/london-time.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { CaseEvent } from '#services/reminders/domain/case-event.js';
import { caseEventOf } from '#services/reminders/domain/read-case-event.js';
import { reminderDueId } from '#services/reminders/domain/reminder-due.js';
import { closedState } from '#services/reminders/domain/reminder.js';
import { remindAt } from '#services/reminders/domain/reminder-rules.js';
import { Story, rules } from '#test/support/reminder-story.js';

const agreed = () => new Story().tell('careplan.agreed', { agreedOn: '2026-03-02' });

describe('the twelve-week series', () => {
  it('begins with the plan and reminds a week before, at nine', () => {
    const story = agreed().plan('2026-03-02');
    expect(story.rows).toHaveLength(2);
    expect(story.rows[0]).toMatchObject({
      party: 'tp',
      anchor: 'm1',
      occurrence: 1,
      dueOn: '2026-05-25',
    });
    expect(story.rows[0]?.remindAt.toISOString()).toBe('2026-05-18T08:00:00.000Z');
  });

  it('goes on when nobody reports, and the weeks can be the plan’s own', () => {
    const story = agreed().plan('2026-03-02').putOut('2026-05-18');
    expect(story.openOf('care')).toEqual(['care-plan-review 2 2026-08-17']);
    expect(
      new Story()
        .tell('careplan.agreed', { agreedOn: '2026-03-02', reviewWeeks: 6 })
        .plan('2026-03-02')
        .openOf('care'),
    ).toEqual(['care-plan-review 1 2026-04-13']);
  });

  it('is counted anew from the last review held, by keyworker or three-way, and not from an earlier one reported late', () => {
    const story = agreed()
      .plan('2026-03-02')
      .putOut('2026-05-18')
      .tell('careplan.reviewed', { heldOn: '2026-05-28' })
      .plan('2026-05-28');
    expect(story.openOf('care')).toEqual(['care-plan-review 1 2026-08-20']);
    expect(story.statesOf('care')).toEqual([
      'care-plan-review 1 done',
      'care-plan-review 2 superseded',
      'care-plan-review 1 scheduled',
    ]);
    story.tell('review.held', { heldOn: '2026-06-08' }).plan('2026-06-08');
    expect(story.openOf('care')).toEqual(['care-plan-review 1 2026-08-31']);
    story.tell('careplan.reviewed', { heldOn: '2026-06-01' }).plan('2026-06-09');
    expect(story.openOf('care')).toEqual(['care-plan-review 1 2026-08-31']);
  });

  it('does not make up for what was slept through', () => {
    expect(agreed().plan('2027-01-01').openOf('care')).toEqual(['care-plan-review 4 2027-02-01']);
    expect(agreed().plan('2026-03-02').putOut('2027-01-01').statesOf('care')).toEqual([
      'care-plan-review 1 cancelled',
      'care-plan-review 4 scheduled',
    ]);
  });

  it('goes on over a withdrawal and stops at an exit, not at a likely one', () => {
    const story = agreed()
      .plan('2026-03-02')
      .tell('consent.withdrawn', { form: 'TPR2' })
      .plan('2026-03-03');
    expect(story.openOf('care')).toHaveLength(1);
    story.tell('exit.notified', { exit: 'unplanned-likely', on: '2026-03-04' }).plan('2026-03-04');
    expect(story.openOf('care')).toHaveLength(1);
    story.tell('exit.recorded', { exit: 'unplanned', on: '2026-03-05' }).plan('2026-03-05');
    expect(story.statesOf('care')).toEqual(['care-plan-review 1 cancelled']);
    story.tell('careplan.agreed', { agreedOn: '2026-04-01' }).plan('2026-04-01');
    expect(story.openOf('care')).toEqual(['care-plan-review 1 2026-06-24']);
  });
});

describe('a claim', () => {
  it('has interviews at 13 and 26 weeks for JSA only, until it ends, over an exit', () => {
    const story = new Story()
      .tell('claim.started', { benefit: 'jsa', startedOn: '2026-03-02' })
      .plan('2026-03-02');
    expect(story.open).toEqual([
      'claim-interview-13 1 2026-06-01',
      'claim-interview-26 1 2026-08-31',
    ]);
    story.tell('exit.notified', { exit: 'planned', on: '2026-04-01' }).plan('2026-04-01');
    story
      .putOut('2026-05-26')
      .tell(
        'step.done',
        { step: 'hold-interview', outcome: 'done' },
        { sender: 'jcp', recordedAt: londonInstant('2026-06-01', '15:00') },
      )
      .plan('2026-06-01');
    expect(story.states).toEqual(['claim-interview-13 1 done', 'claim-interview-26 1 scheduled']);
    story.tell('claim.ended', { endedOn: '2026-07-01' }).plan('2026-07-01');
    expect(story.states).toEqual(['claim-interview-13 1 done', 'claim-interview-26 1 cancelled']);
    expect(
      new Story()
        .tell('claim.started', { benefit: 'esa', startedOn: '2026-03-02' })
        .plan('2026-03-02').open,
    ).toEqual([]);
  });

  it('is counted anew when another starts, and past interviews are left out', () => {
    const story = new Story()
      .tell('claim.started', { benefit: 'jsa', startedOn: '2026-03-02' })
      .plan('2026-03-02');
    story.tell('claim.started', { benefit: 'jsa', startedOn: '2026-01-05' }).plan('2026-05-01');
    expect(story.open).toEqual(['claim-interview-26 1 2026-07-06']);
  });
});

describe('the quarterly outcome profile', () => {
  it('is reminded of every 13 weeks from the first plan of an episode, until the exit', () => {
    const story = agreed().plan('2026-03-02');
    expect(story.openOf('outcome')).toEqual(['outcome-profile 1 2026-06-01']);
    story.tell('careplan.agreed', { agreedOn: '2026-05-25' }).plan('2026-05-25');
    expect(story.openOf('outcome')).toEqual(['outcome-profile 1 2026-06-01']);
    story.putOut('2026-05-26');
    expect(story.openOf('outcome')).toEqual(['outcome-profile 2 2026-08-31']);
    story.tell('exit.recorded', { exit: 'planned', on: '2026-06-10' }).plan('2026-06-10');
    expect(story.openOf('outcome')).toEqual([]);
    story.tell('careplan.agreed', { agreedOn: '2026-07-01' }).plan('2026-07-01');
    expect(story.openOf('outcome')).toEqual(['outcome-profile 1 2026-09-30']);
  });

  it('has happened once it is recorded, done or not, and the series goes on from the same day', () => {
    const story = agreed()
      .plan('2026-03-02')
      .tell('outcome-profile.recorded', { on: '2026-03-03', completed: true })
      .plan('2026-03-03');
    expect(story.openOf('outcome')).toEqual(['outcome-profile 1 2026-06-01']); // the one at the start
    story
      .putOut('2026-05-26')
      .tell('outcome-profile.recorded', { on: '2026-06-04', completed: false })
      .plan('2026-06-04');
    expect(story.statesOf('outcome')).toEqual([
      'outcome-profile 1 done',
      'outcome-profile 2 scheduled',
    ]);
  });

  it('is not reminded of where it was recorded before its reminder went out', () => {
    const story = agreed()
      .plan('2026-03-02')
      .tell('outcome-profile.recorded', { on: '2026-05-20', completed: true })
      .plan('2026-05-20');
    expect(story.statesOf('outcome')).toEqual([
      'outcome-profile 1 done',
      'outcome-profile 2 scheduled',
    ]);
  });
});

describe('an interview', () => {
  const due = () =>
    new Story()
      .tell('claim.started', { benefit: 'jsa', startedOn: '2026-03-02' })
      .plan('2026-03-02')
      .putOut('2026-08-25');
  const done = (outcome: string, about?: string) =>
    [
      'step.done',
      { step: 'hold-interview', outcome, ...(about === undefined ? {} : { about }) },
      { sender: 'jcp', recordedAt: londonInstant('2026-08-26', '15:00') },
    ] as const;
  const anchor = 'm1';
  const second = reminderDueId({ anchor, kind: 'claim-interview-26' }, 1);

  it.each(['not-possible', 'declined-by-client', 'no-longer-needed'])(
    'was not held where its step ended as %s',
    (outcome) => {
      const story = due()
        .tell(...done(outcome))
        .plan('2026-08-26');
      expect(story.statesOf('claim-interview-26')).toEqual(['claim-interview-26 1 due']);
    },
  );

  it('was held where its step is done: the one that the step is about', () => {
    const both = new Story()
      .tell('claim.started', { benefit: 'jsa', startedOn: '2026-03-02' })
      .plan('2026-03-02')
      .putOut('2026-05-26')
      .putOut('2026-08-25');
    expect(both.tell(...done('done', second)).plan('2026-08-26').states).toEqual([
      'claim-interview-13 1 due',
      'claim-interview-26 1 done',
    ]);
  });

  it('was held where the step that came again, after it was not possible, is done', () => {
    const story = due()
      .tell(...done('not-possible', second))
      .tell(...done('done', 'm2'));
    expect(story.plan('2026-08-26').statesOf('claim-interview-26')).toEqual([
      'claim-interview-26 1 done',
    ]);
  });

  const held = (facts: CaseEvent['facts'], interview?: string) =>
    new Story()
      .tell('claim.started', { benefit: 'jsa', startedOn: '2026-03-02' })
      .tell('review.offered', {
        startsAt: '2026-05-20T10:00:00Z',
        ...(interview === undefined ? {} : { interview }),
      })
      .tell('review.held', { heldOn: '2026-05-20', ...facts }, { cause: 'm2' })
      .plan('2026-05-20').states;

  it('was held with a review that the offer named for it and the adviser held as such', () => {
    expect(held({ asInterview: true }, '13-weeks')).toEqual(['claim-interview-26 1 scheduled']);
    expect(held({ asInterview: true }, '26-weeks')).toEqual(['claim-interview-13 1 scheduled']);
  });

  it('stays due after a review that was not held as one, or whose offer named none', () => {
    const both = ['claim-interview-13 1 scheduled', 'claim-interview-26 1 scheduled'];
    expect(held({}, '13-weeks')).toEqual(both);
    expect(held({ asInterview: false }, '13-weeks')).toEqual(both);
    expect(held({ asInterview: true })).toEqual(both);
  });

  it('is ended by the office that the case was moved to', () => {
    const story = new Story()
      .tell('claim.started', { benefit: 'jsa', startedOn: '2026-03-02' })
      .plan('2026-03-02')
      .tell('case.moved-office', { from: '2026-04-01' }, { sender: 'jcp', recipient: 'jcp_two' })
      .tell('claim.ended', { endedOn: '2026-04-02' }, { sender: 'jcp_two' });
    expect(story.plan('2026-04-02').open).toEqual([]);
  });
});

describe('the next review', () => {
  const planned = () =>
    new Story().tell('review.outcome', { nextReviewOn: '2026-06-22' }).plan('2026-03-02');

  it('is reminded of three weeks before, to the provider', () => {
    const [row] = planned().rows;
    expect(row).toMatchObject({
      kind: 'next-review',
      party: 'tp',
      anchor: 'm1',
      dueOn: '2026-06-22',
    });
    expect(row?.remindAt.toISOString()).toBe('2026-06-01T08:00:00.000Z');
  });

  it('is settled when it is asked for, and ends at an exit or with the consent to reviews', () => {
    const after = (name: MessageName, facts: CaseEvent['facts'] = {}) =>
      planned().tell(name, facts).plan('2026-03-03').states;
    expect(after('review.requested')).toEqual(['next-review 1 done']);
    expect(after('exit.notified', { exit: 'planned' })).toEqual(['next-review 1 cancelled']);
    expect(after('exit.recorded', { exit: 'unplanned' })).toEqual(['next-review 1 cancelled']);
    expect(after('exit.notified', { exit: 'unplanned-likely' })).toEqual([
      'next-review 1 scheduled',
    ]);
    expect(after('consent.withdrawn', { form: 'TPR2' })).toEqual(['next-review 1 cancelled']);
    expect(after('consent.withdrawn', { form: 'TPR2', keep: 'three-way-review' })).toEqual([
      'next-review 1 scheduled',
    ]);
    expect(after('consent.withdrawn', { form: 'DPA1' })).toEqual(['next-review 1 scheduled']);
  });

  it('is the one that the last review planned, or none', () => {
    expect(
      planned().tell('review.outcome', { nextReviewOn: '2026-09-21' }).plan('2026-03-03').open,
    ).toEqual(['next-review 1 2026-09-21']);
    expect(planned().tell('review.outcome', {}).plan('2026-03-03').open).toEqual([]);
  });
});

describe('a review appointment', () => {
  const accepted = () =>
    new Story()
      .tell('review.accepted', { startsAt: '2026-04-07T10:00:00Z' }, { cause: 'offer1' })
      .plan('2026-03-20');

  it('is reminded of on the working day before', () => {
    const [row] = accepted().rows;
    expect(row?.dueOn).toBe('2026-04-07');
    expect(row?.remindAt.toISOString()).toBe('2026-04-02T08:00:00.000Z'); // over Easter
  });

  it('is cancelled by withdrawal of TPR2 that does not keep it, by not being held, or when the acceptance was stopped', () => {
    const after = (name: MessageName, facts: CaseEvent['facts'], more?: Partial<CaseEvent>) =>
      accepted().tell(name, facts, more).plan('2026-03-21').states;
    expect(after('consent.withdrawn', { form: 'TPR2' })).toEqual([
      'review-appointment 1 cancelled',
    ]);
    expect(after('consent.withdrawn', { form: 'TPR2', keep: 'exit-notice' })).toEqual([
      'review-appointment 1 cancelled',
    ]);
    expect(
      after('consent.withdrawn', { form: 'TPR2', keep: 'exit-notice three-way-review' }),
    ).toEqual(['review-appointment 1 scheduled']);
    expect(after('consent.withdrawn', { form: 'TPR1' })).toEqual([
      'review-appointment 1 scheduled',
    ]);
    expect(after('review.not-held', { on: '2026-04-07' }, { cause: 'offer1' })).toEqual([
      'review-appointment 1 cancelled',
    ]);
    expect(after('review.declined', {}, { cause: 'another' })).toEqual([
      'review-appointment 1 scheduled',
    ]);
    expect(after('review.accepted', {}, { id: 'm1', verdict: 'stopped' })).toEqual([
      'review-appointment 1 cancelled',
    ]);
    expect(after('review.held', { heldOn: '2026-04-07' }, { cause: 'offer1' })).toEqual([
      'review-appointment 1 done',
    ]);
  });
});

describe('a review appointment that was moved', () => {
  /** Asked for, offered, accepted. */
  const accepted = () =>
    new Story()
      .tell('review.requested', {})
      .tell('review.offered', { startsAt: '2026-04-07T10:00:00Z' }, { cause: 'm1' })
      .tell('review.accepted', { startsAt: '2026-04-07T10:00:00Z' }, { cause: 'm2' });
  const moved = () =>
    accepted().tell('review.moved', { startsAt: '2026-04-14T10:00:00Z' }, { cause: 'm2' });
  const agreedAgain = () =>
    moved().tell('review.accepted', { startsAt: '2026-04-14T10:00:00Z' }, { cause: 'm4' });

  it('is reminded of at the new time once that is accepted, and at the old one never', () => {
    expect(moved().plan('2026-03-20').open).toEqual([]);
    expect(agreedAgain().plan('2026-03-20').open).toEqual(['review-appointment 1 2026-04-14']);
  });

  it('is held, or not, whichever of its messages the job centre names', () => {
    for (const cause of ['m2', 'm4']) {
      const states = (name: MessageName) =>
        agreedAgain()
          .plan('2026-03-20')
          .tell(name, { heldOn: '2026-04-14' }, { cause })
          .plan('2026-04-14').states;
      expect(states('review.held')).toEqual(['review-appointment 1 done']);
      expect(states('review.not-held')).toEqual(['review-appointment 1 cancelled']);
    }
  });

  it('is off when either side calls the review off by its request, its offer or its move, and not another one', () => {
    for (const cause of ['m1', 'm2', 'm4'])
      for (const sender of ['tp', 'jcp'])
        expect(
          agreedAgain().tell('review.cancelled', {}, { cause, sender }).plan('2026-03-20').open,
        ).toEqual([]);
    expect(
      agreedAgain().tell('review.cancelled', {}, { cause: 'other' }).plan('2026-03-20').open,
    ).toHaveLength(1);
  });

  it('is off when the job centre has no trace of the client', () => {
    const story = accepted().tell('tpr2.no-trace', {}, { sender: 'jcp', recipient: 'tp' });
    expect(story.plan('2026-03-20').open).toEqual([]);
  });
});

describe('a reminder', () => {
  it('never goes out on a weekend or a bank holiday, also one proclaimed late', () => {
    const on = (dueOn: string, also: string[] = []) =>
      remindAt('care-plan-review', dueOn, {
        ...rules,
        holidays: bankHolidays('england-and-wales', also),
      })
        .toISOString()
        .slice(0, 10);
    expect(on('2026-05-11')).toBe('2026-05-01'); // the 4th is a bank holiday, before it a weekend
    expect(on('2026-05-12')).toBe('2026-05-05');
    expect(on('2026-05-12', ['2026-05-05'])).toBe('2026-05-01');
  });

  it('that was closed stays as it is', () => {
    for (const state of ['done', 'cancelled', 'superseded'] as const)
      for (const ending of ['happened', 'ended', 'counted-anew'] as const)
        expect(closedState(state, ending)).toBe(state);
  });

  it('comes from no refused or waiting message, none without a case, and no fact that cannot be read', () => {
    const event = {
      id: 'm',
      seq: 1,
      type: typeOf('careplan.agreed'),
      verdict: 'cleared',
      sender: 'tp',
      senderKind: 'treatment-provider',
      to: 'mesh',
      case: 'c',
      time: '',
      recordedAt: '2026-03-02T09:00:00Z',
      facts: {},
    } satisfies MeshEvent;
    expect(caseEventOf(event)).toBeDefined();
    expect(caseEventOf({ ...event, verdict: 'refused' })).toBeUndefined();
    expect(caseEventOf({ ...event, verdict: 'waiting' })).toBeUndefined();
    expect(caseEventOf({ ...event, case: undefined })).toBeUndefined();
    expect(caseEventOf({ ...event, type: typeOf('lead.proposed') })).toBeUndefined();
    expect(
      new Story()
        .tell('careplan.agreed', { agreedOn: '2026-02-30' })
        .tell('claim.started', { benefit: 'jsa', startedOn: 7 })
        .tell('review.accepted', {})
        .plan('2026-03-02').rows,
    ).toEqual([]);
  });
});
