import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  type Purpose,
  categories,
  consentFormRules,
  consentForms,
  purposes,
} from '#libs/contracts/purposes.js';
import { askConsent } from '#services/consent-guard/domain/ask-consent.js';
import { type Scope, type Scopes, anyone, scopeKey } from '#services/consent-guard/domain/scope.js';
import { withdrawScopes } from '#services/consent-guard/domain/withdraw-consent.js';
import { monday, parties, scopeOf } from '#test/support/guard-builders.js';
import {
  caseIds,
  consents,
  noOf,
  numbered,
  openDesk,
  play,
} from '#test/support/guard-histories.js';

const agencies = [...new Set(parties.map(({ agency }) => agency))];
const lines = agencies.flatMap((from) =>
  agencies.flatMap((to) => purposes.map((purpose) => ({ from, to, purpose }))),
);
/**
 * All that a ledger allows, line by line. Which consent is named does not matter, nor why it is a no: a yes that is older than a no whose lines are not
 * clear leaves no line of its own.
 */
const answersOf = (scopes: Scopes): string[] =>
  lines.map((line) => {
    const answer = askConsent(scopes, line, monday);
    return `${scopeKey(line.from, line.to, line.purpose)} ${answer.allowed ? [...answer.excluded].toSorted().join() : 'no'}`;
  });

const scopesOf = (desk: ReturnType<typeof openDesk>): Scopes[] =>
  caseIds.map((id) => desk.world.scopesOf(desk.world.case(id)?.client ?? ''));

const book = (scopes: readonly Scope[]): Scopes =>
  new Map(scopes.map((scope) => [scopeKey(scope.from, scope.to, scope.purpose), scope]));

describe('recorded consents', () => {
  it('answer the same in whatever order they were recorded, those of the same minute too', () => {
    const shuffled = consents.chain((actions) =>
      fc.tuple(
        fc.constant(numbered(actions)),
        fc.shuffledSubarray([...numbered(actions)], { minLength: actions.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        const [desk, otherDesk] = [openDesk(), openDesk()];
        play(desk, one);
        play(otherDesk, other);
        expect(scopesOf(desk).map(answersOf)).toEqual(scopesOf(otherDesk).map(answersOf));
      }),
      { numRuns: 120 },
    );
  });

  it('allow nothing more after one more no', () => {
    fc.assert(
      fc.property(consents, noOf, (actions, no) => {
        const desk = openDesk();
        play(desk, numbered(actions));
        const before = scopesOf(desk);
        play(desk, [[no, 'the no']]);
        const more = scopesOf(desk).flatMap((after, index) =>
          lines.filter((line) => {
            const now = askConsent(after, line, monday);
            const then = askConsent(before[index] ?? new Map(), line, monday);
            return (
              now.allowed &&
              !(
                then.allowed &&
                [...then.excluded].every((category) => now.excluded.includes(category))
              )
            );
          }),
        );
        expect(more).toEqual([]);
      }),
    );
  });

  it('given no later than a withdrawal never stand after it, in whatever order both are recorded', () => {
    fc.assert(
      fc.property(consents, fc.constantFrom(...consentForms), fc.nat(), (actions, form, where) => {
        const desk = openDesk();
        const place = where % (actions.length + 1);
        const end = { what: 'withdrawal', client: 0, from: 0, form, keep: [] } as const;
        const all = numbered(actions);
        play(desk, [...all.slice(0, place), [end, 'the withdrawal'], ...all.slice(place)]);
        const [scopes = new Map<string, Scope>()] = scopesOf(desk);
        const ended: readonly Purpose[] = consentFormRules[form].purposes;
        expect(
          lines.filter(
            (line) => ended.includes(line.purpose) && askConsent(scopes, line, monday).allowed,
          ),
        ).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });
});

describe('a withdrawal', () => {
  const scope = fc.record({
    line: fc.constantFrom(...lines),
    decision: fc.constantFrom('given', 'refused', 'withdrawn'),
    days: fc.integer({ min: -400, max: 400 }),
  });
  const formOf = (purpose: Purpose) =>
    consentForms.find((form) => consentFormRules[form].purposes.includes(purpose)) ?? 'DPA1';

  it('ends the purposes of its form that are not kept, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(scope, { maxLength: 30 }),
        fc.constantFrom(...consentForms),
        fc.subarray([...purposes]),
        (rows, form, keep) => {
          const before = book(
            rows.map(({ line, decision, days }) =>
              scopeOf({
                ...line,
                decision,
                form: formOf(line.purpose),
                decidedAtMs: monday + days * 86_400_000,
              }),
            ),
          );
          const ended = withdrawScopes(
            before,
            {
              form,
              keep,
              withdrawnAt: '2026-03-02T09:00:00Z',
              how: 'in-person',
              takenBy: 'p_x',
            },
            monday,
          );
          const after = new Map([...before, ...book(ended)]);
          const ends = (purpose: Purpose) => formOf(purpose) === form && !keep.includes(purpose);
          const expected = lines.map((line) => {
            const then = askConsent(before, line, monday);
            return ends(line.purpose) && then.allowed ? { allowed: false, why: 'withdrawn' } : then;
          });
          expect(lines.map((line) => askConsent(after, line, monday))).toEqual(expected);
          expect(
            ended.every(({ decision, from }) => decision === 'withdrawn' && from !== anyone),
          ).toBe(true);
        },
      ),
    );
  });
});

describe('a row of the ledger', () => {
  const odd = fc.oneof(
    fc.anything(),
    fc.constantFrom<unknown>(
      Number.NaN,
      '',
      null,
      undefined,
      '2026',
      Number.POSITIVE_INFINITY,
      [],
      ['x'],
      'given',
      true,
    ),
  );
  const row = fc.record(
    {
      decision: odd,
      excluded: odd,
      validFromMs: odd,
      validUntilMs: odd,
      decidedAtMs: odd,
      consentId: odd,
    },
    { requiredKeys: [] },
  );
  const isSound = (scope: Scope): boolean =>
    scope.decision === 'given' &&
    Array.isArray(scope.excluded) &&
    scope.excluded.every((each) => categories.includes(each)) &&
    [scope.validFromMs, scope.validUntilMs, scope.decidedAtMs].every(
      (each) => typeof each === 'number' && Number.isFinite(each),
    ) &&
    scope.validFromMs <= monday &&
    monday < scope.validUntilMs &&
    typeof scope.consentId === 'string' &&
    scope.consentId.length > 0;

  it('that is not wholly sound is a refusal, and never a throw', () => {
    fc.assert(
      fc.property(row, (more) => {
        const scope = { ...scopeOf(), ...more } as Scope;
        const answer = askConsent(
          book([{ ...scope, from: 'river', to: 'jcp', purpose: 'exit-notice' }]),
          { from: 'river', to: 'jcp', purpose: 'exit-notice' },
          monday,
        );
        expect(answer.allowed).toBe(isSound(scope));
      }),
      { numRuns: 1000 },
    );
  });
});
