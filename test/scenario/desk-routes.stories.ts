import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { type Answered, DeskReader } from '#test/support/desk-reader.js';
import { deskRoutes } from '#test/support/desk-routes.js';
import { town } from './desk-shared-town.js';

/* Who may have which page: every route of the controllers, for every role, over HTTP. A case of Wandsworth's job centre with Riverside. */

const roles = ['adviser', 'leader', 'elsewhere', 'keyworker', 'manager', 'duty'] as const;
type Role = (typeof roles)[number];

const everybody = roles;
/** Those whose case it is. */
const ours: readonly Role[] = ['adviser', 'leader', 'keyworker', 'manager'];
/** Job centres refer, whichever office. */
const referrers: readonly Role[] = ['adviser', 'leader', 'elsewhere'];

interface Cell {
  /** Who gets the page; all others get the answer of an address that leads nowhere. `open`: nobody need be signed in. */
  readonly who: readonly Role[] | 'open';
  /** In place of the parameters of the route. */
  readonly at?: string;
  /** What an allowed person's answer is: a page, another address, or for an empty form the page again. */
  readonly status: number;
}

const open = (status: number, at?: string): Cell => ({
  who: 'open',
  status,
  ...(at === undefined ? {} : { at }),
});

/** One line a route. A new route needs a line here. */
const table = (ground: Ground): Readonly<Record<string, Cell>> => ({
  'GET /': { who: everybody, status: 303 },
  'GET /sign-in': open(303),
  'GET /sign-in/done': open(401),
  'POST /sign-out': { who: everybody, status: 303 },
  'GET /signed-out': open(200),
  'GET /accessibility': open(200),
  'GET /assets/:name': open(200, '/assets/desk.css'),
  'GET /health/live': open(200),
  'GET /health/ready': open(200),
  'GET /metrics': open(200),
  'GET /today': { who: everybody, status: 200 },
  'GET /cases': { who: everybody, status: 200 },
  'GET /queue': { who: ['duty'], status: 200 },
  'GET /board': { who: ['leader', 'manager'], status: 200 },
  'POST /board': { who: ['leader', 'manager'], status: 422 },
  'GET /board/hand-over/:draft': { who: ['leader'], at: ground.handOver, status: 200 },
  'POST /board/hand-over/:draft': { who: ['leader'], at: ground.handOver, status: 303 },
  'GET /refer': { who: referrers, status: 200 },
  'POST /refer': { who: referrers, status: 422 },
  // A draft is its author's alone.
  'GET /refer/:draft': { who: ['adviser'], at: ground.referral, status: 200 },
  'GET /refer/:draft/send': { who: everybody, at: `${ground.referral}/send`, status: 303 },
  'POST /refer/:draft/send': { who: ['adviser'], at: `${ground.referral}/send`, status: 409 },
  'GET /cases/:case': { who: ours, status: 200 },
  'GET /cases/:case/slip': { who: ours, status: 200 },
  'GET /cases/:case/looked': { who: ours, status: 200 },
  'GET /cases/:case/withdraw': { who: ours, status: 200 },
  'POST /cases/:case/withdraw': { who: ours, status: 422 },
  'GET /cases/:case/consent': { who: ours, status: 200 },
  'POST /cases/:case/consent': { who: ours, status: 422 },
  'GET /cases/:case/messages/:id': {
    who: ['keyworker', 'manager'],
    at: ground.message,
    status: 200,
  },
  'GET /cases/:case/do/:name': {
    who: ours,
    at: `${ground.caseAt}/do/case.caseworker-named`,
    status: 303,
  },
  'POST /cases/:case/do/:name': {
    who: ours,
    at: `${ground.caseAt}/do/case.caseworker-named`,
    status: 422,
  },
});

interface Ground {
  readonly caseAt: string;
  readonly handOver: string;
  readonly referral: string;
  readonly message: string;
}

let people: Readonly<Record<Role, DeskReader>>;
let ground: Ground;

/** Readers of their own: the table signs them out. */
async function signIn(): Promise<void> {
  const { jcp = '', trt_riverside: riverside = '', spoc_lsw: spoc = '' } = town.desks.urls;
  const [adviser, leader, elsewhere, keyworker, manager, duty] = await Promise.all([
    DeskReader.signIn(jcp, /Amara Apeere/),
    DeskReader.signIn(jcp, /Siobhan/),
    DeskReader.signIn(jcp, /Farah/),
    DeskReader.signIn(riverside, /Nadia Mithal/),
    DeskReader.signIn(riverside, /Mei Fanli/),
    DeskReader.signIn(spoc, /Olu/),
  ]);
  people = { adviser, leader, elsewhere, keyworker, manager, duty };
}

