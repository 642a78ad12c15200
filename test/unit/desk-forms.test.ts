import { describe, expect, it } from '@jest/globals';
import { formShape } from '#libs/contracts/form-shape.js';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { readWhen } from '#services/desk/domain/read-when.js';
import { namedFor } from '#services/desk/domain/take-consent.js';
import type { PartyShown } from '#libs/contracts/ask-around.js';
import { fieldModel } from '#services/desk/domain/field-models.js';
import { labelOf, valueWords } from '#services/desk/domain/field-words.js';
import { readForm } from '#services/desk/domain/form-values.js';
import { safeNext } from '#services/desk/domain/safe-next.js';

const shapeOf = (name: MessageName) => formShape(ruleOf(name).form);
const some = '0190b9a0-0000-7000-8000-000000000001';

describe('the fields of a form', () => {
  it('come from its contract, in its order, with what each is', () => {
    expect(
      shapeOf('review.offered').map(({ path, kind, required }) => [path, kind, required]),
    ).toEqual([
      ['request', 'id', true],
      ['startsAt', 'instant', true],
      ['place', 'line', true],
      ['placeKind', 'choice', false],
      ['slot', 'choice', true],
      ['interview', 'choice', false],
      ['agreedLocally', 'yes-no', false],
    ]);
  });

  it('of a part that may be left out are not required, though the part requires them', () => {
    const fields = shapeOf('tpr2.shared');
    const found = (path: string) => fields.find((field) => field.path === path);
    expect(found('client.surname')).toMatchObject({ required: true, kind: 'line' });
    expect(found('personalAdviser.name')).toMatchObject({ required: false });
    expect(found('employment.goals')).toMatchObject({ required: true, kind: 'lines' });
    expect(found('treatmentSummary')).toMatchObject({ kind: 'text', maxLength: 2000 });
    expect(found('addressee')).toMatchObject({ kind: 'person' });
  });

  it('and their picklists read as words, not as codes', () => {
    for (const name of messageNames.filter((each) => ruleOf(each).from[0] !== 'service'))
      for (const { path, choices } of shapeOf(name)) {
        expect([path, labelOf(path)]).toEqual([path, expect.stringMatching(/^[A-Z].*[a-z?0-9]/)]);
        for (const choice of choices)
          expect([choice, valueWords(choice)]).toEqual([
            choice,
            expect.not.stringMatching(/^[a-z]/),
          ]);
      }
  });

  it('show what is wrong beside the field, and what was typed', () => {
    const [field] = shapeOf('case.next-attendance');
    if (field === undefined) throw new Error('the form has no field');
    const model = fieldModel(field, {
      posted: { on: '2026-02-30' },
      problems: [{ path: 'on', text: 'Day must be a real date' }],
      which: [],
      people: [],
      parties: [],
    });
    expect(model).toMatchObject({ value: '2026-02-30', error: 'Day must be a real date' });
  });
});

describe('a form that a browser posted', () => {
  const read = (posted: Record<string, string>) =>
    readForm('appointment.booked', shapeOf('appointment.booked').slice(1), posted, {
      referral: some,
    });

  it('becomes the data of its message; what was left empty is left out', () => {
    const posted = {
      'startsAt.date': '2026-07-01',
      'startsAt.time': '9.05',
      place: ' Room 2 ',
      bring: '',
    };
    expect(read(posted)).toEqual({
      data: { referral: some, startsAt: '2026-07-01T08:05:00.000Z', place: 'Room 2' },
      problems: [],
      which: [],
    });
  });

  it('says which fields are missing, each by its name', () => {
    expect(read({}).problems).toEqual([
      { path: 'startsAt', text: 'Enter: Day and time' },
      { path: 'place', text: 'Enter: Place' },
    ]);
  });

  it('is refused by its own schema where a field passes the page', () => {
    const posted = {
      'startsAt.date': '2026-07-01',
      'startsAt.time': '09:05',
      place: 'x'.repeat(161),
    };
    expect(read(posted).problems).toEqual([
      { path: 'place', text: 'Place must be at most 160 characters' },
    ]);
  });

  it('of an hour that comes twice asks which is meant, and takes the answer', () => {
    const posted = { 'startsAt.date': '2027-10-31', 'startsAt.time': '01:30', place: 'Room 2' };
    const asked = read(posted);
    expect(asked.problems).toHaveLength(1);
    expect(asked.which[0]?.choices.map(({ value }) => value)).toEqual([
      '2027-10-31T00:30:00.000Z',
      '2027-10-31T01:30:00.000Z',
    ]);
    const second = { ...posted, 'startsAt.which': '2027-10-31T01:30:00.000Z' };
    expect(read(second)).toMatchObject({
      problems: [],
      data: { startsAt: '2027-10-31T01:30:00.000Z' },
    });
  });

  it('cannot answer the question with a time that was not asked about', () => {
    const posted = {
      'startsAt.date': '2027-10-31',
      'startsAt.time': '01:30',
      'startsAt.which': '2027-10-31T05:30:00.000Z',
      place: 'Room 2',
    };
    expect(read(posted).problems).toHaveLength(1);
  });
});

describe('a time of day', () => {
  it('that does not come, when the clocks go forward, is refused', () => {
    expect(readWhen('2027-03-28', '01:30')).toMatchObject({
      kind: 'wrong',
      problem: expect.stringContaining('does not exist') as unknown,
    });
  });

  it.each([
    ['2026-02-30', '10:00'],
    ['not a day', '10:00'],
    ['2026-02-03', '24:00'],
    ['2026-02-03', ''],
  ])('%s %s is none', (date, time) => {
    expect(readWhen(date, time).kind).toBe('wrong');
  });
});

describe('who is named to the client', () => {
  const party = (id: string, kind: PartyShown['kind'], ...districts: string[]): PartyShown => ({
    id,
    kind,
    name: id,
    serves: districts.map((district) => ({ role: 'treatment', district })),
  });
  const parties = [
    party('jcp_leeds', 'jobcentre'),
    party('spoc_north', 'spoc', 'north'),
    party('trt_by_point', 'treatment-provider'),
    party('trt_north', 'treatment-provider', 'north'),
    party('trt_south', 'treatment-provider', 'south'),
  ];
  const served = ['spoc_north', 'trt_by_point', 'trt_north'];

  it('is the provider alone to whom the referral goes', () => {
    expect(namedFor('trt_south', parties)).toEqual({ parties: ['trt_south'] });
  });

  it('is whoever may serve the area, and nobody who serves another', () => {
    expect(namedFor('area:north/treatment', parties)).toEqual({
      parties: served,
      role: { role: 'treatment', district: 'north' },
    });
    expect(namedFor('spoc_north', parties)).toEqual({ parties: served });
  });
});

describe('where a sign-in leads', () => {
  it.each([
    '/today',
    '/cases/0190b9a0-0000-7000-8000-000000000001?kept=x#step-a',
    '/cases?before=1',
  ])('is %s, a page of the desk', (next) => expect(safeNext(next)).toBe(next));

  it.each([
    '//host.evil',
    '/\\host',
    'https://host.evil',
    '',
    'today',
    '/\thost',
    '/sign-in?next=/',
    '/%0d%0aset-cookie:x\n',
  ])('is the first page where %j is asked for', (next) => expect(safeNext(next)).toBe('/'));
});
