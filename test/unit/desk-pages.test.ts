import { describe, expect, it } from '@jest/globals';
import type { Timeline, WorklistStep } from '#libs/contracts/ask.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { presentAction } from '#services/desk/action/presenter.js';
import { renderPage } from '#services/desk/adapters/page-renderer.js';
import { presentCase } from '#services/desk/case/presenter.js';
import { actionForm } from '#services/desk/domain/action-form.js';
import { type Agency, officesOf, viewerOf } from '#services/desk/domain/agency.js';
import type { CaseFile } from '#services/desk/domain/case-file.js';
import type { CaseShown } from '#services/desk/domain/case-shown.js';
import type { KeptMessage } from '#services/desk/domain/kept-message.js';
import { type SavedForm, addressOfSaved, writtenIn } from '#services/desk/domain/saved-form.js';
import { refusalOf } from '#services/desk/domain/told-words.js';
import { trialShown } from '#services/desk/domain/trial-words.js';
import { presentMessage } from '#services/desk/message/presenter.js';
import { presentToday } from '#services/desk/today/presenter.js';

const id = (n: number): string => `0190b9a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const caseId = id(999);
/** A Wednesday. */
const now = new Date('2026-03-04T10:00:00Z');

const agency: Agency = {
  id: 'trt_riverside',
  offices: [{ id: 'trt_riverside', kind: 'treatment-provider', name: 'Riverside' }],
  people: [
    { id: 'p_one', office: 'trt_riverside', job: 'keyworker', name: 'Nadia', deputy: 'p_two' },
    { id: 'p_two', office: 'trt_riverside', job: 'keyworker', name: 'Leroy', deputy: 'p_one' },
  ],
};
const viewer = viewerOf(agency, 'p_one');
if (viewer === undefined) throw new Error('nobody');

const step = (changes: Partial<WorklistStep>): WorklistStep => ({
  case: caseId,
  step: 'acknowledge-referral',
  party: 'trt_riverside',
  owner: 'p_one',
  deputy: 'p_two',
  openedAt: '2026-03-02T09:00:00Z',
  dueOn: '2026-03-04',
  overdue: false,
  escalation: 'none' as WorklistStep['escalation'],
  cause: id(1),
  shortReference: '7K2MXYZ4',
  ...changes,
});

const told = (changes: Partial<Timeline>): Timeline => ({
  id: id(1),
  type: typeOf('referral.requested'),
  sender: 'jcp_leeds',
  to: 'trt_riverside',
  time: '2026-03-02T09:00:00Z',
  state: 'cleared',
  collected: true,
  records: [],
  ...changes,
});

const referral: KeptMessage = {
  id: id(1),
  office: 'trt_riverside',
  caseId,
  direction: 'received',
  type: typeOf('referral.requested'),
  other: 'jcp_leeds',
  actor: undefined,
  at: '2026-03-02T09:00:00Z',
  message: {
    specversion: '1.0',
    id: id(1),
    source: '/parties/jcp_leeds',
    type: typeOf('referral.requested'),
    time: '2026-03-02T09:00:00Z',
    to: 'trt_riverside',
    data: {
      client: { surname: 'Ní Bhriain', dateOfBirth: '1984-05-17' },
      benefit: 'jsa',
      travelCostsConsidered: true,
    },
  },
  erased: undefined,
  erasedAt: undefined,
  answer: undefined,
  problem: undefined,
  keptAt: '2026-03-02T09:00:00Z',
};

const file = (view: Partial<CaseShown>, kept: readonly KeptMessage[] = [referral]): CaseFile => ({
  viewer,
  agency,
  office: viewer.office,
  view: {
    case: caseId,
    messages: [told({})],
    steps: [],
    waiting: [],
    reminders: [],
    mails: [],
    notHad: [],
    stepsAsOf: undefined,
    ...view,
  },
  kept,
  parties: [{ id: 'jcp_leeds', kind: 'jobcentre', name: 'Jobcentre Leeds', serves: [] }],
});

const show = (caseFile: CaseFile) =>
  presentCase(caseFile, { consents: { consents: [], history: [] }, newId: () => id(7), now });

describe('Today', () => {
  const today = (steps: readonly WorklistStep[], whose = 'mine') =>
    presentToday({
      viewer,
      agency,
      asked: { whose, office: 'trt_riverside' },
      steps,
      waiting: [],
      now,
      asOf: undefined,
      isThere: true,
      unread: undefined,
      saved: [],
    });

  it('puts each step under overdue, today, this week or later, the first due first', () => {
    const dates = ['2026-03-09', '2026-03-08', '2026-03-04', '2026-03-03', '2026-03-02'];
    const { groups } = today(dates.map((dueOn) => step({ dueOn })));
    expect(groups.map(({ id: group, rows }) => [group, rows.map(({ due }) => due)])).toEqual([
      ['overdue', ['2 March 2026', '3 March 2026']],
      ['today', ['4 March 2026']],
      ['week', ['8 March 2026']],
      ['later', ['9 March 2026']],
    ]);
  });

  it('shows mine alone, those of somebody I stand in for, or the whole office', () => {
    const steps = [step({}), step({ owner: 'p_two', cause: id(2) })];
    const count = (whose: string): number =>
      today(steps, whose).groups.reduce((sum, { rows }) => sum + rows.length, 0);
    expect([count('mine'), count('p_two'), count('office')]).toEqual([1, 1, 2]);
  });

  it('names no client: the reference, a verb, owner and deputy', () => {
    const [row] = today([step({ caseref: 'NíBhriain/1' })]).groups.flatMap(({ rows }) => rows);
    expect(row).toEqual({
      what: 'Answer the referral',
      reference: '7K2M-XYZ4',
      since: '2 March 2026',
      due: '4 March 2026',
      owner: 'Nadia',
      deputy: 'Leroy',
      href: `/cases/${caseId}#step-acknowledge-referral-${id(1)}`,
    });
  });
});