async function makeGround(): Promise<Ground> {
  const caseAt = `/cases/${await town.referred()}`;
  const caseId = caseAt.slice('/cases/'.length);
  const { adviser, leader, keyworker } = people;
  const seen = await keyworker.openWhen(caseAt, /Referral requested \(TPR1\)/);
  const message = seen.links.find(({ href }) => href.startsWith(`${caseAt}/messages/`))?.href ?? '';
  const board = await leader.openWhen('/board?who=p_wandsworth_adviser_1', /See what would be/);
  const choose = board.form(/See what would be handed over/);
  const to = 'p_wandsworth_adviser_2';
  const handOver = (await leader.submit(choose, { case: caseId, to })).path;
  const form = (await adviser.open('/refer')).form(/See what will go/);
  const client = town.newClient();
  const preview = await adviser.submit(form, {
    told: form.choices('told'),
    travelCostsConsidered: 'yes',
    dpa1: 'not-asked',
    tpr1: 'given',
    to: 'trt_riverside',
    copy: 'yes',
    'client.surname': client.surname,
    'client.dateOfBirth': client.born,
    benefit: 'jsa',
  });
  return { caseAt, handOver, message, referral: preview.path };
}

const tokens = new Map<DeskReader, string>();
const ask = async (reader: DeskReader, method: string, path: string): Promise<Answered> => {
  if (method === 'GET') return reader.request(path);
  const csrf = tokens.get(reader) ?? (await csrfOf(reader));
  tokens.set(reader, csrf);
  return reader.request(path, { method, body: new URLSearchParams({ csrf }) });
};

/** Of the person's session: any page of theirs shows it. */
const csrfOf = async (reader: DeskReader): Promise<string> =>
  (await reader.open('/today')).form(/Sign out/).value('csrf');

/** All that somebody outside sees of an answer, less what differs from one request to the next. */
function seenOf({ status, headers, body }: Answered): object {
  const { date: _date, ...rest } = Object.fromEntries(headers);
  const policy = rest['content-security-policy']?.replace(/nonce-[\w-]+/, 'nonce');
  return { status, body, headers: { ...rest, 'content-security-policy': policy } };
}

describe('each page of the desk', () => {
  // Within: what it makes would be on the lists of the stories before.
  beforeAll(async () => {
    await signIn();
    ground = await makeGround();
  }, 120_000);

  it('has its line in the table of who may have it, and no line is of a page that is gone', () => {
    expect(Object.keys(table(ground)).toSorted()).toEqual([...deskRoutes()].toSorted());
  });

  it('is given to the roles that have it, and to others as a page that does not exist', async () => {
    const nowhere: Record<string, object> = {};
    for (const role of roles)
      for (const method of ['GET', 'POST'])
        nowhere[`${role} ${method}`] = seenOf(await ask(people[role], method, '/no/such/page'));
    for (const [route, { who, at, status }] of Object.entries(table(ground))) {
      const [method = '', path = ''] = route.split(' ');
      // Open ones are tried by nobody in particular, below: a sign-in would begin another session. Signing out ends these.
      if (who === 'open' || route === 'POST /sign-out') continue;
      const address = at ?? path.replace('/cases/:case', ground.caseAt);
      for (const role of roles) {
        const answer = await ask(people[role], method, address);
        if (who.includes(role)) expect([route, role, answer.status]).toEqual([route, role, status]);
        else
          expect([route, role, seenOf(answer)]).toEqual([
            route,
            role,
            nowhere[`${role} ${method}`],
          ]);
      }
    }
  });

  it('leads somebody who is not signed in to the sign-in, whether it exists or not, or is open to all', async () => {
    for (const url of Object.values(town.desks.urls)) {
      const nobody = new DeskReader(url);
      for (const [route, { who, at, status }] of Object.entries<Cell>({
        ...table(ground),
        'GET /no/such/page': { who: everybody, status: 404 },
      })) {
        const [method = '', path = ''] = route.split(' ');
        const address = at ?? path.replace('/cases/:case', ground.caseAt);
        const answer = await nobody.request(address, { method });
        expect([route, answer.status]).toEqual([route, who === 'open' ? status : 303]);
        if (who !== 'open') expect(answer.headers.get('location')).toMatch(/^\/sign-in\?next=/);
      }
    }
  });

  it('of a message that is for another kind of party does not exist, to be read or to be sent', async () => {
    for (const [role, kind] of [
      ['adviser', 'jobcentre'],
      ['keyworker', 'treatment-provider'],
    ] as const) {
      const nowhere = seenOf(await ask(people[role], 'GET', '/no/such/page'));
      for (const name of messageNames.filter((each) => !ruleOf(each).from.includes(kind)))
        for (const method of ['GET', 'POST']) {
          const answer = await ask(people[role], method, `${ground.caseAt}/do/${name}`);
          expect([name, method, seenOf(answer)]).toEqual([name, method, nowhere]);
        }
    }
  });

  it('is nobody’s any more once they signed out', async () => {
    for (const role of roles) {
      const answer = await ask(people[role], 'POST', '/sign-out');
      expect([role, answer.status, answer.headers.get('location')]).toEqual([
        role,
        303,
        '/signed-out',
      ]);
      expect((await people[role].request('/today')).status).toBe(303);
    }
  });

  it('of a draft that nobody wrote does not exist', async () => {
    await signIn();
    const { leader, adviser } = people;
    for (const [reader, path] of [
      [leader, `/board/hand-over/${randomUUID()}`],
      [adviser, `/refer/${randomUUID()}`],
      [adviser, '/refer/1'],
    ] as const)
      expect([path, (await reader.request(path)).status]).toEqual([path, 404]);
  });
});
