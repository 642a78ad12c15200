import { describe, expect, it } from '@jest/globals';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { londonInstant } from '#libs/calendar/london-time.js';
import type { MessageName } from '#libs/contracts/message-table.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { caseEventOf } from '#services/reminders/domain/case-event.js';
import type { CaseEvent } from '#services/reminders/domain/case-event.js';
import { commitmentsOf } from '#services/reminders/domain/commitments.js';
import { nextOccurrence, planReminders } from '#services/reminders/domain/plan-reminders.js';
import type { Reminder } from '#services/reminders/domain/reminder.js';
import { closedState } from '#services/reminders/domain/reminder.js';
import { remindAt, usualRules } from '#services/reminders/domain/reminder-rules.js';
import type { ReminderRules } from '#services/reminders/domain/reminder-rules.js';

const rules: ReminderRules = { ...usualRules, holidays: bankHolidays('england-and-wales') };

/** A case told in events and looked at on days: applies each plan as the store would. */
class Story {
  readonly events: CaseEvent[] = [];
  rows: Reminder[] = [];

  tell(name: MessageName, facts: CaseEvent['facts'], more: Partial<CaseEvent> = {}): this {
    const seq = this.events.length + 1;
    const sender = name.startsWith('claim') || name === 'review.held' ? 'jcp' : 'tp';
    const recordedAt = londonInstant('2026-03-02', '10:00');
    const base = {
      id: `m${seq}`,
      verdict: 'cleared',
      caseId: 'c',
      cause: undefined,
      recipient: sender === 'jcp' ? 'tp' : 'jcp',
    } as const;
    this.events.push({ ...base, seq, name, sender, facts, recordedAt, ...more });
    return this;
  }

  plan(today: string): this {
    const plan = planReminders(
      commitmentsOf(this.events, rules),
      this.rows,
      londonInstant(today, '12:00'),
      rules,
    );
    const state = new Map(plan.change.map((each) => [each.reminder, each.state]));
    this.rows = this.rows.map((row) => ({ ...row, state: state.get(row.reminder) ?? row.state }));
    this.rows.push(
      ...plan.schedule.map((each, n) => ({
        ...each,
        reminder: `r${this.rows.length + n}`,
        caseId: 'c',
        state: 'scheduled' as const,
        isPutOut: false,
      })),
    );
    return this;
  }

  /** As the timer does: what is scheduled up to the day goes out, a series goes on. */
  putOut(today: string): this {
    for (const row of this.rows.filter(
      ({ state, remindAt: at }) => state === 'scheduled' && at <= londonInstant(today, '12:00'),
    )) {
      this.rows = this.rows.map((each) =>
        each === row ? { ...row, state: 'due', isPutOut: true } : each,
      );
      const next = nextOccurrence(row, row.occurrence, today, rules);
      if (next !== undefined)
        this.rows.push({
          ...next,
          reminder: `r${this.rows.length}`,
          caseId: 'c',
          state: 'scheduled',
          isPutOut: false,
        });
    }
    return this;
  }

  get open(): string[] {
    return this.rows
      .filter(({ state }) => state === 'scheduled')
      .map((row) => `${row.kind} ${row.occurrence} ${row.dueOn}`);
  }

  get states(): string[] {
    return this.rows.map((row) => `${row.kind} ${row.occurrence} ${row.state}`);
  }
}

const agreed = () => new Story().tell('careplan.agreed', { agreedOn: '2026-03-02' });

describe('the twelve-week series', () => {
  it('begins with the plan and reminds a week before, at nine', () => {
    const story = agreed().plan('2026-03-02');
    expect(story.rows).toHaveLength(1);
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
    expect(story.open).toEqual(['care-plan-review 2 2026-08-17']);
    expect(
      new Story()
        .tell('careplan.agreed', { agreedOn: '2026-03-02', reviewWeeks: 6 })
        .plan('2026-03-02').open,
    ).toEqual(['care-plan-review 1 2026-04-13']);
  });

  it('is counted anew from the last review held, by keyworker or three-way, and not from an earlier one reported late', () => {
    const story = agreed()
      .plan('2026-03-02')
      .putOut('2026-05-18')
      .tell('careplan.reviewed', { heldOn: '2026-05-28' })
      .plan('2026-05-28');
    expect(story.open).toEqual(['care-plan-review 1 2026-08-20']);
    expect(story.states).toEqual([
      'care-plan-review 1 done',
      'care-plan-review 2 superseded',
      'care-plan-review 1 scheduled',
    ]);
    story.tell('review.held', { heldOn: '2026-06-08' }).plan('2026-06-08');
    expect(story.open).toEqual(['care-plan-review 1 2026-08-31']);
    story.tell('careplan.reviewed', { heldOn: '2026-06-01' }).plan('2026-06-09');
    expect(story.open).toEqual(['care-plan-review 1 2026-08-31']);
  });

  it('does not make up for what was slept through', () => {
    expect(agreed().plan('2027-01-01').open).toEqual(['care-plan-review 4 2027-02-01']);
    expect(agreed().plan('2026-03-02').putOut('2027-01-01').open).toEqual([
      'care-plan-review 4 2027-02-01',
    ]);
  });

  it('goes on over a withdrawal and stops at an exit, not at a likely one', () => {
    const story = agreed()
      .plan('2026-03-02')
      .tell('consent.withdrawn', { form: 'TPR2' })
      .plan('2026-03-03');
    expect(story.open).toHaveLength(1);
    story.tell('exit.notified', { exit: 'unplanned-likely', on: '2026-03-04' }).plan('2026-03-04');
    expect(story.open).toHaveLength(1);
    story.tell('exit.recorded', { exit: 'unplanned', on: '2026-03-05' }).plan('2026-03-05');
    expect(story.states).toEqual(['care-plan-review 1 cancelled']);
    story.tell('careplan.agreed', { agreedOn: '2026-04-01' }).plan('2026-04-01');
    expect(story.open).toEqual(['care-plan-review 1 2026-06-24']);
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
        { step: 'hold-interview' },
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
    expect(caseEventOf({ ...event, type: typeOf('referral.requested') })).toBeUndefined();
    expect(
      new Story()
        .tell('careplan.agreed', { agreedOn: '2026-02-30' })
        .tell('claim.started', { benefit: 'jsa', startedOn: 7 })
        .tell('review.accepted', {})
        .plan('2026-03-02').rows,
    ).toEqual([]);
  });
});
