import { describe, it } from '@jest/globals';
import * as fc from 'fast-check';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { addDays } from '#libs/calendar/local-date.js';
import { londonDate, londonInstant } from '#libs/calendar/london-time.js';
import { isOfficeHour } from '#libs/calendar/office-hours.js';
import type { CaseEvent } from '#services/reminders/domain/case-event.js';
import { commitmentsOf } from '#services/reminders/domain/commitments.js';
import { planReminders } from '#services/reminders/domain/plan-reminders.js';
import type { Reminder } from '#services/reminders/domain/reminder.js';
import { remindAt, usualRules } from '#services/reminders/domain/reminder-rules.js';
import type { ReminderRules } from '#services/reminders/domain/reminder-rules.js';

const rules: ReminderRules = { ...usualRules, holidays: bankHolidays('england-and-wales') };
const day = fc.integer({ min: 0, max: 300 }).map((n) => addDays('2026-01-01', n));
const now = londonInstant('2026-06-01', '12:00');

const exitHow = fc.constantFrom('planned', 'unplanned', 'unplanned-likely');
const form = fc.constantFrom('DPA1', 'TPR1', 'TPR2');
const offer = fc.constantFrom('offer', 'm0', 'm1', 'm2');
const byProvider = { sender: 'tp', recipient: 'jcp' };
const byJobCentre = { sender: 'jcp', recipient: 'tp' };
const atHome = (sender: string) => ({ sender, recipient: 'mesh' });

const office = fc.constantFrom('tp', 'jcp');

const toldSomething = fc.oneof(
  day.map((agreedOn) => ({ name: 'careplan.agreed', ...atHome('tp'), facts: { agreedOn } })),
  day.map((heldOn) => ({ name: 'careplan.reviewed', ...atHome('tp'), facts: { heldOn } })),
  fc.tuple(day, offer, fc.boolean()).map(([heldOn, cause, asInterview]) => ({
    name: 'review.held',
    ...byJobCentre,
    cause,
    facts: { heldOn, asInterview },
  })),
  day.map((startedOn) => ({
    name: 'claim.started',
    ...atHome('jcp'),
    facts: { benefit: 'jsa', startedOn },
  })),
  fc.constant({ name: 'claim.ended', ...atHome('jcp'), facts: {} }),
  fc.tuple(day, offer).map(([on, cause]) => ({
    name: 'review.accepted',
    ...byProvider,
    cause,
    facts: { startsAt: `${on}T10:00:00Z` },
  })),
  fc.tuple(day, offer, fc.constantFrom('13-weeks', '26-weeks')).map(([on, cause, interview]) => ({
    name: 'review.moved',
    ...byJobCentre,
    cause,
    facts: { startsAt: `${on}T10:00:00Z`, interview },
  })),
  fc.constant({ name: 'review.not-held', ...byJobCentre, cause: 'offer', facts: {} }),
  offer.map((cause) => ({ name: 'review.cancelled', ...byJobCentre, cause, facts: {} })),
  fc.constant({ name: 'review.requested', ...byProvider, facts: {} }),
  fc.option(day, { nil: undefined }).map((nextReviewOn) => ({
    name: 'review.outcome',
    ...byJobCentre,
    facts: nextReviewOn === undefined ? {} : { nextReviewOn },
  })),
  day.map((on) => ({
    name: 'outcome-profile.recorded',
    ...atHome('tp'),
    facts: { on, completed: true },
  })),
  fc.tuple(day, form).map(([validUntil, named]) => ({
    name: 'consent.recorded',
    ...atHome(named === 'TPR2' ? 'tp' : 'jcp'),
    facts: { form: named, decision: 'given', validUntil },
  })),
  fc.tuple(form, office).map(([named, sender]) => ({
    name: 'consent.withdrawn',
    ...atHome(sender),
    facts: { form: named },
  })),
  fc.tuple(offer, office).map(([cause, recipient]) => ({
    name: 'instruction.stop-using',
    sender: 'guard',
    recipient,
    cause,
    facts: {},
  })),
  fc.constant({ name: 'referral.declined', ...byProvider, facts: { reason: 'no-capacity' } }),
  fc.constant({ name: 'referral.requested', ...byJobCentre, facts: {} }),
  exitHow.map((how) => ({ name: 'exit.notified', ...byProvider, facts: { exit: how } })),
  exitHow.map((how) => ({ name: 'exit.recorded', ...atHome('tp'), facts: { exit: how } })),
  fc.constantFrom('done', 'not-possible').map((outcome) => ({
    name: 'step.done',
    ...atHome('jcp'),
    facts: { step: 'hold-interview', outcome },
  })),
);
const history = fc.array(toldSomething, { maxLength: 14 }).map((list) =>
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

  it('holds one series of each kind, at most one appointment and two interviews, none that goes out after office hours or after its own day', () => {
    fc.assert(
      fc.property(history, (events) => {
        const rows = apply([], events);
        const count = (kind: string) => rows.filter((row) => row.kind.startsWith(kind)).length;
        const isGood = rows.every(
          (row) =>
            isOfficeHour(row.remindAt, rules.holidays) &&
            row.dueOn >= londonDate(now) &&
            londonDate(row.remindAt) <= row.dueOn,
        );
        return (
          isGood &&
          count('care-plan') <= 1 &&
          count('review') <= 1 &&
          count('next-review') <= 1 &&
          count('outcome-profile') <= 1 &&
          count('claim') <= 2 &&
          count('consent') <= 3
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
        // The consents that the job centre took go on: it was told nothing.
        return apply([], [...events, exit]).every(
          ({ kind, party }) =>
            kind.startsWith('claim') || (kind === 'consent-lapse' && party === 'jcp'),
        );
      }),
    );
  });
});

