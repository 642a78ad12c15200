import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Timeline, WorklistStep } from '#libs/contracts/ask.js';
import type { CaseView } from '#libs/contracts/ask-case.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { CaseDesk, type CaseDeskParts } from '#services/desk/adapters/case.desk.js';
import type { Agency, Colleague } from '#services/desk/domain/agency.js';
import { knownClient, recipientOf } from '#services/desk/domain/case-file.js';
import type { LastWorklist } from '#services/desk/domain/case-shown.js';
import type { KeptMessage } from '#services/desk/domain/kept-message.js';

/* A case goes from one office of the agency to another, or to a stand-in elsewhere: who has it now sees whose it is, and answers as before. */

const caseId = '3b241101-e2bb-4255-8caf-4136c566a962';
const [leeds, bradford, river] = ['jcp_leeds', 'jcp_bradford', 'trt_riverside'];

const person = (id: string, office: string, deputy: string): Colleague => ({
  id,
  office,
  job: 'adviser',
  name: id,
  deputy,
});
const agency: Agency = {
  id: 'jcp',
  offices: [leeds, bradford].map((id) => ({ id, kind: 'jobcentre', name: id })),
  people: [person('p_leeds', leeds, 'p_stand_in'), person('p_stand_in', bradford, 'p_leeds')],
};
const sent = (name: 'referral.requested' | 'case.moved-office', to: string): Timeline => ({
  id: name,
  type: typeOf(name),
  case: caseId,
  sender: leeds,
  to,
  time: '2026-03-02T09:00:00Z',
  state: 'cleared',
  records: [],
});
const referral = sent('referral.requested', river);
const kept = (office: string, id: string): KeptMessage => ({
  id,
  office,
  caseId,
  direction: 'sent',
  type: typeOf('referral.requested'),
  other: river,
  actor: 'p_leeds',
  at: '2026-03-02T09:00:00.000Z',
  message: { data: { client: { surname: 'Sample' } } } as unknown as KeptMessage['message'],
  erased: undefined,
  erasedAt: undefined,
  answer: 'decided',
  problem: undefined,
  keptAt: '2026-03-02T09:00:00.000Z',
});

/**
 * The desk of an agency of which the office of Leeds kept a referral; `views`: what the mesh shows to each office. `last`: the worklist of each
 * office, as it was last had.
 */
function deskWith(
  views: Readonly<Record<string, Partial<CaseView>>>,
  last: Readonly<Record<string, LastWorklist>> = {},
): CaseDesk {
  const parts = {
    agencyFile: { current: () => agency },
    gateway: {
      case: async (office: string): Promise<CaseView> => {
        await Promise.resolve();
        const view = views[office] ?? {};
        return {
          case: caseId,
          messages: [],
          steps: [],
          waiting: [],
          reminders: [],
          mails: [],
          notHad: [],
          ...view,
        };
      },
      parties: async () => {
        await Promise.resolve();
        return [{ id: river, kind: 'treatment-provider', name: 'Riverside' }];
      },
    },
    messages: {
      ofCase: async (office: string) => {
        await Promise.resolve();
        return office === leeds ? [kept(leeds, referral.id), kept(leeds, 'not shown here')] : [];
      },
    },
    viewings: { note: async () => Promise.resolve() },
    worklists: { last: (office: string) => last[office] },
  };
  return new CaseDesk(parts as unknown as CaseDeskParts);
}
const viewer = { person: agency.people[1]!, office: agency.offices[1]! };
const step = { party: leeds, case: caseId } as WorklistStep;

describe('a case that came from another office of the agency', () => {
  it('shows whose it is, and goes on with the provider that the former office wrote to', async () => {
    const messages = [referral, sent('case.moved-office', bradford)];
    const file = await deskWith({ [bradford]: { messages } }).open(viewer, caseId, 'case');
    expect(file.office.id).toBe(bradford);
    expect(knownClient(file)).toEqual({ surname: 'Sample' });
    expect(file.kept.map(({ id }) => id)).toEqual([referral.id]);
    expect(recipientOf(file, 'referral.cancelled')).toBe(river);
  });

  it('shows nothing of the agency’s other offices, where the mesh shows nothing of them', async () => {
    const messages = [sent('case.moved-office', bradford)];
    const file = await deskWith({ [bradford]: { messages } }).open(viewer, caseId, 'case');
    expect(file.kept).toEqual([]);
  });
});

describe('a case of a colleague who is away', () => {
  it('is opened by the stand-in at the office that it belongs to', async () => {
    const messages = [referral];
    const views = { [bradford]: { messages, steps: [step] }, [leeds]: { messages, steps: [step] } };
    const file = await deskWith(views).open(viewer, caseId, 'case');
    expect(file.office.id).toBe(leeds);
    expect(file.kept.map(({ id }) => id)).toEqual([referral.id, 'not shown here']);
  });
});

describe('a case of which the mesh cannot tell what is to be done', () => {
  const away = { steps: undefined, waiting: undefined, notHad: ['steps', 'waiting'] } as const;
  const partsAway = (messages: readonly Timeline[]): Partial<CaseView> => ({
    messages: [...messages],
    ...away,
    notHad: [...away.notHad],
  });
  const at = new Date('2026-03-02T10:00:00Z');
  const had = { worklist: { steps: [step], waiting: [] }, at };

  it('opens at the office whose messages it has, with the steps that were last had and their age', async () => {
    const views = { [bradford]: partsAway([sent('case.moved-office', bradford)]) };
    const other = { ...step, case: randomUUID() };
    const last = { [bradford]: { at, worklist: { steps: [step, other], waiting: [] } } };
    const { view } = await deskWith(views, last).open(viewer, caseId, 'case');
    expect([view.steps, view.stepsAsOf]).toEqual([[step], at]);
    const first = (await deskWith(views).open(viewer, caseId, 'case')).view;
    expect([first.steps, first.stepsAsOf]).toEqual([[], undefined]);
  });

  it('opens for who stood in for a colleague when it was last known', async () => {
    const views = { [bradford]: partsAway([]), [leeds]: partsAway([]) };
    const file = await deskWith(views, { [bradford]: had }).open(viewer, caseId, 'case');
    expect(file.view.stepsAsOf).toEqual(at);
  });

  it('is not there for an office that had nothing of it, as one that does not exist', async () => {
    const views = { [bradford]: partsAway([]), [leeds]: partsAway([]) };
    const desk = deskWith(views, { [bradford]: { ...had, worklist: { steps: [], waiting: [] } } });
    await expect(desk.open(viewer, caseId, 'case')).rejects.toMatchObject({ code: 'not-found' });
  });
});
