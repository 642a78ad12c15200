import { describe, expect, it } from '@jest/globals';
import type { WorklistStep } from '#libs/contracts/ask.js';
import type { PartyShown } from '#libs/contracts/ask-around.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { actionForm } from '#services/desk/domain/action-form.js';
import type { Agency } from '#services/desk/domain/agency.js';
import { viewerOf } from '#services/desk/domain/agency.js';
import { type QueueStep, toPassOn } from '#services/desk/domain/to-pass-on.js';
import { renderPage } from '#services/desk/adapters/page-renderer.js';
import { presentQueue } from '#services/desk/queue/presenter.js';

const id = (n: number): string => `0190b9a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const now = new Date('2026-03-04T10:00:00Z');

const agency: Agency = {
  id: 'spoc_lsw',
  offices: [{ id: 'spoc_lsw', kind: 'spoc', name: 'Point of contact' }],
  people: [
    { id: 'p_one', office: 'spoc_lsw', job: 'duty-worker', name: 'Olu', deputy: 'p_two' },
    { id: 'p_two', office: 'spoc_lsw', job: 'duty-worker', name: 'Bridget', deputy: 'p_one' },
  ],
};
const [office] = agency.offices;
const viewer = viewerOf(agency, 'p_one');
if (office === undefined || viewer === undefined) throw new Error('nobody');

const riverside: PartyShown = {
  id: 'trt_riverside',
  kind: 'treatment-provider',
  name: 'Riverside',
  serves: [{ role: 'treatment', district: 'west-yorkshire' }],
  phone: '020 7946 0120',
};
const commonside: PartyShown = {
  id: 'trt_commonside',
  kind: 'treatment-provider',
  name: 'Commonside',
  serves: [],
};

const jobcentre: PartyShown = {
  id: 'jcp_leeds',
  kind: 'jobcentre',
  name: 'Jobcentre Leeds',
  serves: [],
};

const step = (changes: Partial<WorklistStep>): WorklistStep => ({
  case: id(900),
  caseref: 'NíBhriain/1',
  step: 'acknowledge-referral',
  party: 'spoc_lsw',
  owner: 'p_one',
  deputy: 'p_two',
  openedAt: '2026-03-02T09:00:00Z',
  dueOn: '2026-03-04',
  overdue: false,
  escalation: 'none' as WorklistStep['escalation'],
  cause: id(1),
  shortReference: '7K2MXYZ4',
  counterpart: 'jcp_leeds',
  ...changes,
});

const show = (
  waiting: readonly QueueStep[],
  changes: Partial<Parameters<typeof presentQueue>[0]> = {},
) =>
  presentQueue({
    agency,
    office,
    waiting,
    more: 0,
    parties: [riverside, commonside, jobcentre],
    now,
    asOf: undefined,
    isThere: true,
    ...changes,
  });

describe('what waits to be passed on', () => {
  it('is each case once, the oldest first, and no other step', () => {
    const steps = [
      step({ case: id(901), openedAt: '2026-03-03T09:00:00Z' }),
      step({ case: id(902), step: 'choose-provider', openedAt: '2026-03-01T09:00:00Z' }),
      step({ case: id(901), step: 'choose-provider', openedAt: '2026-03-03T10:00:00Z' }),
      step({ case: id(903), step: 'tell-client', openedAt: '2026-02-01T09:00:00Z' }),
      step({ case: id(904), party: 'spoc_other', openedAt: '2026-02-01T09:00:00Z' }),
    ];
    expect(toPassOn(steps, 'spoc_lsw').map((each) => [each.case, each.step])).toEqual([
      [id(902), 'choose-provider'],
      [id(901), 'acknowledge-referral'],
    ]);
  });

  it('shows how long it waits, whom the consent names, and a way on and a way back; no client', () => {
    const { rows } = show([{ step: step({}), providers: [riverside], isFormKept: true }]);
    expect(rows).toEqual([
      {
        what: 'Answer the referral',
        anchor: `queue-${id(900)}`,
        reference: '7K2M-XYZ4',
        from: 'Jobcentre Leeds',
        since: '2 March 2026',
        waits: 'It waits for 2 days.',
        due: '4 March 2026',
        isLate: false,
        owner: 'Olu',
        deputy: 'Bridget',
        choice: 'The client’s consent names: Riverside.',
        isFormKept: true,
        href: `/cases/${id(900)}`,
        passOn: `/cases/${id(900)}/do/referral.forwarded`,
        handBack: `/cases/${id(900)}/do/referral.declined`,
      },
    ]);
    expect(JSON.stringify(rows)).not.toContain('Bhriain');
  });

  it('counts the days of the calendar in London, not the hours', () => {
    const waits = (openedAt: string) =>
      show([{ step: step({ openedAt }), providers: [], isFormKept: true }]).rows[0]?.waits;
    expect(waits('2026-03-04T00:10:00Z')).toBe('It came today.');
    expect(waits('2026-03-03T23:50:00Z')).toBe('It waits since yesterday.');
    const summer = show(
      [{ step: step({ openedAt: '2026-06-30T23:30:00Z' }), providers: [], isFormKept: true }],
      { now: new Date('2026-07-01T22:30:00Z') },
    );
    expect(summer.rows[0]?.waits).toBe('It came today.');
  });

  it('says apart that nobody may be asked, and that it cannot be told at present', () => {
    const choice = (providers: readonly PartyShown[] | undefined) =>
      show([{ step: step({}), providers, isFormKept: true }]).rows[0]?.choice;
    expect(choice([])).toMatch(/names no provider/);
    expect(choice(undefined)).toMatch(/cannot be told at present/);
    const ways = (providers: readonly PartyShown[] | undefined) =>
      show([{ step: step({}), providers, isFormKept: true }]).rows[0]?.passOn !== '';
    expect([ways([]), ways(undefined)]).toEqual([false, true]);
  });
});

describe('the page', () => {
  const page = (each: QueueStep): string =>
    renderPage('queue/view.njk', {
      ...show([each]),
      nonce: 'n',
      csrf: 'c',
      signedIn: { name: 'Olu', office: 'Point of contact', kind: 'spoc', leads: false },
    });

  it('has a button to pass on only where there is a form, and somebody to pass it on to', () => {
    const passOn = `href="/cases/${id(900)}/do/referral.forwarded"`;
    const whole = { step: step({}), providers: [riverside], isFormKept: true };
    const pages = [whole, { ...whole, isFormKept: false }, { ...whole, providers: [] }].map(page);
    expect(pages.map((html) => html.includes(passOn))).toEqual([true, false, false]);
    expect(pages.map((html) => html.includes('does not have the form'))).toEqual([
      false,
      true,
      false,
    ]);
    for (const html of pages) expect(html).toContain('/do/referral.declined"');
  });
});

describe('the providers', () => {
  it('stand by name, with what the directory tells of each', () => {
    expect(show([]).providers).toEqual([
      { name: 'Commonside', areas: '', phone: '' },
      { name: 'Riverside', areas: 'West Yorkshire', phone: '020 7946 0120' },
    ]);
  });

  it('that cannot be had leave the queue readable', () => {
    const model = show([{ step: step({}), providers: undefined, isFormKept: true }], {
      parties: undefined,
    });
    expect([model.areProvidersThere, model.rows.length]).toEqual([false, 1]);
  });
});

describe('passing on', () => {
  it('cites the referral of the job centre, and asks for the provider alone', () => {
    const data = {
      client: { surname: 'Ní Bhriain', dateOfBirth: '1984-05-17' },
      benefit: 'jsa',
      told: [],
      travelCostsConsidered: true,
    };
    const referral = {
      id: id(1),
      type: typeOf('referral.requested'),
      sender: 'jcp_leeds',
      to: 'spoc_lsw',
      time: '2026-03-02T09:00:00Z',
    };
    const form = actionForm(
      {
        viewer,
        agency,
        office,
        view: {
          case: id(900),
          messages: [{ ...referral, state: 'cleared', collected: true, records: [] }],
          steps: [],
          waiting: [],
          reminders: [],
          mails: [],
          notHad: [],
          stepsAsOf: undefined,
        },
        kept: [
          {
            id: id(1),
            office: 'spoc_lsw',
            caseId: id(900),
            direction: 'received',
            type: referral.type,
            other: 'jcp_leeds',
            actor: undefined,
            at: referral.time,
            message: { specversion: '1.0', ...referral, source: '/parties/jcp_leeds', data },
            erased: undefined,
            erasedAt: undefined,
            answer: undefined,
            problem: undefined,
            keptAt: referral.time,
          },
        ],
        parties: [riverside, jobcentre],
      },
      'referral.forwarded',
    );
    expect(form?.to).toBeUndefined();
    expect(form?.given).toEqual({ ...data, referral: id(1) });
    expect(form?.fields.filter(({ required }) => required)).toEqual([]);
  });
});
