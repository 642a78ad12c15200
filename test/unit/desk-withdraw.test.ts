import { describe, expect, it } from '@jest/globals';
import type { ConsentsShown } from '#libs/contracts/ask.js';
import { renderPage } from '#services/desk/adapters/page-renderer.js';
import { viewerOf } from '#services/desk/domain/agency.js';
import type { CaseFile } from '#services/desk/domain/case-file.js';
import {
  type WithdrawShown,
  presentConfirm,
  presentWithdraw,
  readWithdrawal,
} from '#services/desk/withdraw/presenter.js';

type Line = ConsentsShown['consents'][number];

const id = (n: number): string => `0190b9a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const now = new Date('2026-03-04T10:00:00Z');
const person = { id: 'p_one', office: 'jcp_leeds', job: 'adviser', name: 'Amara' } as const;
const agency = {
  id: 'jcp',
  offices: [{ id: 'jcp_leeds', kind: 'jobcentre', name: 'Jobcentre Leeds' }],
  people: [{ ...person, deputy: 'p_one' }],
} as const;
const viewer = viewerOf(agency, 'p_one');
if (viewer === undefined) throw new Error('nobody');

const file: CaseFile = {
  viewer,
  agency,
  office: viewer.office,
  view: {
    case: id(900),
    messages: [],
    steps: [],
    waiting: [],
    reminders: [],
    mails: [],
    notHad: [],
    stepsAsOf: undefined,
  },
  kept: [],
  parties: ['Riverside', 'Aire'].map((name) => ({
    id: `trt_${name.toLowerCase()}`,
    kind: 'treatment-provider',
    name,
    serves: [],
  })),
};

const line = (changes: Partial<Line>): Line => ({
  from: 'jcp',
  to: 'trt_riverside',
  purpose: 'refer-to-treatment',
  consent: id(2),
  decision: 'given',
  excludedCategories: [],
  validFrom: '2026-03-01T00:00:00.000Z',
  validUntil: '2027-03-02T00:00:00.000Z',
  form: 'TPR1',
  recordedAt: '2026-03-01T10:00:00.000Z',
  ...changes,
});
const consentsOf = (...consents: readonly Line[]): ConsentsShown => ({
  consents: [...consents],
  history: [],
});

const offered = (consents: ConsentsShown | undefined, more: Partial<WithdrawShown> = {}) => {
  const shown = { consents, now, posted: {}, isWrong: false, isAllAsked: false, ...more };
  const { fields, isMoreThere } = presentWithdraw(file, shown);
  return { forms: fields[0]?.choices.map(({ value }) => value), isMoreThere };
};
const all = { forms: ['DPA1', 'TPR1', 'TPR2'], isMoreThere: false };

describe('the forms that a client can take back', () => {
  it('are those of which a line stands, or will; the others are a link away', () => {
    const consents = consentsOf(
      line({}),
      line({ form: 'DPA1', decision: 'refused' }),
      line({ form: 'TPR2', validUntil: now.toISOString() }),
    );
    expect(offered(consents)).toEqual({ forms: ['TPR1'], isMoreThere: true });
    const later = line({ form: 'DPA1', validFrom: '2026-04-01T00:00:00.000Z' });
    expect(offered(consentsOf(line({}), later)).forms).toEqual(['DPA1', 'TPR1']);
  });

  it('are all three where it is not known what stands, nothing is seen to stand, or the client means another', () => {
    expect(offered(undefined)).toEqual(all);
    expect(offered(consentsOf(line({ decision: 'withdrawn' })))).toEqual(all);
    expect(offered(consentsOf(line({})), { isAllAsked: true })).toEqual(all);
    expect(offered(consentsOf(line({})), { posted: { form: 'TPR2' }, isWrong: true })).toEqual(all);
  });
});

describe('what stops', () => {
  const confirm = (consents: ConsentsShown | undefined) => {
    const asked = readWithdrawal({ form: 'TPR1', how: 'in-person' });
    if (asked === undefined) throw new Error('not read');
    return presentConfirm(file, asked, { consents, now, id: id(7) });
  };
  const page = (model: ReturnType<typeof confirm>): string =>
    renderPage('withdraw/confirm.njk', { ...model, nonce: 'n', csrf: 'c', signedIn: null });

  it('names for each line of that form who may tell whom what, once', () => {
    const feedback = { from: 'trt_aire', to: 'jcp', purpose: 'attendance-feedback' } as const;
    const own = { to: 'jcp', purpose: 'record-on-lms', form: 'DPA1' } as const;
    const model = confirm(consentsOf(line({}), line({}), line(feedback), line(own)));
    expect(model.stops).toEqual([
      'Jobcentre Leeds may tell Riverside: the referral, until 1 March 2027',
      'Aire may tell Jobcentre Leeds: appointments, and whether the client came, until 1 March 2027',
    ]);
    expect(page(model)).toContain('<li>Jobcentre Leeds may tell Riverside: the referral,');
  });

  it('says apart that no line is seen, and that it could not be had; both can be withdrawn', () => {
    const [none, unknown] = [page(confirm(consentsOf())), page(confirm(undefined))];
    expect(none).toContain('No line of it stands that your office may see.');
    expect(unknown).toContain('Who may be told what could not be had just now.');
    for (const html of [none, unknown]) expect(html).toContain('Withdraw now');
  });
});