describe('a form that was saved for later', () => {
  const saved: SavedForm = {
    id: id(5),
    caseId,
    reference: '7K2M-XYZ4',
    page: 'tpr2.shared',
    posted: { treatmentSummary: 'half a word' },
    keptUntil: new Date('2026-03-05T09:30:00Z'),
  };

  it('is on Today with what it is, its case and until when, and nothing that was written', () => {
    const model = presentToday({
      viewer,
      agency,
      asked: { whose: 'office', office: 'trt_riverside' },
      steps: [],
      waiting: [],
      now,
      asOf: undefined,
      isThere: true,
      unread: undefined,
      saved: [saved, { ...saved, page: 'consent.recorded' }],
    });
    expect(model.saved).toEqual([
      {
        what: 'Share what work and support need (TPR2)',
        reference: '7K2M-XYZ4',
        until: '5 March 2026, 09:30',
        href: `/cases/${caseId}/do/tpr2.shared?id=${id(5)}`,
      },
      expect.objectContaining({
        what: 'Seek consent',
        href: `/cases/${caseId}/consent?id=${id(5)}`,
      }),
    ]);
    expect(addressOfSaved(saved)).toBe(model.saved[0]?.href);
  });

  it('says on its page until when, and has a button to be saved again', () => {
    const opened = file({});
    const form = actionForm(opened, 'tpr2.shared');
    if (form === undefined) throw new Error('no such action');
    const shown = presentAction(opened, { form, posted: saved.posted, id: saved.id, saved });
    expect(shown.saved).toMatch(/You alone find it, here and on Today, until 5 March 2026, 09:30/);
    expect(shown.maySave).toBe(true);
    expect(presentAction(opened, { form, posted: {}, id: id(7) }).saved).toBe('');
  });

  it('is what its author wrote, without what belongs to the page', () => {
    const posted = { csrf: 'x', later: 'yes', seen: 'x', place: 'Room 2', told: ['a', 'b'] };
    expect(writtenIn(posted)).toEqual({ place: 'Room 2', told: ['a', 'b'] });
  });
});

describe('what would go', () => {
  it('reads field by field, and says alike whatever lacks consent', () => {
    const passes = ['client.surname', 'employment.goals', 'tpr2'];
    const trial = {
      verdict: 'cleared-in-part' as const,
      passes,
      leftOut: ['treatmentSummary'],
      lacks: [],
    };
    expect(trialShown(trial)).toMatchObject({
      mayGo: true,
      leftOut: ['Summary of treatment'],
      cannot: '',
    });
    const refused = { verdict: 'refused' as const, passes, leftOut: [], lacks: [] };
    expect(trialShown(refused)).toMatchObject({ mayGo: false, goes: [] });
    expect(trialShown(refused).cannot).toMatch(/Ask the client/);
  });

  it('counts as changed where one field more is left out', () => {
    const before = { verdict: 'cleared' as const, passes: ['a', 'b'], leftOut: [], lacks: [] };
    const after = { verdict: 'cleared' as const, passes: ['a'], leftOut: ['b'], lacks: [] };
    expect(trialShown(before).digest).not.toBe(trialShown(after).digest);
  });
});

