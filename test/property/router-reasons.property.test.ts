import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { meets } from '#libs/contracts/condition.js';
import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import type { PersonPut } from '#libs/contracts/service-forms.js';
import { stepEnds } from '#libs/contracts/step-ends.js';
import { waits as waitOf } from '#libs/contracts/waits.js';
import { isUnattended } from '#services/referral-router/domain/count-overdue.js';
import { findOwner, isInOffice } from '#services/referral-router/domain/find-person.js';
import { historyArbitrary, isHad, nameOf, parties } from '#test/support/random-history.js';
import { agencyOf, partyPut, peopleOf } from '#test/support/router-events.js';
import { faultsOf, stepsThatMustBeOpen } from '#test/support/step-oracle.js';
import { toldCase } from '#test/support/told-case.js';

/** A history has about 13 events and is told in 2 ms. */
const runs = { numRuns: 200 };
/** Long enough after every history that each wait in it is late. */
const muchLater = '2027-06-01T10:00:00Z';

const endOf = (history: readonly MeshEvent[]): string =>
  history.reduce((last, { recordedAt }) => (recordedAt > last ? recordedAt : last), '');

describe('in any legal history', () => {
  it('no step is open whose reason is gone, and none was opened by nothing', () => {
    fc.assert(
      fc.property(historyArbitrary, fc.boolean(), (history, isLater) => {
        const { steps } = toldCase(history, isLater ? muchLater : undefined);
        expect(steps.flatMap((step) => faultsOf(step, history))).toEqual([]);
      }),
      runs,
    );
  });

  it('no step is closed while its reason stands', () => {
    fc.assert(
      fc.property(historyArbitrary, (history) => {
        const open = toldCase(history).steps.map(
          ({ cause, step, holder }) => `${cause} ${step} ${agencyOf(holder.party)}`,
        );
        expect(open).toEqual(expect.arrayContaining([...stepsThatMustBeOpen(history)]));
      }),
      runs,
    );
  });

  it('an answer that nothing could have given is waited for, and in the end is the waiting party’s step', () => {
    fc.assert(
      fc.property(historyArbitrary, (history) => {
        const { waits, steps } = toldCase(history, muchLater);
        for (const event of history.filter((each) => isHad(each, history))) {
          const wait = waitOf[nameOf(event)];
          if (wait === undefined || isAnswerable(event, history)) continue;
          const cause = event.id;
          expect(waits).toEqual(
            expect.arrayContaining([expect.objectContaining({ cause, hasLapsed: true })]),
          );
          expect(steps).toEqual(
            expect.arrayContaining([expect.objectContaining({ root: cause, step: 'ask-client' })]),
          );
        }
      }),
      runs,
    );
  });

  it('every step and every wait is somebody’s in office, at an office of that agency, whoever is away', () => {
    const all = parties.flatMap((party) => peopleOf(party));
    const away = fc.subarray(all.map(({ person }) => person));
    fc.assert(
      fc.property(historyArbitrary, away, (history, gone) => {
        const people = new Map(
          all.map((put): [string, PersonPut] => [
            put.person,
            { ...put, active: !gone.includes(put.person) },
          ]),
        );
        const directory = {
          party: (id: string) => partyPut(id),
          person: (id: string) => people.get(id),
        };
        const { steps, waits, namings, parts } = toldCase(history);
        const today = endOf(history).slice(0, 10);
        for (const { holder } of [...steps, ...waits]) {
          const { owner, office } = findOwner(holder, { namings, directory, today });
          expect(agencyOf(office)).toBe(agencyOf(holder.party));
          if (!isUnattended(partyPut(holder.party), directory, today))
            expect(isInOffice(people.get(owner), today)).toBe(true);
        }
        // And a case has an end only where nothing is to be done.
        for (const { agency, end } of parts)
          if (end !== undefined)
            expect(steps.filter(({ holder }) => agencyOf(holder.party) === agency)).toEqual([]);
      }),
      runs,
    );
  });

  it('every arrival that keeps each sender’s order settles to the same state, event by event', () => {
    fc.assert(
      fc.property(historyArbitrary, fc.array(fc.nat(), { minLength: 44 }), (history, picks) => {
        const arrived = interleaved(history, picks);
        const settled = toldCase(arrived, endOf(history) || undefined);
        expect(settled).toEqual(toldCase(history));
      }),
      runs,
    );
  });

  it('what two agencies do that do not know of each other settles alike, whichever was recorded first', () => {
    fc.assert(
      fc.property(historyArbitrary, fc.nat(), (history, at) => {
        const index = at % Math.max(1, history.length - 1);
        const [one, other] = [history[index], history[index + 1]];
        if (one === undefined || other === undefined || isShared(one, other)) return;
        const swapped = history
          .with(index, { ...other, seq: one.seq, recordedAt: one.recordedAt })
          .with(index + 1, { ...one, seq: other.seq, recordedAt: other.recordedAt });
        const names = (events: readonly MeshEvent[]) =>
          toldCase(events, muchLater)
            .steps.map(({ cause, step, holder }) => `${cause} ${step} ${holder.party}`)
            .sort();
        expect(names(swapped)).toEqual(names(history));
      }),
      runs,
    );
  });
});

/** Whether anything came after that could answer, end the part of the one that waits, or close its step. */
function isAnswerable(asked: MeshEvent, history: readonly MeshEvent[]): boolean {
  const wait = waitOf[nameOf(asked)];
  const ends = new Set<string>([
    ...(wait?.endedBy ?? []),
    'exit.notified',
    'exit.recorded',
    'tpr2.no-trace',
    'step.done',
    'instruction.stop-using',
    ...stepEnds['ask-client'].ends.map(({ by }) => by),
    // A provider's answer takes the place of the single point of contact's.
    'referral.acknowledged',
    'referral.passed-on',
    'appointment.cancelled',
    'appointment.moved',
  ]);
  if (!meets(asked.facts, wait?.when)) return true; // nothing is waited for
  return history.some((event) => event.seq > asked.seq && ends.has(nameOf(event)));
}

/** The events in another order: of each sender the oldest that has not come yet, of a sender drawn at random. */
function interleaved(
  history: readonly MeshEvent[],
  picks: readonly number[],
): readonly MeshEvent[] {
  const queues = new Map<string, MeshEvent[]>();
  for (const event of history)
    queues.set(event.sender, [...(queues.get(event.sender) ?? []), event]);
  return history.flatMap((_, index) => {
    const senders = [...queues].filter(([, queue]) => queue.length > 0);
    const [, queue] = senders[(picks[index] ?? 0) % senders.length] ?? [];
    const first = queue?.shift();
    return first === undefined ? [] : [first];
  });
}

/** Whether an agency knows of both, or one cites the other, or a day lies between. */
function isShared(one: MeshEvent, other: MeshEvent): boolean {
  const knowers = ({ sender, to }: MeshEvent): string[] =>
    [agencyOf(sender), agencyOf(to)].filter((each) => each !== 'mesh');
  const isOurs = [one, other].some(
    ({ senderKind }) => senderKind === 'service' || senderKind === 'guard',
  );
  return (
    isOurs ||
    one.recordedAt.slice(0, 10) !== other.recordedAt.slice(0, 10) || // the clock is known to both
    one.id === other.id ||
    other.cause === one.id ||
    knowers(one).some((agency) => knowers(other).includes(agency))
  );
}
