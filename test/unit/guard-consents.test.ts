import { describe, expect, it } from '@jest/globals';
import type { ConsentFormData, WithdrawalFormData } from '#libs/contracts/consent-forms.js';
import { categories } from '#libs/contracts/purposes.js';
import { askConsent, isDpa1Current } from '#services/consent-guard/domain/ask-consent.js';
import { consentValidity } from '#services/consent-guard/domain/consent-validity.js';
import { scopesOfConsent } from '#services/consent-guard/domain/record-consent.js';
import { categoriesOfNotice } from '#services/consent-guard/domain/pass-fields.js';
import { restsOnLines } from '#services/consent-guard/domain/rests-on-lines.js';
import { type Scope, scopeAfter, scopeKey } from '#services/consent-guard/domain/scope.js';
import { takenBack } from '#services/consent-guard/domain/taken-back.js';
import {
  withdrawScopes,
  withdrawalMarks,
} from '#services/consent-guard/domain/withdraw-consent.js';
import {
  GuardDesk,
  district,
  monday,
  newDirectory,
  parties,
  personOf,
  scopeOf,
  uuidOf,
} from '#test/support/guard-builders.js';
import { dpa1, maria, tpr1, tpr2Consent } from '#test/support/guard-forms.js';

const hour = 3_600_000;
const question = { from: 'river', to: 'jcp', purpose: 'share-employment-needs' as const };
const book = (...scopes: readonly Scope[]) =>
  new Map(scopes.map((scope) => [scopeKey(scope.from, scope.to, scope.purpose), scope]));

const context = {
  client: maria,
  now: '2026-03-02T09:00:00Z',
  today: '2026-03-02',
  later: '',
  cites: '',
  person: personOf('jcp_wandsworth'),
};
const linesOf = (takerId: string, data: object): readonly string[] => {
  const taker = parties.find(({ id }) => id === takerId);
  if (taker === undefined) throw new Error('no such party');
  const full = {
    excludedCategories: [],
    includeCriminalJusticeRoute: false,
    ...data,
  } as unknown as ConsentFormData;
  const validity = { fromMs: monday, untilMs: monday + hour };
  const scopes = scopesOfConsent(
    { consentId: uuidOf('consent'), client: uuidOf('client'), taker, data: full },
    newDirectory(),
    validity,
  );
  if ('code' in scopes) return [`${scopes.code} ${scopes.field}`];
  return scopes.map(({ from, to, purpose }) => `${from} → ${to}: ${purpose}`).toSorted();
};

