import { describe, expect, it } from '@jest/globals';
import type { WaitingFor, WorklistStep } from '#libs/contracts/ask.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { renderPage } from '#services/desk/adapters/page-renderer.js';
import { presentHandOver } from '#services/desk/board/hand-over-presenter.js';
import { type BoardGround, presentBoard, readBoard } from '#services/desk/board/presenter.js';
import { type Agency, officesLed, viewerOf } from '#services/desk/domain/agency.js';
import { awayWords, isAway } from '#services/desk/domain/away-words.js';
import { type HandOver, heldBy, stateOf } from '#services/desk/domain/hand-over.js';
import type { KeptMessage } from '#services/desk/domain/kept-message.js';
import { goesWithCase } from '#services/desk/domain/step-holder.js';

const id = (n: number): string => `0190b9a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
/** A Wednesday. */
const now = new Date('2026-03-04T10:00:00Z');

const person = (
  name: string,
  office: string,
  rest: Partial<Agency['people'][number]> = {},
): Agency['people'][number] => ({
  id: `p_${name.toLowerCase()}`,
  office,
  job: 'adviser',
  name,
  deputy: 'p_tomasz',
  ...rest,
});
const agency: Agency = {
  id: 'jcp',
  offices: [
    { id: 'jcp_west', kind: 'jobcentre', name: 'West' },
    { id: 'jcp_east', kind: 'jobcentre', name: 'East' },
  ],
  people: [
    person('Amara', 'jcp_west'),
    person('Tomasz', 'jcp_west', { awayFrom: '2026-03-03', awayUntil: '2026-03-10' }),
    person('Siobhan', 'jcp_west', { job: 'performance-team-leader', deputy: 'p_ines' }),
    person('Ines', 'jcp_east', { job: 'performance-team-leader', deputy: 'p_siobhan' }),
    person('Desmond', 'jcp_east'),
  ],
};
const [west] = agency.offices;
if (west === undefined) throw new Error('no office');

const step = (changes: Partial<WorklistStep>): WorklistStep => ({
  case: id(900),
  caseref: 'NíBhriain/1',
  step: 'tell-client',
  party: 'jcp_west',
  owner: 'p_amara',
  deputy: 'p_tomasz',
  openedAt: '2026-03-02T09:00:00Z',
  dueOn: '2026-03-04',
  overdue: false,
  escalation: 'none' as WorklistStep['escalation'],
  cause: id(1),
  about: typeOf('appointment.booked'),
  shortReference: '7K2MXYZ4',
  ...changes,
});
const wait = (changes: Partial<WaitingFor>): WaitingFor => ({
  case: id(901),
  shortReference: '8K2MXYZ4',
  answer: 'attendance',
  party: 'jcp_west',
  counterpart: 'trt_riverside',
  owner: 'p_amara',
  since: '2026-03-02T09:00:00Z',
  dueOn: '2026-03-09',
  late: false,
  cause: id(2),
  ...changes,
});

const board = (changes: Partial<BoardGround>): BoardGround => ({
  agency,
  offices: [west],
  office: west,
  who: '',
  steps: [],
  waiting: [],
  now,
  asOf: undefined,
  isThere: true,
  unread: undefined,
  failing: undefined,
  posted: {},
  problems: [],
  ...changes,
});

const shell = {
  nonce: 'n',
  csrf: 'c',
  signedIn: { name: 'Siobhan', office: 'West', kind: 'jobcentre', leads: true },
};

describe('the board', () => {
  it('is for who leads an office, and for who stands in for that one', () => {
    const led = (who: string): readonly string[] => {
      const viewer = viewerOf(agency, who);
      return viewer === undefined ? [] : officesLed(agency, viewer).map(({ id: office }) => office);
    };
    expect(led('p_siobhan')).toEqual(['jcp_west', 'jcp_east']);
    expect(led('p_ines')).toEqual(['jcp_east', 'jcp_west']);
    expect(led('p_amara')).toEqual([]);
  });

  it('counts open, overdue and due this week for each person, who has most overdue first, with who is away', () => {
    const days = ['2026-03-03', '2026-03-04', '2026-03-08', '2026-03-09'];
    const steps = days.map((dueOn, index) => step({ dueOn, cause: id(10 + index) }));
    const waiting = [wait({ owner: 'p_siobhan' })];
    const { rows } = presentBoard(board({ steps, waiting }));
    expect(rows.map(({ waits }) => waits)).toEqual([0, 0, 1]);
    expect(
      rows.map(({ name, open, overdue, week, away }) => [name, open, overdue, week, away]),
    ).toEqual([
      ['Amara', 4, 1, 2, ''],
      ['Tomasz', 0, 0, 0, 'Away from 3 March 2026 until 10 March 2026'],
      ['Siobhan', 0, 0, 0, ''],
    ]);
  });

  it('loses no step of who has left, or of who sits at another office', () => {
    const steps = [step({ owner: 'p_gone' }), step({ owner: 'p_desmond', cause: id(3) })];
    expect(
      presentBoard(board({ steps }))
        .rows.slice(0, 2)
        .map(({ name, job, elsewhere, open }) => [name, job, elsewhere, open]),
    ).toEqual([
      ['p_gone', 'Not on the agency’s list any more', '', 1],
      ['Desmond', 'Adviser', 'East', 1],
    ]);
  });

  it('names no client, and is a whole page with nobody and with somebody chosen', () => {
    for (const who of ['', 'p_amara', 'p_unknown']) {
      const ground = board({ who, steps: [step({})], waiting: [wait({})] });
      const html = renderPage('board/view.njk', { ...presentBoard(ground), ...shell });
      expect(html).toContain('Steps by person');
      expect(html.includes('Case 7K2M-XYZ4')).toBe(who === 'p_amara');
      expect(html).not.toContain('Bhriain');
    }
  });

  it('says what the record system does not take, and since when', () => {
    const failing = { office: 'jcp_west', count: 1, since: '2026-03-02T09:00:00Z' };
    const shown = { ...presentBoard(board({ failing })), ...shell };
    expect(renderPage('board/view.njk', shown)).toContain(
      'The record system does not take 1 entry or erasure, the oldest since 2 March 2026',
    );
  });

  it('offers no hand-over from a list that is an old one', () => {
    const ground = board({ who: 'p_amara', steps: [step({})], asOf: now });
    const html = renderPage('board/view.njk', { ...presentBoard(ground), ...shell });
    expect(html).toContain('until the mesh answers again');
    expect(html).not.toContain('See what would be handed over');
  });
});

describe('an absence', () => {
  it('includes its first and its last day, and is not told once it is over', () => {
    const away = { awayFrom: '2026-03-03', awayUntil: '2026-03-10' };
    const days = ['2026-03-02', '2026-03-03', '2026-03-10', '2026-03-11'];
    expect(days.map((day) => isAway(away, day))).toEqual([false, true, true, false]);
    expect(days.map((day) => awayWords(away, day) !== '')).toEqual([true, true, true, false]);
    expect(isAway({}, '2026-03-03')).toBe(false);
    expect(awayWords({ awayUntil: '2026-03-10' }, '2026-03-04')).toBe('Away until 10 March 2026');
    expect(awayWords({ awayFrom: '2026-03-03' }, '2026-03-04')).toBe('Away from 3 March 2026');
  });
});

describe('a step', () => {
  it('goes with the case only where it is the caseworker’s', () => {
    const goes = (name: WorklistStep['step'], about: Parameters<typeof typeOf>[0]) =>
      goesWithCase({ step: name, about: typeOf(about) });
    expect(goes('tell-client', 'appointment.booked')).toBe(true);
    expect(goes('ask-client', 'referral.requested')).toBe(true);
    expect(goes('note-receipt', 'tpr2.shared')).toBe(false);
    expect(goes('offer-review', 'review.requested')).toBe(false);
    expect(goes('seek-consent', 'referral.requested')).toBe(false);
  });
});

describe('what is chosen on the board', () => {
  const held = {
    who: 'p_amara',
    steps: [
      step({}),
      step({ case: id(902), step: 'note-receipt', about: typeOf('tpr2.shared') }),
      step({ case: id(903), owner: 'p_tomasz' }),
      step({ case: id(904), party: 'jcp_east' }),
    ],
    waiting: [wait({})],
  };
  const read = (posted: BoardGround['posted']) => readBoard(board({ ...held, posted }));

  it('are cases that lie with that person at that office, and a colleague of the same office', () => {
    const all = [id(900), id(901), id(902), id(903), id(904)];
    const { asked, problems } = read({ case: all, to: 'p_siobhan' });
    expect(problems).toEqual([]);
    expect(asked?.cases.map(({ caseId }) => caseId)).toEqual([id(900), id(901)]);
    expect([asked?.office, asked?.from, asked?.to]).toEqual(['jcp_west', 'p_amara', 'p_siobhan']);
  });

  it('is asked again where nothing is ticked, or nobody of the office is chosen', () => {
    const paths = (posted: BoardGround['posted']) => read(posted).problems.map(({ path }) => path);
    expect(paths({})).toEqual(['case', 'to']);
    expect(paths({ case: id(902), to: 'p_siobhan' })).toEqual(['case']);
    for (const to of ['p_amara', 'p_desmond', 'p_unknown', ''])
      expect([to, paths({ case: id(900), to })]).toEqual([to, ['to']]);
  });

  it('keeps what was ticked when something is wrong', () => {
    const posted = { case: [id(900)], to: '' };
    const problems = [...read(posted).problems];
    const { person: shown } = presentBoard(board({ ...held, posted, problems }));
    expect(shown?.cases.map(({ value, selected }) => [value, selected])).toContainEqual([
      id(900),
      true,
    ]);
    expect(shown?.to.error).toBe('Choose who gets them');
  });

  it('is at most fifty cases at once', () => {
    const steps = Array.from({ length: 51 }, (_each, index) => step({ case: id(100 + index) }));
    const choose = (count: number) =>
      readBoard(
        board({
          who: 'p_amara',
          steps,
          posted: { case: steps.slice(0, count).map((each) => each.case), to: 'p_tomasz' },
        }),
      );
    expect(choose(50).asked?.cases).toHaveLength(50);
    expect(choose(51).problems.map(({ path }) => path)).toEqual(['case']);
  });
});

describe('a hand-over', () => {
  const handOver: HandOver = {
    office: 'jcp_west',
    from: 'p_amara',
    to: 'p_tomasz',
    day: '2026-03-04',
    items: [900, 901, 902].map((n) => ({ caseId: id(n), id: id(n + 50), reference: `R${n}` })),
  };
  const sent = (answer: KeptMessage['answer'], problem?: KeptMessage['problem']): KeptMessage => ({
    id: id(950),
    office: 'jcp_west',
    caseId: id(900),
    direction: 'sent',
    type: typeOf('case.caseworker-named'),
    other: 'mesh',
    actor: 'p_siobhan',
    at: now.toISOString(),
    message: undefined,
    erased: undefined,
    erasedAt: undefined,
    answer,
    problem,
    keptAt: now.toISOString(),
  });
  const open = {
    steps: [
      step({}),
      step({ step: 'seek-consent', about: typeOf('claim.change-told'), dueOn: '2026-03-01' }),
    ],
    waiting: [wait({})],
  };
  const present = (kept: readonly (KeptMessage | undefined)[], steps = open) => {
    const held = heldBy(steps, { office: 'jcp_west', person: 'p_amara' });
    const states = handOver.items.map((item, index) => stateOf(item, kept[index], held));
    return presentHandOver({ handOver, states, agency, draft: id(1), now });
  };

  it('shows before which steps go, which stay, and what is not there any more', () => {
    const model = present([]);
    expect(model.title).toBe('Before it is handed over');
    expect(
      model.rows.map(({ name, text, goes, stays }) => [
        name,
        text,
        goes.map(({ what }) => what),
        stays.map(({ what }) => what),
      ]),
    ).toEqual([
      ['Case R900', '', ['Tell the client'], ['Seek consent']],
      ['Case R901', '', ['Waiting for word whether the client came'], []],
      ['Case R902', 'Nothing of it is with Amara now. It is left as it is.', [], []],
    ]);
    expect(model.button).toBe('Hand over 2 cases');
    expect(model.warning).toBe('Tomasz: Away from 3 March 2026 until 10 March 2026.');
  });

  it('has nothing to send of a case in which only a step is left that stays', () => {
    const steps = [step({ step: 'note-receipt', about: typeOf('tpr2.shared') })];
    const { rows, button } = present([], { steps, waiting: [] });
    expect(rows[0]?.text).toMatch(/^Nothing of it is with Amara now/);
    expect(button).toBe('');
  });

  it('tells after what came of each case, and offers to send what was not sent', () => {
    const problem = { status: 422, code: 'actor-unknown', title: 'no', detail: 'no', errors: [] };
    const model = present([sent('decided'), undefined, sent('refused', problem)]);
    expect(model.title).toBe('Handed over');
    expect(model.rows[0]?.text).toBe(
      'It is Tomasz’s. Tomasz is away: until they are back, it is with who stands in for them.',
    );
    expect(model.rows[2]?.text).toMatch(/^It did not go: the directory does not know you/);
    expect(model.button).toBe('Hand over the last one');
    expect(present([sent('decided'), sent('accepted'), sent(undefined)]).button).toBe('');
  });

  it('is a whole page before and after', () => {
    for (const kept of [[], [sent('decided'), sent(undefined), undefined]]) {
      const html = renderPage('board/hand-over.njk', { ...present(kept), ...shell });
      expect(html).toContain('From Amara to Tomasz, from 4 March 2026.');
      expect(html).not.toContain('Bhriain');
    }
  });
});