describe('a case', () => {
  it('says in one line who must act next and since when', () => {
    expect(show(file({ steps: [step({})] })).sentence).toBe(
      'Nadia must act next, since 2 March 2026: Answer the referral. It is due on 4 March 2026.',
    );
    const waiting = {
      case: caseId,
      answer: 'what-follows' as const,
      party: 'trt_riverside',
      counterpart: 'jcp_leeds',
      owner: 'p_one',
      since: '2026-03-02T09:00:00Z',
      dueOn: '2026-03-18',
      late: false,
      cause: id(1),
    };
    expect(show(file({ waiting: [waiting] })).sentence).toBe(
      'Jobcentre Leeds must act next, since 2 March 2026: you wait for word of what follows.',
    );
    expect(show(file({})).sentence).toMatch(/^Nothing is open here/);
  });

  it('says which part could not be had, and how old the steps are that stand in its place', () => {
    const notHad: CaseShown['notHad'] = ['steps', 'waiting', 'reminders'];
    const nothing = show(file({ notHad }));
    const away = 'could not be had just now. Load the page again in a minute.';
    expect([nothing.sentence, nothing.stepsNote, nothing.dueNote]).toEqual([
      `Who must act next ${away}`,
      '',
      `It ${away}`,
    ]);
    const older = file({ notHad, steps: [step({})], stepsAsOf: new Date('2026-03-03T09:30:00Z') });
    expect(show(older)).toMatchObject({
      sentence: expect.stringMatching(/^Nadia must act next/),
      stepsNote:
        'What is to be done could not be had just now. This is how it was on 3 March 2026, 09:30.',
    });
    expect(show(file({}))).toMatchObject({ stepsNote: '', dueNote: '' });
    const html = (model: ReturnType<typeof show>): string =>
      renderPage('case/view.njk', { ...model, nonce: 'n', csrf: 'c', signedIn: null });
    expect(html(nothing)).toContain(`Who must act next ${away}`);
    expect(html(nothing)).toContain(`<p class="govuk-body">It ${away}</p>`);
    expect(html(show(older))).toContain('This is how it was on 3 March 2026, 09:30.');
  });

  it('has a button for what needs no word more, and a link for what does', () => {
    const [shown] = show(file({ steps: [step({})] })).steps;
    const kinds = shown?.ways.map(({ kind, text }) => [kind, text]);
    expect(kinds).toContainEqual(['button', 'Acknowledge']);
    expect(kinds).toContainEqual(['link', 'Did not attend']);
    expect(kinds).not.toContainEqual(['link', 'Hand back to the single point of contact']);
  });

  it('says that an end tells nobody where others wait for a message, and not where it is done with the client', () => {
    const textsOf = (name: WorklistStep['step']): readonly string[] =>
      show(file({ steps: [step({ step: name })] })).steps.flatMap(({ ways }) =>
        ways.map(({ text }) => text),
      );
    expect(textsOf('acknowledge-referral')).toContain('It is done: end it, tell nobody');
    expect(textsOf('tell-client')[0]).toBe('It is done');
  });

  it('tells a newer outcome which one it takes the place of, as it was when the page was shown', () => {
    const outcome = told({
      id: id(3),
      type: typeOf('appointment.attended'),
      sender: 'trt_riverside',
      to: 'jcp_leeds',
      time: '2026-03-03T09:00:00Z',
    });
    const opened = file({ messages: [told({}), outcome] });
    const form = actionForm(opened, 'appointment.did-not-attend');
    if (form === undefined) throw new Error('no such action');
    const model = presentAction(opened, { form, posted: {}, id: id(7) });
    expect(model.hidden).toContainEqual({ name: 'given.corrects', value: id(3) });
    expect(model.corrects).toBe(
      'An outcome of 3 March 2026 is on record already. This one takes its place.',
    );
  });

  it('that the record contradicts says who recorded which meanwhile, and when', () => {
    const shownAt = Date.parse('2026-03-03T09:00:00Z');
    const formId = uuidV7(shownAt, new Uint8Array(10));
    const own = { sender: 'trt_riverside', to: 'jcp_leeds' };
    const attended = typeOf('appointment.attended');
    const opened = file({
      messages: [
        told({}),
        told({ id: id(2), type: attended, time: '2026-03-03T10:42:00Z', ...own }),
      ],
    });
    const kept = { ...referral, id: id(2), direction: 'sent' as const, actor: 'p_two' };
    const form = actionForm(opened, 'appointment.did-not-attend');
    if (form === undefined) throw new Error('no such action');
    const refused = {
      status: 409,
      code: 'contradicts-record',
      title: '',
      detail: 'raw',
      errors: [],
    };
    const refusal = (posted: Record<string, string>) =>
      presentAction(
        { ...opened, kept: [...opened.kept, kept] },
        { form, posted, id: id(7), refused },
      ).refusal?.text;
    expect(refusal({ id: formId })).toBe(
      'Meanwhile: Leroy, 3 March 2026, 10:42: TPR1 return: attended',
    );
    expect(refusal({})).toBe('raw');
  });

  it('of a client who was referred again corrects no outcome of the referral before', () => {
    const own = { sender: 'trt_riverside', to: 'jcp_leeds' };
    const day = (n: number): string => `2026-03-0${n}T09:00:00Z`;
    const before = [
      told({}),
      told({ id: id(2), type: typeOf('appointment.booked'), time: day(2), ...own }),
      told({ id: id(3), type: typeOf('appointment.did-not-attend'), time: day(3), ...own }),
    ];
    const again = told({ id: id(4), time: day(4) });
    expect(actionForm(file({ messages: before }), 'appointment.attended')?.given).toMatchObject({
      appointment: id(2),
      corrects: id(3),
    });
    expect(
      actionForm(file({ messages: [...before, again] }), 'appointment.attended')?.given,
    ).toEqual({ referral: id(4) });
  });

  it('does not offer to answer what was refused or taken back', () => {
    expect(
      actionForm(file({ messages: [told({ state: 'stopped' })] }), 'referral.acknowledged'),
    ).toBeUndefined();
  });

  it('is passed on by a single point of contact to a provider of its choice, with all that came', () => {
    const spoc = { id: 'spoc', kind: 'spoc' as const, name: 'Point' };
    const provider = {
      id: 'trt_aire',
      kind: 'treatment-provider' as const,
      name: 'Aire',
      serves: [],
    };
    const opened = file({ messages: [told({ to: 'spoc' })] });
    const at = { ...opened, office: spoc, parties: [...opened.parties, provider] };
    const form = actionForm(at, 'referral.forwarded');
    expect(form).toMatchObject({ to: undefined, given: { referral: id(1), benefit: 'jsa' } });
    if (form === undefined) throw new Error('no such action');
    const [to] = presentAction(at, { form, posted: {}, id: id(7) }).fields;
    expect(to).toMatchObject({ name: 'to', type: 'select' });
    expect(to?.choices.map(({ value }) => value)).toEqual(['', 'trt_aire']);
  });

  it('that came by a single point of contact is answered to the referrer, whom the person chooses', () => {
    const forwarded = told({ type: typeOf('referral.forwarded'), sender: 'spoc' });
    const opened = file({ messages: [forwarded] });
    const parties = [
      ...opened.parties,
      { id: 'spoc', kind: 'spoc' as const, name: 'Point', serves: [] },
    ];
    const at = { ...opened, parties };
    expect(actionForm(at, 'appointment.booked')).toMatchObject({
      to: undefined,
      given: { referral: id(1) },
    });
    expect(actionForm(at, 'referral.handed-back')).toMatchObject({ to: 'spoc' });
    expect(actionForm(file({}), 'referral.handed-back')).toBeUndefined();
    const told2 = told({
      id: id(2),
      type: typeOf('appointment.booked'),
      sender: 'trt_riverside',
      to: 'jcp_leeds',
    });
    expect(
      actionForm(
        { ...at, view: { ...at.view, messages: [forwarded, told2] } },
        'appointment.attended',
      ),
    ).toMatchObject({ to: 'jcp_leeds', given: { appointment: id(2) } });
  });

  it('cannot tell a form about the client once nothing of them is kept', () => {
    const erased = { ...referral, message: undefined, erased: 'stop-using' as const };
    expect(actionForm(file({}, [erased]), 'tpr2.shared')).toBeUndefined();
    expect(actionForm(file({}), 'tpr2.shared')?.given['client']).toMatchObject({
      surname: 'Ní Bhriain',
    });
  });
});