describe('asking for consent', () => {
  it('says yes to a consent that stands, with its exclusions', () => {
    const answer = askConsent(book(scopeOf({ excluded: ['contact'] })), question, monday);
    expect(answer).toEqual({ allowed: true, consentId: uuidOf('consent'), excluded: ['contact'] });
  });

  it.each<[string, Partial<Scope>, string]>([
    ['refused', { decision: 'refused' }, 'refused'],
    ['withdrawn', { decision: 'withdrawn' }, 'withdrawn'],
    ['not yet valid', { validFromMs: monday + 1 }, 'not-yet-valid'],
    ['lapsed at this very instant', { validUntilMs: monday }, 'lapsed'],
    ['of a decision that does not exist', { decision: 'GIVEN' as Scope['decision'] }, 'unreadable'],
    ['without a consent', { consentId: '' }, 'unreadable'],
    ['whose consent is no text', { consentId: undefined as unknown as string }, 'unreadable'],
    ['valid from never', { validFromMs: Number.NaN }, 'unreadable'],
    ['valid for ever', { validUntilMs: Number.POSITIVE_INFINITY }, 'unreadable'],
    ['decided at no time', { decidedAtMs: Number.NaN }, 'unreadable'],
    ['that ends before it begins', { validFromMs: monday, validUntilMs: monday - 1 }, 'unreadable'],
    [
      'with exclusions that are no list',
      { excluded: 'contact' as unknown as Scope['excluded'] },
      'unreadable',
    ],
    [
      'that excludes what this mesh does not know',
      { excluded: ['housing' as 'contact'] },
      'unreadable',
    ],
  ])('says no to a line that is %s', (_what, more, why) => {
    expect(askConsent(book(scopeOf(more)), question, monday)).toEqual({ allowed: false, why });
  });

  it('says no when there is no clock', () => {
    expect(askConsent(book(scopeOf()), question, Number.NaN).allowed).toBe(false);
  });

  it('does not take a consent of one direction, agency or purpose for another', () => {
    for (const other of [
      { ...question, from: 'jcp', to: 'river' },
      { ...question, to: 'works' },
      { ...question, purpose: 'exit-notice' as const },
    ])
      expect(askConsent(book(scopeOf()), other, monday)).toEqual({ allowed: false, why: 'none' });
  });

  it('lets the newest decision on the job centre’s record count, whoever took it', () => {
    const own = scopeOf({ from: 'jcp', purpose: 'record-on-lms', form: 'DPA1' });
    const returned = scopeOf({ ...own, from: 'works', decidedAtMs: own.decidedAtMs + hour });
    expect(isDpa1Current(book(own).values(), 'jcp', monday)).toBe(true);
    expect(
      isDpa1Current(book({ ...own, decision: 'refused' }, returned).values(), 'jcp', monday),
    ).toBe(true);
    expect(
      isDpa1Current(book(own, { ...returned, decision: 'refused' }).values(), 'jcp', monday),
    ).toBe(false);
    expect(
      isDpa1Current(
        book(
          { ...own, decision: 'refused' },
          { ...returned, decidedAtMs: own.decidedAtMs },
        ).values(),
        'jcp',
        monday,
      ),
    ).toBe(false);
    expect(isDpa1Current(book(own).values(), 'works', monday)).toBe(false);
    expect(isDpa1Current(book().values(), 'jcp', monday)).toBe(false);
    for (const lines of [
      [own, { ...returned, decidedAtMs: Number.NaN }],
      [{ ...returned, decidedAtMs: Number.NaN }, own],
    ])
      expect(isDpa1Current(lines, 'jcp', monday)).toBe(false);
  });
});

describe('how long a consent stands', () => {
  const taken = { takenAt: '2026-03-02T09:00:00Z' } as ConsentFormData;
  const morning = '2026-03-02T09:00:00.000Z';

  it.each([
    [
      '12 months where the form names no end',
      {},
      [morning, '2027-03-03T00:00:00.000Z', '2027-03-02'],
    ],
    [
      'to the end of its last day in London',
      { validUntil: '2026-06-30' },
      [morning, '2026-06-30T23:00:00.000Z', '2026-06-30'],
    ],
    [
      'from the start of its first day',
      { validFrom: '2026-04-01' },
      ['2026-03-31T23:00:00.000Z', '2027-04-01T23:00:00.000Z', '2027-04-01'],
    ],
    [
      'never from before it was taken',
      { validFrom: '2020-01-01', validUntil: '2026-12-31' },
      [morning, '2027-01-01T00:00:00.000Z', '2026-12-31'],
    ],
    [
      'from 29 February to the 28th',
      { takenAt: '2028-02-29T09:00:00Z' },
      ['2028-02-29T09:00:00.000Z', '2029-03-01T00:00:00.000Z', '2029-02-28'],
    ],
  ])('is %s', (_what, more, expected) => {
    const { fromMs, untilMs, untilDate } = consentValidity(
      { ...taken, ...more },
      Date.parse('2028-03-01T00:00:00Z'),
    );
    expect([new Date(fromMs).toISOString(), new Date(untilMs).toISOString(), untilDate]).toEqual(
      expected,
    );
  });

  it('is from when it is recorded where the clock of who took it runs ahead, so that a referral right behind it is covered', () => {
    const recordedAt = Date.parse(morning) - 2_500;
    expect(consentValidity(taken, recordedAt).fromMs).toBe(recordedAt);
    expect(consentValidity({ ...taken, validFrom: '2026-04-01' }, recordedAt).fromMs).toBe(
      Date.parse('2026-03-31T23:00:00.000Z'),
    );
  });
});

