import { describe, expect, it } from '@jest/globals';
import type { Timeline } from '#libs/contracts/ask.js';
import { formShape } from '#libs/contracts/form-shape.js';
import { type MessageName, messageNames, ruleOf, typeOf } from '#libs/contracts/message-table.js';
import { presentAction } from '#services/desk/action/presenter.js';
import { actionForm } from '#services/desk/domain/action-form.js';
import { type Agency, viewerOf } from '#services/desk/domain/agency.js';
import type { CaseFile } from '#services/desk/domain/case-file.js';
import type { KeptMessage } from '#services/desk/domain/kept-message.js';
import { knownHints, knownValues } from '#services/desk/domain/known-values.js';
import { inPageOrder } from '#services/desk/domain/page-order.js';

const id = (n: number): string => `0190b9a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const caseId = id(999);
const now = new Date('2026-03-04T10:00:00Z');

const agency: Agency = {
  id: 'a',
  offices: [
    { id: 'trt', kind: 'treatment-provider', name: 'Riverside', phone: '020 7946 0001' },
    { id: 'jcp', kind: 'jobcentre', name: 'Jobcentre Leeds' },
  ],
  people: [
    { id: 'p_key', office: 'trt', job: 'keyworker', name: 'Nadia', deputy: 'p_key' },
    { id: 'p_adviser', office: 'jcp', job: 'adviser', name: 'Amara', deputy: 'p_adviser' },
  ],
};

interface Told {
  readonly name: MessageName;
  readonly sender: string;
  readonly to: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor?: string;
}

/** The case as that person's office has it, each message a day after the one before. */
function fileOf(person: string, messages: readonly Told[]): CaseFile {
  const viewer = viewerOf(agency, person);
  if (viewer === undefined) throw new Error('nobody');
  const alone = { ...agency, offices: agency.offices.filter((o) => o.id === viewer.office.id) };
  const timeOf = (index: number): string => `2026-02-0${index + 1}T09:00:00Z`;
  return {
    viewer,
    agency: alone,
    office: viewer.office,
    view: {
      case: caseId,
      messages: messages.map(({ name, sender, to }, index): Timeline => ({
        id: id(index),
        type: typeOf(name),
        sender,
        to,
        time: timeOf(index),
        state: 'cleared',
        records: [],
      })),
      steps: [],
      waiting: [],
      reminders: [],
      mails: [],
      stepsAsOf: undefined,
      notHad: [],
    },
    kept: messages.map(({ name, sender, to, data, actor }, index): KeptMessage => ({
      id: id(index),
      office: viewer.office.id,
      caseId,
      direction: sender === viewer.office.id ? 'sent' : 'received',
      type: typeOf(name),
      other: sender === viewer.office.id ? to : sender,
      actor,
      at: timeOf(index),
      message: {
        specversion: '1.0',
        id: id(index),
        source: `/parties/${sender}`,
        type: typeOf(name),
        time: timeOf(index),
        to,
        data: { ...data },
      },
      erased: undefined,
      erasedAt: undefined,
      answer: undefined,
      problem: undefined,
      keptAt: timeOf(index),
    })),
    parties: [
      { id: 'jcp', kind: 'jobcentre', name: 'Jobcentre Leeds', serves: [], phone: '0113 496 0002' },
      { id: 'trt', kind: 'treatment-provider', name: 'Riverside', serves: [] },
      { id: 'spoc', kind: 'spoc', name: 'Point', serves: [] },
    ],
  };
}

const known = (file: CaseFile, name: MessageName) => {
  const form = actionForm(file, name);
  if (form === undefined) throw new Error(`no ${name}`);
  return { values: knownValues(file, form, now), hints: knownHints(file, form, now), form };
};

const client = { surname: 'Ní Bhriain', dateOfBirth: '1984-05-17' };
const requested: Told = {
  name: 'review.requested',
  sender: 'trt',
  to: 'jcp',
  data: { wantedBy: '2026-04-20', place: 'job-centre' },
};
const attends = (on: string): Told => ({
  name: 'case.next-attendance',
  sender: 'jcp',
  to: 'mesh',
  data: { on },
});
const offered: Told = {
  name: 'review.offered',
  sender: 'jcp',
  to: 'trt',
  data: {
    request: id(0),
    startsAt: '2026-03-20T10:30:00Z',
    place: 'Room 2',
    placeKind: 'job-centre',
    slot: 'next-free-appointment',
  },
};

describe('a review that is offered', () => {
  it('is at the client’s next attendance, where one lies ahead', () => {
    const { values, hints } = known(
      fileOf('p_adviser', [requested, attends('2026-03-12')]),
      'review.offered',
    );
    expect(values).toEqual({ slot: 'next-scheduled-appointment', 'startsAt.date': '2026-03-12' });
    expect(hints['startsAt']).toBe('The client comes next on 12 March 2026');
  });

  it('has nothing filled in where none is on record, or it is past', () => {
    for (const messages of [[requested], [requested, attends('2026-03-03')]]) {
      const { values, hints } = known(fileOf('p_adviser', messages), 'review.offered');
      expect(values).toEqual({});
      expect(hints['startsAt']).toBe('No next attendance of the client is on record');
    }
  });

  it('asks first which appointment it is, then when', () => {
    const { form } = known(fileOf('p_adviser', [requested]), 'review.offered');
    expect(form.fields.map(({ path }) => path)).toEqual([
      'slot',
      'startsAt',
      'placeKind',
      'interview',
      'agreedLocally',
      'place',
    ]);
  });

  it('is moved to the next attendance, at the same place and hour', () => {
    const file = fileOf('p_adviser', [requested, offered, attends('2026-03-27')]);
    expect(known(file, 'review.moved').values).toEqual({
      slot: 'next-scheduled-appointment',
      'startsAt.date': '2026-03-27',
      'startsAt.time': '10:30',
      place: 'Room 2',
      placeKind: 'job-centre',
    });
  });

  it('is not moved to the day that it has', () => {
    const file = fileOf('p_adviser', [requested, offered, attends('2026-03-20')]);
    expect(known(file, 'review.moved').values).toEqual({
      place: 'Room 2',
      placeKind: 'job-centre',
    });
  });

  it('is accepted at its own time', () => {
    expect(known(fileOf('p_key', [requested, offered]), 'review.accepted').values).toEqual({
      'startsAt.date': '2026-03-20',
      'startsAt.time': '10:30',
    });
  });
});

describe('a TPR2', () => {
  const referral: Told = {
    name: 'referral.requested',
    sender: 'jcp',
    to: 'trt',
    actor: 'p_adviser',
    data: { client, contact: { phone: '07700 900123' }, benefit: 'jsa' },
  };

  it('has the client’s telephone and the way to treatment out of the referral', () => {
    const { values, hints, form } = known(fileOf('p_key', [referral]), 'tpr2.shared');
    expect(values).toEqual({ accessedBy: 'job-centre', 'contact.phone': '07700 900123' });
    expect(form.given).toMatchObject({
      client,
      provider: { name: 'Riverside', phone: '020 7946 0001' },
    });
    expect(hints['personalAdviser.name']).toBe('At Jobcentre Leeds, 0113 496 0002');
  });

  it('that went before tells how treatment was accessed, and who the adviser is', () => {
    const before: Told = {
      name: 'tpr2.shared',
      sender: 'trt',
      to: 'jcp',
      data: {
        accessedBy: 'self',
        personalAdviser: { name: 'Amara' },
        contact: { postcode: 'LS1 1AA' },
      },
    };
    expect(known(fileOf('p_key', [referral, before]), 'tpr2.shared').values).toEqual({
      accessedBy: 'self',
      'contact.postcode': 'LS1 1AA',
      'personalAdviser.name': 'Amara',
    });
  });

  it('does not say that the job centre referred where somebody else did', () => {
    const other = { ...referral, sender: 'spoc' };
    const told: Told = { ...offered, name: 'review.cancelled', data: { review: id(0) } };
    expect(known(fileOf('p_key', [other, told]), 'tpr2.shared').values).toEqual({
      'contact.phone': '07700 900123',
    });
    const passedOn: Told = { ...other, name: 'referral.forwarded' };
    expect(known(fileOf('p_key', [passedOn, told]), 'tpr2.shared').values['accessedBy']).toBe(
      'job-centre',
    );
  });

  it('may be addressed to who referred, and to no colleague of one’s own', () => {
    const file = fileOf('p_key', [referral]);
    const { form } = known(file, 'tpr2.shared');
    const { fields } = presentAction(file, { form, posted: {}, id: id(7) });
    expect(fields.find(({ name }) => name === 'addressee')?.choices).toMatchObject([
      { value: '' },
      { value: 'p_adviser', text: 'Who sent: Referral requested (TPR1), 1 February 2026' },
    ]);
  });
});

describe('a form on its page', () => {
  it('asks all of its fields, once, what is picked before what is written', () => {
    for (const name of messageNames.filter((each) => ruleOf(each).from[0] !== 'service')) {
      const fields = formShape(ruleOf(name).form);
      const shown = inPageOrder(name, fields);
      expect(new Set(shown)).toEqual(new Set(fields));
      const kinds = shown.map(({ kind }) => ['line', 'lines', 'text'].includes(kind));
      expect([name, kinds]).toEqual([name, kinds.toSorted((one, other) => +one - +other)]);
    }
  });
});
