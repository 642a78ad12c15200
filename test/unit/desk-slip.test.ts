import { describe, expect, it } from '@jest/globals';
import type { ConsentsShown } from '#libs/contracts/ask.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { renderPage } from '#services/desk/adapters/page-renderer.js';
import { type Agency, viewerOf } from '#services/desk/domain/agency.js';
import type { CaseFile } from '#services/desk/domain/case-file.js';
import { presentLooked } from '#services/desk/looked/presenter.js';
import { presentSlip } from '#services/desk/slip/presenter.js';

type Line = ConsentsShown['consents'][number];

const id = (n: number): string => `0190b9a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const now = new Date('2026-03-04T10:00:00Z');

const agency: Agency = {
  id: 'trt_riverside',
  offices: [
    {
      id: 'trt_riverside',
      kind: 'treatment-provider',
      name: 'Riverside Recovery',
      phone: '020 7946 0120',
    },
  ],
  people: [
    { id: 'p_one', office: 'trt_riverside', job: 'keyworker', name: 'Nadia', deputy: 'p_one' },
  ],
};
const viewer = viewerOf(agency, 'p_one');
if (viewer === undefined) throw new Error('nobody');

const file: CaseFile = {
  viewer,
  agency,
  office: viewer.office,
  view: {
    case: id(900),
    caseref: 'NíBhriain/1',
    shortReference: '7K2MXYZ4',
    messages: [
      {
        id: id(1),
        type: typeOf('referral.requested'),
        sender: 'jcp_leeds',
        to: 'trt_riverside',
        time: '2026-03-02T09:00:00Z',
        state: 'cleared',
        collected: true,
        records: [],
      },
    ],
    steps: [],
    waiting: [],
    reminders: [],
    mails: [],
    notHad: [],
    stepsAsOf: undefined,
  },
  kept: [],
  parties: [
    { id: 'jcp_leeds', kind: 'jobcentre', name: 'Jobcentre Leeds', serves: [] },
    { id: 'probation_leeds', kind: 'probation', name: 'Probation Leeds', serves: [] },
  ],
};

const line = (changes: Partial<Line>): Line => ({
  from: 'trt_riverside',
  to: 'jcp',
  purpose: 'treatment-status',
  consent: id(2),
  decision: 'given',
  excludedCategories: [],
  validFrom: '2026-03-01T00:00:00.000Z',
  validUntil: '2027-03-02T00:00:00.000Z',
  form: 'TPR2',
  recordedAt: '2026-03-01T10:00:00.000Z',
  ...changes,
});

const slip = (lines: readonly Line[], isNamed = false) =>
  presentSlip(file, { consents: { consents: [...lines], history: [] }, now, isNamed });

const page = (model: ReturnType<typeof slip>): string =>
  renderPage('slip/view.njk', {
    ...model,
    nonce: 'n',
    csrf: 'c',
    signedIn: { name: 'Nadia', office: 'Riverside', kind: 'treatment-provider', leads: false },
  });

/** What is printed: the header, the footer and the note above are not. */
const paper = (html: string): string => /<article[^]*<\/article>/.exec(html)?.[0] ?? '';

describe('a client’s slip', () => {
  it('says who may tell whom what, until the last day, lines that differ only in what as one', () => {
    const lines = [line({}), line({ purpose: 'share-employment-needs' })];
    expect(slip(lines, true).items).toEqual([
      {
        who: 'Riverside Recovery may tell Jobcentre Leeds',
        what: ['that you are in treatment', 'what you need to get into work'],
        never: '',
        until: '1 March 2027',
      },
    ]);
  });

  it('leaves out what was refused, taken back, ended, or has not begun', () => {
    const lines = [
      line({ decision: 'refused' }),
      line({ decision: 'withdrawn' }),
      line({ validUntil: now.toISOString() }),
      line({ validFrom: '2026-03-05T00:00:00.000Z' }),
    ];
    expect(slip(lines).items).toEqual([]);
    expect(page(slip(lines))).toContain('We know of no consent of yours that stands');
  });

  it('shows what the client ruled out, also where a newer contract names it, not what is off by itself', () => {
    const excludedCategories = ['treatment-summary', 'criminal-justice-route', 'something-newer'];
    expect(slip([line({ excludedCategories })], true).items[0]?.never).toBe(
      'a short summary of your treatment; something-newer',
    );
  });

  it('names no treatment, no probation and no organisation unless the client wishes so', () => {
    const lines = [
      line({ excludedCategories: ['treatment-summary', 'criminal-justice-route', 'access-route'] }),
      line({ purpose: 'exit-notice', excludedCategories: ['likely-exit', 'exit'] }),
      line({ purpose: 'agree-ete-lead', to: 'probation_leeds' }),
      line({ purpose: 'refer-to-treatment', from: 'jcp', to: 'role:treatment@west-yorkshire' }),
      line({ purpose: 'record-on-lms', from: 'jcp', to: 'jcp' }),
    ];
    const text = paper(page(slip(lines)));
    expect(text).toContain('Your support service may tell the job centre:');
    expect(text).toContain('Your support service may tell another service that works with you:');
    expect(text).toContain('The job centre may tell the services of your area:');
    expect(text).toContain('The job centre may keep a note on its own record.');
    expect(text).toContain('020 7946 0120');
    expect(text).not.toMatch(
      /treatment|drug|recovery|riverside|probation|offender|police|court|TPR|DPA|Leeds/i,
    );
    const named = paper(page(slip(lines, true)));
    expect(named).toMatch(/Riverside Recovery may tell Probation Leeds/);
  });

  it('holds the reference for the telephone, and neither the client’s name nor the agency’s own', () => {
    const html = page(slip([line({})]));
    expect(html).toContain('7K2M-XYZ4');
    expect(html).not.toContain('Bhriain');
    expect(/<title>(.*)<\/title>/.exec(html)?.[1]).toBe('Who may be told about you – Throughcare');
  });

  it('does not guess between agencies of several kinds', () => {
    const both = [...file.view.messages, { ...file.view.messages[0], sender: 'probation_leeds' }];
    const mixed = { ...file, view: { ...file.view, messages: both } } as CaseFile;
    const asked = { consents: { consents: [line({})], history: [] }, now, isNamed: true };
    expect(presentSlip(mixed, asked).items[0]?.who).toBe(
      'Riverside Recovery may tell another organisation',
    );
  });
});

describe('who looked', () => {
  it('names the slip among the pages', () => {
    const model = presentLooked(file, [
      { person: 'p_one', page: 'slip', at: '2026-03-04T09:00:00Z' },
    ]);
    expect(model.rows).toEqual([
      { who: 'Nadia', what: 'the client’s slip', at: '4 March 2026, 09:00' },
    ]);
  });
});