describe('the lines a consent decides', () => {
  it('DPA1 of a job centre is about its own record', () => {
    expect(linesOf('jcp_wandsworth', dpa1(context))).toEqual(['jcp → jcp: record-on-lms']);
  });

  it('DPA1 of a contracted provider tells the job centre it names; a yes is not yet about its record, a no is', () => {
    const form = dpa1(context, ['jcp_lambeth']);
    expect(linesOf('cp_works', form)).toEqual([
      'works → jcp: notify-jcp',
      'works → works: record-on-lms',
    ]);
    expect(linesOf('cp_works', { ...form, decision: 'refused' })).toEqual([
      'works → jcp: notify-jcp',
      'works → jcp: record-on-lms',
      'works → works: record-on-lms',
    ]);
  });

  it('DPA1 of a contracted provider counts for itself alone where it may not notify the job centre', () => {
    expect(linesOf('cp_works', dpa1(context))).toEqual(['works → works: record-on-lms']);
    expect(
      linesOf('cp_works', { ...dpa1(context, ['jcp_lambeth']), purposes: ['record-on-lms'] }),
    ).toEqual(['works → works: record-on-lms']);
  });

  it('TPR1 covers the referral, its passing on to those named, and the return of attendance', () => {
    expect(linesOf('jcp_wandsworth', tpr1(context, ['spoc_south', 'tp_river'], district))).toEqual([
      'gateway_south → jcp: attendance-feedback',
      'gateway_south → river: refer-to-treatment',
      'jcp → gateway_south: refer-to-treatment',
      'jcp → river: refer-to-treatment',
      `jcp → role:treatment@${district}: refer-to-treatment`,
      'river → gateway_south: refer-to-treatment',
      'river → jcp: attendance-feedback',
    ]);
  });

  it('TPR2 covers the sharing and the answers to it, purpose by purpose', () => {
    expect(
      linesOf('tp_river', {
        ...tpr2Consent(context, ['jcp_wandsworth']),
        purposes: ['exit-notice'],
      }),
    ).toEqual(['jcp → river: exit-notice', 'river → jcp: exit-notice']);
  });

  it('TPR2 lets provider and probation agree who leads, and neither of them tell a job centre of it', () => {
    const data = {
      ...tpr2Consent(context, ['jcp_wandsworth', 'probation_south']),
      purposes: ['agree-ete-lead', 'three-way-review'],
    };
    expect(linesOf('tp_river', data)).toEqual([
      'jcp → river: three-way-review',
      'probation → river: agree-ete-lead',
      'river → jcp: three-way-review',
      'river → probation: agree-ete-lead',
    ]);
    expect(linesOf('tp_river', { ...data, to: { parties: ['jcp_wandsworth'] } })).toEqual([
      'jcp → river: three-way-review',
      'river → jcp: three-way-review',
    ]);
  });

  describe('of a TPR2 that names sharing and no exit', () => {
    const sharing = (statement: boolean, more: object = {}) => {
      const data = tpr2Consent(context, ['jcp_wandsworth']) as unknown as ConsentFormData;
      const { statements } = data.explained;
      return linesOf('tp_river', {
        ...data,
        purposes: ['share-employment-needs'],
        explained: {
          ...data.explained,
          statements: statement ? [...statements, 'sharing-includes-exit'] : statements,
        },
        ...more,
      });
    };
    const both = [
      'jcp → river: exit-notice',
      'jcp → river: share-employment-needs',
      'river → jcp: exit-notice',
      'river → jcp: share-employment-needs',
    ];

    it('hold the exit only where the client was told that sharing includes it', () => {
      expect(sharing(true)).toEqual(both);
      expect(sharing(false)).toEqual(both.filter((line) => !line.includes('exit')));
    });

    it('decide the exit where the client excludes it, and where sharing is refused', () => {
      expect(sharing(false, { excludedCategories: ['exit'] })).toEqual(both);
      expect(sharing(false, { decision: 'refused' })).toEqual(both);
    });
  });

  it.each([
    [
      'TPR2 taken by a job centre',
      'jcp_wandsworth',
      tpr2Consent(context, ['tp_river']),
      'consent-not-yours-to-take data.form',
    ],
    [
      'TPR1 taken by a provider',
      'tp_river',
      tpr1(context, ['tp_hill']),
      'consent-not-yours-to-take data.form',
    ],
    [
      'a purpose of another form',
      'jcp_wandsworth',
      { ...tpr1(context, ['tp_river']), purposes: ['exit-notice'] },
      'malformed-message data.purposes',
    ],
    [
      'a party that is not there',
      'jcp_wandsworth',
      tpr1(context, ['tp_river', 'tp_nowhere']),
      'recipient-unknown data.to.parties.1',
    ],
    [
      'a district that is not there',
      'jcp_wandsworth',
      tpr1(context, ['tp_river'], 'atlantis'),
      'area-unknown data.to.role.district',
    ],
    [
      'nobody whom it could be about',
      'jcp_wandsworth',
      tpr1(context, ['jcp_lambeth']),
      'consent-incomplete data.to',
    ],
    [
      'words the client was not told',
      'tp_river',
      { ...tpr2Consent(context, ['jcp_wandsworth']), explained: { statements: [] } },
      'consent-incomplete data.explained.statements',
    ],
  ])('are none for %s', (_what, taker, data, refused) => {
    expect(linesOf(taker, data)).toEqual([refused]);
  });
});

