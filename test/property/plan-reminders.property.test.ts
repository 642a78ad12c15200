import { describe, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant } from '#libs/calendar/london-time.js';
import { isWorkingDay } from '#libs/calendar/working-days.js';
import type { CaseEvent } from '#services/reminders/domain/case-event.js';
import { commitmentsOf } from '#services/reminders/domain/commitments.js';
import { planReminders } from '#services/reminders/domain/plan-reminders.js';
import type { Reminder } from '#services/reminders/domain/reminder.js';
import { usualRules } from '#services/reminders/domain/reminder-rules.js';
import type { ReminderRules } from '#services/reminders/domain/reminder-rules.js';

const rules: ReminderRules = { ...usualRules, holidays: bankHolidays('england-and-wales') };
const day = fc.integer({ min: 0, max: 300 }).map((n) => addDays('2026-01-01', n));
const now = londonInstant('2026-06-01', '12:00');

const told = fc.oneof(
  day.map((agreedOn) => ({ name: 'careplan.agreed', sender: 'tp', facts: { agreedOn } })),
  day.map((heldOn) => ({ name: 'careplan.reviewed', sender: 'tp', facts: { heldOn } })),
  day.map((heldOn) => ({ name: 'review.held', sender: 'jcp', cause: 'offer', facts: { heldOn } })),
  day.map((startedOn) => ({
    name: 'claim.started',
    sender: 'jcp',
    facts: { benefit: 'jsa', startedOn },
  })),
  fc.constant({ name: 'claim.ended', sender: 'jcp', facts: {} }),
  day.map((on) => ({
    name: 'review.accepted',
    sender: 'tp',
    cause: 'offer',
    facts: { startsAt: `${on}T10:00:00Z` },
  })),
  fc.constant({ name: 'review.not-held', sender: 'jcp', cause: 'offer', facts: {} }),
  day.map((validUntil) => ({
    name: 'consent.recorded',
    sender: 'tp',
    facts: { form: 'TPR2', decision: 'given', validUntil },
  })),
  fc.constant({ name: 'consent.withdrawn', sender: 'tp', facts: { form: 'TPR2' } }),
  fc.constant({ name: 'exit.notified', sender: 'tp', facts: { exit: 'planned' } }),
);
const history = fc.array(told, { maxLength: 12 }).map((list) =>
  list.map((each, n) => {
    const base = {
      id: `m${n}`,
      verdict: 'cleared',
      seq: n,
      caseId: 'c',
      recipient: 'tp',
      cause: undefined,
      recordedAt: now,
    };
    return { ...base, ...each } as CaseEvent;
  }),
);

function apply(rows: readonly Reminder[], events: readonly CaseEvent[]): readonly Reminder[] {
  const plan = planReminders(commitmentsOf(events, rules), rows, now, rules);
  const state = new Map(plan.change.map((each) => [each.reminder, each.state]));
  const added = plan.schedule.map((each) => ({
    ...each,
    reminder: `${each.anchor} ${each.kind} ${each.occurrence}`,
    caseId: 'c',
    state: 'scheduled' as const,
    isPutOut: false,
  }));
  return [
    ...rows.map((row) => ({ ...row, state: state.get(row.reminder) ?? row.state })),
    ...added,
  ];
}

/** One that a later event closes and a third shows to stand after all: found by an earlier run. */
const reviews = [
  { name: 'careplan.agreed', facts: { agreedOn: '2026-05-01' } },
  { name: 'careplan.reviewed', facts: { heldOn: '2026-05-02' } },
  { name: 'careplan.agreed', facts: { agreedOn: '2026-05-01' } },
  { name: 'careplan.reviewed', facts: { heldOn: '2026-05-02' } },
].map(
  (each, n) =>
    ({
      ...each,
      id: `m${n}`,
      verdict: 'cleared',
      seq: n,
      caseId: 'c',
      sender: 'tp',
      recordedAt: now,
    }) as unknown as CaseEvent,
);
const reopening: [CaseEvent[], CaseEvent[]] = [
  reviews,
  [0, 3, 1, 2].map((n) => reviews[n] as CaseEvent),
];

const scheduled = (rows: readonly Reminder[]): string =>
  rows
    .filter(({ state }) => state === 'scheduled')
    .map(({ reminder, dueOn }) => `${reminder} ${dueOn}`)
    .sort()
    .join('\n');

describe('a case’s schedule', () => {
  it('is the same in whatever order its events arrive, one by one and repeated', () => {
    const anyOrder = history.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
    );
    fc.assert(
      fc.property(fc.oneof(anyOrder, fc.constant(reopening)), ([events, order]) => {
        let rows: readonly Reminder[] = [];
        order.forEach((_, n) => (rows = apply(rows, order.slice(0, n + 1))));
        const names = rows.map(({ reminder }) => reminder);
        return (
          scheduled(rows) === scheduled(apply([], events)) && new Set(names).size === names.length
        );
      }),
      { numRuns: 500 },
    );
  });

  it('is left as it is when planned again', () => {
    fc.assert(
      fc.property(history, (events) => {
        const rows = apply([], events);
        return scheduled(apply(rows, events)) === scheduled(rows);
      }),
    );
  });

  it('holds one series, at most one appointment and two interviews, and no reminder on a day off or of a day gone by', () => {
    fc.assert(
      fc.property(history, (events) => {
        const rows = apply([], events);
        const count = (kind: string) => rows.filter((row) => row.kind.startsWith(kind)).length;
        const isGood = rows.every(
          (row) =>
            isWorkingDay(londonDate(row.remindAt), rules.holidays) && row.dueOn >= londonDate(now),
        );
        return (
          isGood &&
          count('care-plan') <= 1 &&
          count('review') <= 1 &&
          count('claim') <= 2 &&
          count('consent') <= 1
        );
      }),
    );
  });

  it('holds no treatment reminder after an exit that comes last', () => {
    fc.assert(
      fc.property(history, (events) => {
        const exit = {
          ...events[0],
          id: 'exit',
          seq: 99,
          name: 'exit.recorded',
          sender: 'tp',
          facts: { exit: 'unplanned' },
          verdict: 'cleared',
        } as unknown as CaseEvent;
        return apply([], [...events, exit]).every(({ kind }) => kind.startsWith('claim'));
      }),
    );
  });
});