describe('what the mesh has not', () => {
  const sent = (n: number, answer: KeptMessage['answer']): KeptMessage => ({
    ...referral,
    id: id(n),
    direction: 'sent',
    type: typeOf('exit.notified'),
    actor: 'p_one',
    keptAt: `2026-03-02T09:00:0${n}Z`,
    answer,
  });
  const shown = (...kept: KeptMessage[]): readonly string[] =>
    show(file({}, kept)).notGone.map(({ href, state }) => `${href.slice(-1)} ${state}`);

  it('is on the case, with what becomes of it', () => {
    expect(shown(sent(2, undefined), sent(3, 'refused'), sent(4, 'accepted'))).toEqual([
      '2 It has not gone yet. It goes by itself when the mesh is back.',
    ]);
    expect(shown(sent(2, undefined), sent(3, 'refused'))).toEqual([
      '2 It has not gone yet. It goes by itself when the mesh is back.',
      '3 It did not go. Open it to see why.',
    ]);
  });

  it('is not repeated where the mesh tells of it itself', () => {
    expect(shown({ ...sent(1, 'refused'), id: id(1) }, referral)).toEqual([]);
  });
});

describe('a form that was kept', () => {
  it('reads as its fields in words, and names what it answers', () => {
    expect(presentMessage(file({}), referral).rows).toEqual([
      { label: 'Surname', value: 'Ní Bhriain' },
      { label: 'Date of birth', value: '17 May 1984' },
      { label: 'Benefit', value: 'JSA' },
      { label: 'Were travel costs considered?', value: 'Yes' },
    ]);
  });

  it('whose content was erased says why, and nothing else', () => {
    const erased = { ...referral, message: undefined, erased: 'no-trace' as const };
    const shown = presentMessage(file({}), erased);
    expect(shown.rows).toEqual([]);
    expect(shown.erased).toMatch(/no trace of the client/);
  });

  it.each([
    { stands: {}, heading: 'Sent and received' },
    { stands: { collected: undefined }, heading: 'Sent' },
    { stands: { state: 'cleared-in-part' as const }, heading: 'Sent and received, in part' },
    { stands: { to: 'mesh', collected: undefined }, heading: 'Recorded' },
    { stands: { state: 'stopped' as const, collected: undefined }, heading: 'Taken back' },
  ])('that we sent says whether the other side has it: $heading', ({ stands, heading }) => {
    const sent = { ...referral, direction: 'sent' as const, answer: 'decided' as const };
    const { collected, ...rest } = told(stands);
    const messages = [collected === undefined ? rest : { ...rest, collected }];
    expect(presentMessage(file({ messages }), sent).status?.heading).toBe(heading);
  });
});

