import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { stepNames } from '#libs/contracts/steps.js';
import { verdictKinds } from '#libs/contracts/verdict.js';
import { agencyOf, meshEvent } from '#test/support/router-events.js';
import { toldCase } from '#test/support/told-case.js';

const names = messageNames.filter((name) => ruleOf(name).caseUse !== 'none');
const party = fc.constantFrom('jcp_wandsworth', 'jcp_leeds', 'trt_acme', 'trt_beacon', 'spoc_lsw');

const eventArbitrary = fc
  .record({
    name: fc.constantFrom<MessageName>(...names, 'reminder.due'),
    sender: party,
    to: fc.oneof(party, fc.constant('mesh')),
    verdict: fc.constantFrom(...verdictKinds),
    reason: fc.constantFrom(
      'no-consent-on-record',
      'withdrawn',
      'withdrawn-elsewhere',
      'route-timeout',
    ),
    facts: fc.record({
      step: fc.constantFrom(...stepNames),
      exit: fc.constantFrom('planned', 'unplanned'),
      dpa1Current: fc.boolean(),
      kind: fc.constantFrom('care-plan-review', 'claim-interview-13', 'consent-lapse', 'nonsense'),
      dueOn: fc.constant('2026-05-27'),
    }),
  })
  .map(({ name, ...changes }) => meshEvent(name, changes));

/** Events of a case, some of which are second records of others, some of which rest on others. */
const caseArbitrary = fc
  .array(fc.tuple(eventArbitrary, fc.nat(), fc.boolean()), { minLength: 1, maxLength: 25 })
  .map((drawn) => {
    const events = drawn.map(([event]) => event);
    return drawn.map(([event, other, isSecond], index): MeshEvent => {
      const earlier = events[other % (index + 1)] as MeshEvent;
      return isSecond && earlier.verdict !== event.verdict
        ? {
            ...earlier,
            seq: event.seq,
            verdict: event.verdict,
            reason: event.reason ?? 'withdrawn',
          }
        : { ...event, cause: earlier.id };
    });
  });
const shuffled = caseArbitrary.chain((events) =>
  fc.tuple(
    fc.constant(once(events)),
    fc.shuffledSubarray([...once(events), ...once(events)], { minLength: once(events).length * 2 }),
  ),
);

/** The guard records a message with a verdict once. */
function once(events: readonly MeshEvent[]): readonly MeshEvent[] {
  return [...new Map(events.map((event) => [`${event.id}.${event.verdict}`, event])).values()];
}

describe('the events of a case', () => {
  it('tell the same case in any order, and however often they come', () => {
    fc.assert(
      fc.property(shuffled, ([events, mixed]) => {
        expect(toldCase(mixed)).toEqual(toldCase(events));
      }),
    );
  });

  it('never leave a step without a party to hold it, open before it was opened, or twice', () => {
    fc.assert(
      fc.property(caseArbitrary, (events) => {
        const { steps } = toldCase(events);
        for (const { holder, openedAt, dueOn } of steps) {
          expect(holder.party).not.toBe('mesh');
          expect(dueOn > openedAt.slice(0, 10)).toBe(true);
        }
        const keys = steps.map(({ cause, step, holder }) => `${cause} ${step} ${holder.party}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  it('close no step of a pair of parties that the closing message is not of', () => {
    fc.assert(
      fc.property(caseArbitrary, eventArbitrary, (events, closing) => {
        const last = { ...closing, verdict: 'cleared' as const, seq: Number.MAX_SAFE_INTEGER };
        const before = toldCase(events).steps.filter(
          ({ holder }) =>
            agencyOf(holder.party) !== agencyOf(last.sender) &&
            agencyOf(holder.party) !== agencyOf(last.to),
        );
        const after = toldCase([...events, last]).steps;
        expect(after).toEqual(expect.arrayContaining(before));
      }),
    );
  });
});
