import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Decision } from '#services/consent-guard/domain/decision.js';
import { GuardDesk, parties, uuidOf } from '#test/support/guard-builders.js';
import { type ClientShown, tpr1 } from '#test/support/guard-forms.js';

/** Somebody opens a case, or writes again in it: few people, so that numbers, dates and surnames meet in every combination. */
interface Opening {
  readonly from: string;
  readonly case: number;
  readonly isConsent: boolean;
  readonly client: ClientShown;
}

const client: fc.Arbitrary<ClientShown> = fc
  .record({
    nino: fc.option(fc.constantFrom('QQ000001A', 'QQ000002A'), { nil: undefined }),
    dateOfBirth: fc.constantFrom('1988-04-12', '1988-12-04'),
    surname: fc.constantFrom('Sample', 'Simple'),
  })
  .map(({ nino, ...rest }) => (nino === undefined ? rest : { ...rest, nino, otherNames: 'Maria' }));
const opening = (from: readonly string[]): fc.Arbitrary<Opening> =>
  fc.record({
    from: fc.constantFrom(...from),
    case: fc.nat({ max: 2 }),
    isConsent: fc.boolean(),
    client,
  });

const agencyOf = (party: string): string => parties.find(({ id }) => id === party)?.agency ?? '';
const mine = ['jcp_wandsworth', 'jcp_lambeth'];
const anyone = fc.array(opening([...mine, 'cp_works']), { minLength: 2, maxLength: 24 });

/** Each agency has cases of its own. */
const play = (desk: GuardDesk, openings: readonly Opening[]): readonly Decision[] =>
  openings.map(({ from, case: number, isConsent, client: shown }) =>
    desk.send({
      from,
      case: uuidOf(`case ${number} of ${agencyOf(from)}`),
      client: shown,
      ...(isConsent
        ? { name: 'consent.recorded', to: 'mesh', data: (c) => tpr1(c, ['tp_river']) }
        : { name: 'referral.requested', to: 'tp_river' }),
    }),
  );

const told = ({ record, effects, others }: Decision) => ({
  verdict: record.verdict,
  facts: record.facts,
  effects: effects.map(({ kind }) => kind),
  others: others.length,
});

describe('what an agency is told, whomever it shows', () => {
  it('is what it would be told if it were alone in the mesh', () => {
    fc.assert(
      fc.property(anyone, (openings) => {
        const isMine = ({ from }: Opening): boolean => mine.includes(from);
        const among = play(new GuardDesk(), openings).filter((_, index) =>
          openings.some((each, at) => at === index && isMine(each)),
        );
        const alone = play(new GuardDesk(), openings.filter(isMine));
        expect(among.map(told)).toEqual(alone.map(told));
      }),
      { numRuns: 400 },
    );
  });

  it('is never of a client who is not the one shown: a number, a date or a surname that differs is another', () => {
    fc.assert(
      fc.property(anyone, (openings) => {
        const decisions = play(new GuardDesk(), openings);
        const shownOf = new Map<string, ClientShown[]>();
        for (const [index, { record }] of decisions.entries()) {
          const opened = openings[index];
          if (record.client === undefined || opened === undefined) continue;
          shownOf.set(record.client, [...(shownOf.get(record.client) ?? []), opened.client]);
        }
        for (const all of shownOf.values()) {
          expect(
            new Set(all.map(({ dateOfBirth, surname }) => `${dateOfBirth} ${surname}`)).size,
          ).toBe(1);
          // One served without a number is matched by the other two, until a consent form brings the number.
          const [first] = all;
          if (first !== undefined && 'nino' in first)
            expect(new Set(all.flatMap((each) => ('nino' in each ? [each.nino] : []))).size).toBe(
              1,
            );
        }
      }),
      { numRuns: 400 },
    );
  });
});
