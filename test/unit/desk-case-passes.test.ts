import { describe, expect, it } from '@jest/globals';
import type { CaseView, Timeline } from '#libs/contracts/ask.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { CaseDesk, type CaseDeskParts } from '#services/desk/adapters/case.desk.js';
import type { Agency, Colleague } from '#services/desk/domain/agency.js';
import { knownClient, recipientOf } from '#services/desk/domain/case-file.js';
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

/** The desk of an agency of which the office of Leeds kept a referral; `views`: what the mesh shows to each office. */
function deskWith(views: Readonly<Record<string, Partial<CaseView>>>): CaseDesk {
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
  };
  return new CaseDesk(parts as unknown as CaseDeskParts);
}
const viewer = { person: agency.people[1]!, office: agency.offices[1]! };
const step = { party: leeds } as CaseView['steps'][number];

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