describe('one line over time', () => {
  const older = scopeOf();
  const newer = scopeOf({ decidedAtMs: older.decidedAtMs + 1, consentId: uuidOf('newer') });

  it('follows the newer decision of the client, in whatever order they are recorded', () => {
    expect(scopeAfter(newer, older)).toBe(newer);
    expect(scopeAfter(older, newer)).toBeUndefined();
    expect(scopeAfter(older, undefined)).toBe(older);
  });

  it('holds to the no of two decisions of the same moment', () => {
    const no = { ...older, decision: 'refused' as const };
    expect(scopeAfter(no, older)).toBe(no);
    expect(scopeAfter(older, no)).toBeUndefined();
  });

  it('keeps to what both of two yeses of the same moment allow', () => {
    const one = scopeOf({ excluded: ['contact'], validUntilMs: monday + 5 });
    const other = scopeOf({
      excluded: ['exit'],
      validFromMs: monday - 5,
      consentId: uuidOf('other'),
    });
    const both = scopeAfter(one, other);
    expect(both).toMatchObject({
      excluded: ['contact', 'exit'],
      validFromMs: monday - 5,
      validUntilMs: monday + 5,
    });
    expect(scopeAfter(other, one)).toEqual(both);
  });

  it('is not blocked by a row that bears no time', () => {
    const no = scopeOf({ decision: 'refused' });
    expect(scopeAfter(no, scopeOf({ decidedAtMs: Number.NaN }))).toBe(no);
  });
});

describe('a withdrawal', () => {
  const data: WithdrawalFormData = {
    form: 'TPR2',
    keep: ['exit-notice'],
    withdrawnAt: '2026-03-02T08:00:00Z',
    how: 'in-writing',
    takenBy: 'p_x',
  };
  const lines = book(
    scopeOf(),
    scopeOf({ purpose: 'exit-notice' }),
    scopeOf({ purpose: 'treatment-status', decision: 'refused' }),
    scopeOf({ purpose: 'three-way-review', decidedAtMs: monday + hour }),
    scopeOf({ from: 'jcp', to: 'river', purpose: 'refer-to-treatment', form: 'TPR1' }),
  );

  const made = { withdrawalId: uuidOf('withdrawal'), client: uuidOf('client'), data };

  it('ends the lines of its form that were given and are not kept, even those decided later', () => {
    const ended = withdrawScopes(lines, data, monday);
    expect(
      ended.map(({ purpose, decision, decidedAtMs }) => [purpose, decision, decidedAtMs]),
    ).toEqual([
      ['share-employment-needs', 'withdrawn', monday - hour],
      ['three-way-review', 'withdrawn', monday + hour],
    ]);
  });

  it('leaves a mark for each purpose it ends, which no question ever finds', () => {
    const marks = withdrawalMarks(lines, made, monday);
    expect(marks.map(({ purpose }) => purpose)).toEqual([
      'share-employment-needs',
      'treatment-status',
      'three-way-review',
      'agree-ete-lead',
    ]);
    expect(withdrawScopes(book(...marks), data, monday)).toEqual([]);
    expect(marks.every((mark) => !askConsent(book(mark), mark, monday).allowed)).toBe(true);
  });

  it('never lets a mark grow older', () => {
    const marked = book(
      scopeOf({ from: '*', to: '*', decision: 'withdrawn', decidedAtMs: monday }),
    );
    const [mark] = withdrawalMarks(marked, made, monday);
    expect(mark?.decidedAtMs).toBe(monday);
  });

  it('that bears an instant yet to come counts from now', () => {
    const early = monday - 2 * hour;
    expect(withdrawalMarks(book(), made, early).map(({ decidedAtMs }) => decidedAtMs)).toEqual(
      Array.from({ length: 4 }, () => early),
    );
    expect(withdrawScopes(book(scopeOf({ decidedAtMs: 0 })), data, early)).toMatchObject([
      { decidedAtMs: early },
    ]);
  });
});

