import { describe, expect, it } from '@jest/globals';
import type { PartyShown } from '#libs/contracts/ask-around.js';
import { renderPage } from '#services/desk/adapters/page-renderer.js';
import { consentData } from '#services/desk/domain/take-consent.js';
import { consentsOf, presentRefer, readReferral } from '#services/desk/refer/presenter.js';

const office = { id: 'jcp_leeds', kind: 'jobcentre', name: 'Jobcentre Leeds' } as const;
const river: PartyShown = {
  id: 'trt_riverside',
  kind: 'treatment-provider',
  name: 'Riverside',
  serves: [],
};
const page = { office, parties: [river], caseId: '', problems: [] };
const told = [
  'voluntary-first-assessment',
  'finds-need-for-comprehensive',
  'engaging-later-is-voluntary',
];
const posted = {
  'client.surname': 'Quill',
  'client.dateOfBirth': '1984-05-17',
  'client.nino': 'qq 12 34 56 a',
  benefit: 'jsa',
  told,
  travelCostsConsidered: 'yes',
  dpa1: 'given',
  tpr1: 'given',
  to: river.id,
  copy: 'yes',
  language: 'cy',
};
const read = (changes: object = {}) =>
  readReferral({ ...posted, ...changes }, { ...page, previous: undefined });
const ids = {
  caseId: '0190b9a0-0000-7000-8000-000000000009',
  dpa1: '0190b9a0-0000-7000-8000-000000000001',
  tpr1: '0190b9a0-0000-7000-8000-000000000002',
  referral: '0190b9a0-0000-7000-8000-000000000003',
  takenAt: '2026-03-04T10:00:00.000Z',
};

describe('a referral', () => {
  it('records the language that was spoken, and under the TPR1 what was ticked of its script', () => {
    const taken = consentsOf(read(), { ids, office, person: 'p_one', parties: [river] });
    const explained = taken.map((each) => [each.form, consentData(each)['explained']]);
    const common = { wordingVersion: 'desk 1', language: 'cy', copyGiven: true };
    expect(explained).toEqual([
      ['DPA1', { ...common, statements: [] }],
      ['TPR1', { ...common, statements: told }],
    ]);
  });

  it('records nothing as said that was not ticked', () => {
    expect(read({ told: told.slice(0, 2) })).toMatchObject({ told: told.slice(0, 2) });
    expect(read({ told: told.slice(0, 2) }).problems.map(({ path }) => path)).toEqual(['told']);
    expect(read({ travelCostsConsidered: undefined }).data['travelCostsConsidered']).toBe(false);
    expect(read().data['travelCostsConsidered']).toBe(true);
  });

  it('is not taken without a language that the page offers', () => {
    for (const language of ['', 'xx'])
      expect(read({ language }).problems).toEqual([
        { path: 'language', text: 'Choose the language' },
      ]);
    expect(read().problems).toEqual([]);
  });
});

describe('the page to refer', () => {
  const model = presentRefer({ ...page, posted: {} }, '');
  const fields = [model.script, model.dpa1, model.tpr1, model.who, model.benefit].flat();

  it('asks twelve things at most', () => {
    expect(fields.length).toBeLessThanOrEqual(12);
  });

  it('begins with English, which a choice that was made replaces', () => {
    const chosen = (language: object) =>
      presentRefer({ ...page, posted: { ...language } }, '')
        .tpr1.find(({ name }) => name === 'language')
        ?.choices.filter(({ selected }) => selected)
        .map(({ value }) => value);
    expect([chosen({}), chosen({ language: 'ar' })]).toEqual([['en'], ['ar']]);
  });

  it('has travel costs as a box of its own in the script', () => {
    const shell = { nonce: 'n', csrf: 'c', signedIn: null };
    const html = renderPage('refer/view.njk', { ...model, ...shell });
    expect(html.match(/type="checkbox"/g)).toHaveLength(4);
    expect(html).toMatch(/name="travelCostsConsidered" type="checkbox" value="yes"/);
    expect(html.match(/name="told" type="checkbox"/g)).toHaveLength(3);
  });
});
