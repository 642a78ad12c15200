import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { fieldRules, freeText, inCategory } from '#libs/contracts/field.js';
import type { Category } from '#libs/contracts/purposes.js';
import { minimise, purposeOf } from '#services/consent-guard/domain/minimise.js';

const form = z.strictObject({
  who: z.strictObject({
    name: inCategory('identity', z.string()),
    phone: inCategory('contact', z.string()).optional(),
  }),
  route: inCategory('access-route', z.string(), { court: 'criminal-justice-route' }).optional(),
  day: inCategory('attendance', z.string()),
  bare: z.string().optional(),
  note: freeText('treatment-summary').optional(),
});
const rules = fieldRules(form);
const allowingBut =
  (...excluded: Category[]) =>
  (category: Category) => ({ allowed: true as const, consentId: `for ${category}`, excluded });
const full = {
  who: { name: 'N', phone: '1', secret: 'x' },
  route: 'self',
  day: 'Monday',
  bare: 'b',
  note: 'n',
  extra: 'e',
};

describe('the rules of a form', () => {
  it('name every marked field, its category and whether the form needs it', () => {
    expect(
      rules.map(({ path, category, required }) => [path.join('.'), category, required]),
    ).toEqual([
      ['who.name', 'identity', true],
      ['who.phone', 'contact', false],
      ['route', 'access-route', false],
      ['day', 'attendance', true],
      ['note', 'treatment-summary', false],
    ]);
  });

  it('do not let a free text count as milder than the form it stands in', () => {
    const mild = z.strictObject({
      summary: inCategory('treatment-summary', z.string()),
      note: freeText('employment'),
    });
    expect(() => fieldRules(mild)).toThrow('free text note');
  });

  it('let nothing in an optional part be needed', () => {
    const optional = z.strictObject({
      part: z.strictObject({ a: inCategory('contact', z.string()) }).optional(),
    });
    expect(fieldRules(optional)).toMatchObject([{ path: ['part', 'a'], required: false }]);
  });
});

describe('what passes of a form', () => {
  it('is what a rule names, and nothing else', () => {
    const passed = minimise(full, rules, allowingBut());
    expect(passed.data).toEqual({
      who: { name: 'N', phone: '1' },
      route: 'self',
      day: 'Monday',
      note: 'n',
    });
    expect(passed).toMatchObject({ leftOut: false, lacksRequired: false });
  });

  it('leaves out an excluded category, and says that it did', () => {
    const passed = minimise(full, rules, allowingBut('contact'));
    expect(passed.data).not.toHaveProperty('who.phone');
    expect(passed).toMatchObject({ leftOut: true, lacksRequired: false });
  });

  it('says when the form lacks what it needs', () => {
    expect(minimise(full, rules, allowingBut('attendance'))).toMatchObject({
      leftOut: true,
      lacksRequired: true,
    });
  });

  it('passes a value that raises its category only where both are allowed', () => {
    const court = { ...full, route: 'court' };
    expect(minimise(court, rules, allowingBut()).data).toHaveProperty('route');
    for (const excluded of ['access-route', 'criminal-justice-route'] as const)
      expect(minimise(court, rules, allowingBut(excluded)).data).not.toHaveProperty('route');
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])(
    'does not take %s for a category of its own',
    (word) => {
      const passed = minimise(
        { ...full, route: word, note: word },
        rules,
        allowingBut('access-route', 'treatment-summary'),
      );
      expect(passed.data).toEqual({ who: { name: 'N', phone: '1' }, day: 'Monday' });
    },
  );

  it('is nothing where there is no consent', () => {
    const passed = minimise(full, rules, () => ({ allowed: false, why: 'none' }));
    expect(passed).toMatchObject({ data: {}, leftOut: true, lacksRequired: true });
    expect(passed.consents).toEqual([]);
  });

  it('does not read what a form inherits', () => {
    const inherited = Object.create({ day: 'Monday' }) as Record<string, unknown>;
    expect(minimise(inherited, rules, allowingBut()).data).toEqual({});
  });

  it('travels under the purpose of its category, else under the message’s own', () => {
    expect(purposeOf('review', 'share-employment-needs', { review: 'three-way-review' })).toBe(
      'three-way-review',
    );
    expect(purposeOf('contact', 'share-employment-needs', { review: 'three-way-review' })).toBe(
      'share-employment-needs',
    );
    expect(purposeOf('contact', 'exit-notice', undefined)).toBe('exit-notice');
  });
});