describe('a refusal of the mesh', () => {
  it('for want of consent reads alike, whatever the mesh said beside', () => {
    const problem = { status: 422, code: 'no-consent-on-record', title: 't', detail: 'd' };
    const one = refusalOf({ ...problem, errors: [{ field: 'data.client', detail: 'withdrawn' }] });
    expect(one).toEqual(refusalOf({ ...problem, errors: [] }));
    expect(one.remedy).toMatch(/Seek consent/);
  });

  it('names the field in the words of the page', () => {
    const errors = [{ field: 'data.startsAt', detail: 'is past' }];
    expect(
      refusalOf({ status: 422, code: 'dates-out-of-order', title: 'Mend it', detail: '', errors }),
    ).toEqual({
      heading: 'It did not go',
      text: 'Day and time: is past',
      remedy: 'Mend it',
    });
  });
});

describe('an office', () => {
  it('is mine, or one where I stand in for a colleague', () => {
    const two: Agency = {
      id: 'jcp',
      offices: [
        { id: 'jcp_a', kind: 'jobcentre', name: 'A' },
        { id: 'jcp_b', kind: 'jobcentre', name: 'B' },
        { id: 'jcp_c', kind: 'jobcentre', name: 'C' },
      ],
      people: [
        { id: 'p_a', office: 'jcp_a', job: 'adviser', name: 'A', deputy: 'p_a' },
        { id: 'p_b', office: 'jcp_b', job: 'adviser', name: 'B', deputy: 'p_a' },
        { id: 'p_c', office: 'jcp_c', job: 'adviser', name: 'C', deputy: 'p_b' },
      ],
    };
    const who = viewerOf(two, 'p_a');
    if (who === undefined) throw new Error('nobody');
    expect(officesOf(two, who).map((office) => office.id)).toEqual(['jcp_a', 'jcp_b']);
    expect(viewerOf(two, 'p_gone')).toBeUndefined();
  });
});