describe('what a newer decision takes back', () => {
  const stood = scopeOf({ excluded: ['contact'] });
  const { from, to, purpose } = stood;
  const takes = (newer: Partial<Scope>, before: Partial<Scope> = stood) =>
    takenBack([{ ...stood, ...newer }], book({ ...stood, ...before }), monday);

  it.each<[string, Partial<Scope>, readonly string[]]>([
    ['no more', { excluded: ['contact'] }, []],
    ['less', { excluded: [] }, []],
    ['one kind more', { excluded: ['contact', 'review'] }, ['review']],
    ['another kind', { excluded: ['employment'] }, ['employment']],
    ['all of it, as it begins later', { excluded: [], validFromMs: monday + 1 }, [...categories]],
    ['all of it, as it is over', { excluded: [], validUntilMs: monday }, [...categories]],
  ])('is, of a yes that rules out %s, that', (_, newer, ruledOut) => {
    expect(takes(newer)).toEqual(ruledOut.length === 0 ? [] : [{ from, to, purpose, ruledOut }]);
  });

  it('is the whole of a yes where it is a no, and nothing where no yes stood', () => {
    expect(takes({ decision: 'refused' })).toEqual([{ from, to, purpose }]);
    expect(takes({ decision: 'refused' }, { decision: 'withdrawn' })).toEqual([]);
    expect(takes({ excluded: ['review'] }, { decision: 'refused' })).toEqual([]);
    expect(takenBack([stood], book(), monday)).toEqual([]);
  });
});

describe('what was told under a line', () => {
  const { record } = new GuardDesk().send({
    from: 'tp_river',
    name: 'tpr2.shared',
    to: 'jcp_wandsworth',
  });
  const shared = { ...record, recipientAgency: 'jcp', verdict: { kind: 'cleared' as const } };
  const line = { from: 'river', to: 'jcp', purpose: 'treatment-status' as const };
  const summary = { ...line, ruledOut: ['treatment-summary' as const] };

  it('is a message that told something of what was ruled out, under the purpose that it travels under', () => {
    expect(restsOnLines(shared, [summary], ['treatment-summary'])).toBe(true);
    expect(restsOnLines(shared, [summary], ['treatment-status', 'employment'])).toBe(false);
    expect(
      restsOnLines(
        shared,
        [{ ...summary, purpose: 'share-employment-needs' }],
        ['treatment-summary'],
      ),
    ).toBe(false);
    expect(restsOnLines(shared, [{ ...summary, to: 'works' }], ['treatment-summary'])).toBe(false);
    expect(restsOnLines({ ...shared, recipientAgency: 'river' }, [{ ...line, to: 'river' }])).toBe(
      false,
    );
    // What it told is not known.
    expect(restsOnLines(shared, [summary])).toBe(true);
    expect(restsOnLines(shared, [line], ['employment'])).toBe(true);
  });

  it('is not what waits for a route, but of a line that is taken back whole: it goes as the consent is then', () => {
    const waiting = {
      ...shared,
      recipientAgency: undefined,
      verdict: { kind: 'waiting' as const },
    };
    expect(restsOnLines(waiting, [line])).toBe(true);
    expect(restsOnLines(waiting, [summary])).toBe(false);
  });

  it('is, by a notice, what its facts tell, and what the message cannot be without', () => {
    expect(categoriesOfNotice('tpr2.shared', { reviewWanted: 'three-way' }).toSorted()).toEqual([
      'administration',
      'employment',
      'identity',
      'review',
    ]);
    expect(categoriesOfNotice('tpr2.shared', {}).toSorted()).toEqual([
      'administration',
      'employment',
      'identity',
    ]);
    expect(categoriesOfNotice('exit.notified', {})).toEqual(['exit', 'likely-exit']);
  });
});