/**
 * The kinds that stand or end, told once more as a rule over the whole history instead of event by event: of each thing the last that was
 * told, and nothing after it that ended it.
 */
describe('a case’s schedule, held against rules that look at the whole history', () => {
  type Told = (event: CaseEvent) => boolean;
  const is =
    (name: string, facts: Readonly<Record<string, unknown>> = {}): Told =>
    (event) =>
      event.name === name &&
      Object.entries(facts).every(([key, value]) => event.facts[key] === value);
  const any =
    (...each: readonly Told[]): Told =>
    (event) =>
      each.some((one) => one(event));
  const isExit: Told = (event) =>
    (event.name === 'exit.notified' || event.name === 'exit.recorded') &&
    event.facts['exit'] !== 'unplanned-likely';
  const isExitTold: Told = (event) => isExit(event) && event.name === 'exit.notified';

  /** The index of the last that was told, -1 where none was. */
  const last = (events: readonly CaseEvent[], told: Told): number => events.findLastIndex(told);
  /** The day of the last of `start`, where none of `over` came after it. */
  const standing = (
    events: readonly CaseEvent[],
    { start, fact, over }: { start: Told; fact: string; over: Told },
  ): string | undefined => {
    const at = last(events, start);
    const value = events[at]?.facts[fact];
    return at > last(events, over) && typeof value === 'string' ? value : undefined;
  };
  const today = londonDate(now);
  const expectOnly = (
    events: readonly CaseEvent[],
    kind: string,
    days: readonly string[],
  ): boolean => {
    const rows = apply([], events).filter((row) => row.kind === kind);
    return (
      rows
        .map(({ dueOn }) => dueOn)
        .sort()
        .join() ===
      [...days]
        .filter((each) => each >= today)
        .sort()
        .join()
    );
  };

  it('reminds of the next review that was planned last, unless it was asked for or all is over', () => {
    const over = any(is('review.requested'), isExit, is('consent.withdrawn', { form: 'TPR2' }));
    fc.assert(
      fc.property(history, (events) => {
        const dueOn = standing(events, { start: is('review.outcome'), fact: 'nextReviewOn', over });
        return expectOnly(events, 'next-review', dueOn === undefined ? [] : [dueOn]);
      }),
      { numRuns: 1000 },
    );
  });

  it('reminds of the first quarter of the episode of which nothing is recorded', () => {
    fc.assert(
      fc.property(history, (events) => {
        const episode = events.slice(last(events, isExit) + 1);
        const start = episode.findIndex(is('careplan.agreed'));
        const agreedOn = episode[start]?.facts['agreedOn'];
        if (typeof agreedOn !== 'string') return expectOnly(events, 'outcome-profile', []);
        // A profile counts for the quarter's day to which it is nearest, within six weeks and a half.
        const isSettled = (n: number) =>
          episode
            .slice(start)
            .some(
              ({ name, facts }) =>
                name === 'outcome-profile.recorded' &&
                String(facts['on']) >= addDays(agreedOn, 91 * n - 45),
            );
        const quarters = Array.from({ length: 30 }, (_, n) => n + 1);
        const next = quarters.find((n) => !isSettled(n) && addDays(agreedOn, 91 * n) >= today);
        return expectOnly(
          events,
          'outcome-profile',
          next === undefined ? [] : [addDays(agreedOn, 91 * next)],
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('warns of the consent of each form that was taken last, while the matter that it serves is open', () => {
    fc.assert(
      fc.property(history, (events) => {
        const taken = (named: string) => is('consent.recorded', { form: named });
        /** The taker recorded the withdrawal, or was told to stop using because of one. */
        const withdrawn = (named: string) => {
          const taker = named === 'TPR2' ? 'tp' : 'jcp';
          const isOfForm = is('consent.withdrawn', { form: named });
          return (event: CaseEvent): boolean =>
            (event.sender === taker && isOfForm(event)) ||
            (is('instruction.stop-using')(event) &&
              event.recipient === taker &&
              events.some((each) => each.id === event.cause && isOfForm(each)));
        };
        /** What closes the matter of a form, and what opens it again. */
        const matters: readonly (readonly [string, Told, Told])[] = [
          ['DPA1', is('claim.ended'), is('claim.started')],
          ['TPR1', any(is('referral.declined'), isExitTold), is('referral.requested')],
          ['TPR2', isExit, is('careplan.agreed')],
        ];
        const days = matters.flatMap(([named, closes, opens]) => {
          const dueOn = standing(events, {
            start: taken(named),
            fact: 'validUntil',
            over: withdrawn(named),
          });
          const since = events.slice(last(events, taken(named)) + 1);
          const isClosed = last(since, closes) > last(since, opens);
          return dueOn === undefined || isClosed ? [] : [dueOn];
        });
        return expectOnly(events, 'consent-lapse', days);
      }),
      { numRuns: 1000 },
    );
  });

  it('reminds of the interviews of the last claim, until it ends or a review is held as one', () => {
    fc.assert(
      fc.property(history, (events) => {
        const at = last(events, is('claim.started'));
        const startedOn = events[at]?.facts['startedOn'];
        const isOver = at <= last(events, is('claim.ended'));
        if (typeof startedOn !== 'string' || isOver)
          return expectOnly(events, 'claim-interview-13', []);
        const isHeld = events.slice(at).some((event) => {
          const named = events.find(({ id }) => id === event.cause)?.facts['interview'];
          return is('review.held', { asInterview: true })(event) && named === '13-weeks';
        });
        const isDone = events
          .slice(at)
          .some(is('step.done', { step: 'hold-interview', outcome: 'done' }));
        // It was reminded of by then if its day, less seven days and the days off before, has come.
        const dueOn = addDays(startedOn, 91);
        const wasReminded = remindAt('claim-interview-13', dueOn, rules) <= now;
        return expectOnly(
          events,
          'claim-interview-13',
          isHeld || (isDone && wasReminded) ? [] : [dueOn],
        );
      }),
      { numRuns: 1000 },
    );
  });
});
