import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import type { z } from 'zod';
import type { deadLetterItem, WorklistStep } from '#libs/contracts/ask.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import {
  forms,
  type FormContext,
  maria,
  tomas,
  tpr1,
  tpr2Consent,
} from '#test/support/guard-forms.js';
import type { HttpAnswer } from '#test/support/gateway-for-test.js';
import { type CloudEvent, MeshForTest } from '#test/support/mesh-for-test.js';
import { until } from '#test/support/until.js';

const [jcp, riverside, aire] = ['jcp_wandsworth', 'trt_riverside', 'trt_aire'] as const;
type Party = typeof jcp | typeof aire;
const actors = { [jcp]: 'p_wandsworth_adviser_1', [aire]: 'p_aire_keyworker_1' } as const;
type DeadLetter = z.infer<typeof deadLetterItem>;
const dayMs = 24 * 3_600_000;

let mesh: MeshForTest;
/** Maria's, at the job centre; Tomas's, at the provider in Leeds. */
const cases: Record<Party, string> = { [jcp]: randomUUID(), [aire]: randomUUID() };
/** Referrals that were right, in the order in which they were sent, and what the provider has collected of them. */
const good: string[] = [];
const inbox: string[] = [];

const context = (party: Party): FormContext => ({
  client: party === jcp ? maria : tomas,
  today: mesh.clock.now().toISOString().slice(0, 10),
  now: mesh.clock.now().toISOString(),
  later: new Date(mesh.clock.now().getTime() + 3 * dayMs).toISOString(),
  cites: randomUUID(),
  person: actors[party],
});

const referral = (changes: Record<string, unknown> = {}): CloudEvent =>
  mesh.message(
    {
      name: 'referral.requested',
      from: jcp,
      actor: actors[jcp],
      to: riverside,
      case: cases[jcp],
      data: forms['referral.requested']?.(context(jcp)) ?? {},
    },
    changes,
  );
const withData = (changes: Record<string, unknown>): CloudEvent => {
  const message = referral();
  return { ...message, data: { ...(message['data'] as object), ...changes } };
};
const withClient = (changes: Record<string, unknown>): CloudEvent =>
  withData({ client: { ...maria, ...changes } });
const without = (name: string): CloudEvent => {
  const { [name]: _gone, ...rest } = referral();
  return rest as CloudEvent;
};
const carePlan = (changes: Record<string, unknown> = {}): CloudEvent =>
  mesh.message(
    {
      name: 'careplan.agreed',
      from: aire,
      actor: actors[aire],
      to: 'mesh',
      case: cases[aire],
      data: { agreedOn: context(aire).today },
    },
    changes,
  );
const consent = (
  party: Party,
  data: Record<string, unknown>,
  changes: Record<string, unknown> = {},
): CloudEvent =>
  mesh.message(
    {
      name: 'consent.recorded',
      from: party,
      actor: actors[party],
      to: 'mesh',
      case: cases[party],
      data,
    },
    changes,
  );

/** What the same party sends next is right, and travels as if nothing had been. */
async function nextPasses(party: Party): Promise<void> {
  const message = party === jcp ? referral() : carePlan();
  const answer = await mesh.send(party, message);
  expect([answer.status, answer.body['state']]).toEqual([200, 'cleared']);
  if (party === jcp) good.push(message.id);
}

const personal = [
  'CANARY',
  maria.nino,
  maria.surname,
  maria.otherNames,
  maria.dateOfBirth,
  tomas.nino,
  tomas.surname,
  tomas.dateOfBirth,
];
function tellsNothing(answer: HttpAnswer): void {
  for (const value of [...personal, '1977', '2101', '020 7946'])
    expect(answer.text).not.toContain(value);
}

function isProblem(answer: HttpAnswer, status: number, code: string): void {
  expect({ status: answer.status, type: answer.body['type'] }).toEqual({
    status,
    type: `urn:throughcare:problem:${code}`,
  });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({
    status,
    title: expect.any(String),
    detail: expect.any(String),
  });
  tellsNothing(answer);
}

beforeAll(async () => {
  mesh = await MeshForTest.start();
  const toRiverside = tpr1(context(jcp), [riverside], 'lambeth-southwark-and-wandsworth');
  const toNobody = tpr1(context(jcp), [riverside], 'essex');
  for (const message of [
    consent(jcp, toRiverside),
    consent(jcp, toNobody),
    consent(aire, tpr2Consent(context(aire), ['jcp_leeds'])),
  ])
    expect(
      (await mesh.send(String(message['source']).slice('/parties/'.length), message)).status,
    ).toBe(200);
}, 120_000);
afterAll(() => mesh?.stop());

type Row = readonly [
  what: string,
  party: Party,
  message: () => unknown,
  status: number,
  code: string,
  field: string | undefined,
];

/** Refused at the edge, before anything is on the road. */
const atTheEdge: readonly Row[] = [
  ['JSON that is cut off', jcp, () => '{"id": "CANARY"', 400, 'malformed-json', undefined],
  ['a list', jcp, () => '[]', 422, 'malformed-message', undefined],
  [
    'an unknown type',
    jcp,
    () => referral({ type: 'throughcare.referral.CANARY.v1' }),
    422,
    'unknown-type',
    'type',
  ],
  [
    'a wrong version',
    jcp,
    () => referral({ type: 'throughcare.referral.requested.v2' }),
    422,
    'unknown-type',
    'type',
  ],
  [
    'another CloudEvents version',
    jcp,
    () => referral({ specversion: '0.3' }),
    422,
    'malformed-message',
    'specversion',
  ],
  ['a missing recipient', jcp, () => without('to'), 422, 'malformed-message', 'to'],
  ['a missing case', jcp, () => without('case'), 422, 'case-required', 'case'],
  [
    'a missing field of the form',
    jcp,
    () => withData({ benefit: undefined }),
    422,
    'malformed-message',
    'data.benefit',
  ],
  [
    'an extra field of the form',
    jcp,
    () => withData({ diagnosis: 'CANARY' }),
    422,
    'malformed-message',
    'data',
  ],
  [
    'an extra field of the envelope',
    jcp,
    () => referral({ consent: 'CANARY' }),
    422,
    'malformed-message',
    undefined,
  ],
  [
    'a wrong NI number',
    jcp,
    () => withClient({ nino: 'CANARY12C' }),
    422,
    'malformed-message',
    'data.client.nino',
  ],
  [
    'a date that is none',
    jcp,
    () => withClient({ dateOfBirth: '1977-02-30' }),
    422,
    'malformed-message',
    'data.client.dateOfBirth',
  ],
  [
    'a birth in the future',
    jcp,
    () => withClient({ dateOfBirth: '2101-01-01' }),
    422,
    'dates-out-of-order',
    'data.client.dateOfBirth',
  ],
  [
    'dates in the wrong order',
    jcp,
    () =>
      consent(jcp, {
        ...tpr1(context(jcp), [riverside]),
        validFrom: '2101-05-02',
        validUntil: '2101-05-01',
      }),
    422,
    'dates-out-of-order',
    'data.validUntil',
  ],
  [
    'an id that is too old',
    jcp,
    () => referral({ id: mesh.newId(mesh.clock.now().getTime() - 8 * dayMs) }),
    422,
    'id-too-old',
    'id',
  ],
  [
    'an id from the future',
    jcp,
    () => referral({ id: mesh.newId(mesh.clock.now().getTime() + dayMs) }),
    422,
    'id-in-future',
    'id',
  ],
  [
    "someone else's source",
    jcp,
    () => referral({ source: '/parties/trt_aire' }),
    403,
    'source-not-sender',
    'source',
  ],
  [
    'a wildcard for a source',
    jcp,
    () => referral({ source: '/parties/*' }),
    403,
    'source-not-sender',
    'source',
  ],
  [
    'a wildcard for a recipient',
    jcp,
    () => referral({ to: 'trt_*' }),
    422,
    'recipient-unknown',
    'to',
  ],
  [
    'a subject for a recipient',
    jcp,
    () => referral({ to: 'egress.trt_riverside.>' }),
    422,
    'recipient-unknown',
    'to',
  ],
  [
    'an area that is none',
    jcp,
    () => referral({ to: 'area:CANARY/treatment' }),
    422,
    'area-unknown',
    'to',
  ],
  [
    'a wildcard for an area',
    jcp,
    () => referral({ to: 'area:*/treatment' }),
    422,
    'area-unknown',
    'to',
  ],
  [
    "a service's type",
    jcp,
    () => referral({ type: 'throughcare.notice.requested.v1' }),
    422,
    'malformed-message',
    undefined,
  ],
];

/** Refused by the guard, on record. */
const byTheGuard: readonly Row[] = [
  ['an unknown party', jcp, () => referral({ to: 'trt_nowhere' }), 422, 'recipient-unknown', 'to'],
  [
    'a kind of party that gets no referrals',
    jcp,
    () => referral({ to: 'jcp_leeds' }),
    422,
    'recipient-not-allowed',
    'to',
  ],
  [
    'an actor whom nobody knows',
    jcp,
    () => referral({ actor: 'p_canary' }),
    422,
    'actor-unknown',
    'actor',
  ],
  [
    "another agency's actor",
    jcp,
    () => referral({ actor: actors[aire] }),
    422,
    'actor-unknown',
    'actor',
  ],
  [
    "an NI number that belongs with another date of birth, in the client's own case",
    jcp,
    () => withClient({ dateOfBirth: '1977-04-12' }),
    422,
    'identity-mismatch',
    'data.client',
  ],
  [
    'an NI number that belongs with another date of birth, in a new case',
    jcp,
    () => ({ ...withClient({ dateOfBirth: '1977-04-12' }), case: randomUUID() }),
    422,
    'identity-mismatch',
    'data.client',
  ],
  [
    "another client's identity in the case",
    jcp,
    () => withClient({ ...tomas }),
    422,
    'identity-mismatch',
    'data.client',
  ],
  [
    "a case that is not the sender's",
    aire,
    () => carePlan({ case: cases[jcp] }),
    403,
    'case-not-yours',
    'case',
  ],
  [
    'a case that nobody knows',
    aire,
    () => carePlan({ case: randomUUID() }),
    403,
    'case-not-yours',
    'case',
  ],
  [
    'an answer to a message that is not there',
    aire,
    () =>
      mesh.message({
        name: 'appointment.attended',
        from: aire,
        actor: actors[aire],
        to: 'jcp_leeds',
        case: cases[aire],
        data: { referral: randomUUID(), on: context(aire).today },
      }),
    422,
    'cause-unknown',
    'data.referral',
  ],
  [
    'a consent that is not theirs to take',
    jcp,
    () => consent(jcp, tpr2Consent(context(jcp), [riverside])),
    403,
    'consent-not-yours-to-take',
    undefined,
  ],
  [
    'a consent without what the client must be told',
    aire,
    () => {
      const data = tpr2Consent(context(aire), ['jcp_leeds']);
      return consent(aire, {
        ...data,
        explained: { ...(data['explained'] as object), statements: [] },
      });
    },
    422,
    'consent-incomplete',
    undefined,
  ],
];

describe('bad input through the edge of the whole mesh', () => {
  it.each([...atTheEdge, ...byTheGuard])(
    'answers %s with a code and a field, and nobody is held up',
    async (...row) => {
      const [, party, message, status, code, field] = row;
      const answer = await mesh.send(party, message());
      isProblem(answer, status, code);
      if (field !== undefined) {
        const fields =
          (answer.body['errors'] as { field: string }[] | undefined)?.map((each) => each.field) ??
          [];
        expect(fields).toContain(field);
      }
      await nextPasses(party);
    },
  );

  it('answers a client who never consented, one who refused and one unknown alike, and drops why', async () => {
    const never = { ...withData({ client: { ...tomas, nino: 'QQ777777A' } }), case: randomUUID() };
    const refusing = consent(jcp, {
      ...tpr1({ ...context(jcp), client: { ...maria, nino: 'QQ888888A' } }, [riverside]),
      decision: 'refused',
    });
    const asked = { ...refusing, case: randomUUID() };
    expect((await mesh.send(jcp, asked)).status).toBe(200);
    const refused = { ...withData({ client: { ...maria, nino: 'QQ888888A' } }), case: asked.case };
    const answers = await Promise.all([mesh.send(jcp, never), mesh.send(jcp, refused)]);
    for (const answer of answers) isProblem(answer, 422, 'no-consent-on-record');
    const [one, other] = answers.map(({ body }) => ({
      title: body['title'],
      detail: body['detail'],
      errors: body['errors'],
    }));
    expect(one).toEqual(other);
    await nextPasses(jcp);
  });

  it('takes nothing over 256 KiB', async () => {
    isProblem(
      await mesh.send(jcp, withData({ note: 'CANARY'.repeat(50_000) })),
      413,
      'payload-too-large',
    );
    await nextPasses(jcp);
  });

  it('takes one kind of content only', async () => {
    for (const type of ['application/json', 'text/plain']) {
      const request = {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify(referral()),
      };
      isProblem(await mesh.call(jcp, '/v1/messages', request), 415, 'unsupported-media-type');
    }
    await nextPasses(jcp);
  });

  it("refuses no token, a wrong one, and another party's", async () => {
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify(referral()),
    };
    isProblem(await mesh.call(undefined, '/v1/messages', request), 401, 'unauthenticated');
    isProblem(
      await mesh.call(undefined, '/v1/messages', { ...request, token: 'CANARY' }),
      401,
      'unauthenticated',
    );
    isProblem(await mesh.call(aire, '/v1/messages', request), 403, 'source-not-sender');
    const { id } = referral();
    isProblem(await mesh.call(aire, `/v1/messages/${good[0] ?? id}`), 404, 'not-found');
    await nextPasses(jcp);
  });

  it('answers a repeat as the first time, and the same id with another body with 409', async () => {
    const message = referral();
    const first = await mesh.send(jcp, message);
    expect(first.status).toBe(200);
    good.push(message.id);
    const again = await mesh.send(jcp, message);
    expect([again.status, again.body]).toEqual([200, first.body]);
    isProblem(
      await mesh.send(jcp, {
        ...message,
        data: { ...(message['data'] as object), note: 'CANARY' },
      }),
      409,
      'id-reused',
    );
    const refused = carePlan({ case: cases[jcp] });
    const [one, two] = [await mesh.send(aire, refused), await mesh.send(aire, refused)];
    isProblem(one, 403, 'case-not-yours');
    expect(two.body).toEqual(one.body);
    const stolen = { ...carePlan(), id: message.id };
    isProblem(await mesh.send(aire, stolen), 409, 'id-reused');
    await nextPasses(jcp);
    await nextPasses(aire);
  });

  it('stops what goes to an area that nobody serves, and gives its sender the task to choose', async () => {
    const message = referral({ to: 'area:essex/treatment' });
    const first = await mesh.send(jcp, message);
    tellsNothing(first);
    await until(
      'the wait ends',
      async () => (await mesh.call(jcp, `/v1/messages/${message.id}`)).body['state'] === 'stopped',
    );
    const timeline = await mesh.call(jcp, `/v1/messages/${message.id}`);
    expect(timeline.body['records']).toMatchObject([
      { verdict: 'waiting' },
      { verdict: 'stopped', reason: 'unroutable' },
    ]);
    const step = await until('somebody has to choose', async () =>
      ((await mesh.call(jcp, '/v1/worklist')).body['steps'] as WorklistStep[]).find(
        (each) => each.step === 'choose-provider',
      ),
    );
    expect(step).toMatchObject({
      case: cases[jcp],
      party: jcp,
      owner: actors[jcp],
      cause: message.id,
    });
    await nextPasses(jcp);
  });
});

/** What a party's own key can put on the road past the gateway, and why the guard cannot work it. */
const poison: readonly (readonly [
  what: string,
  subject: string,
  body: () => string | Uint8Array,
  code: string,
  field: string | undefined,
])[] = [
  ['what is no JSON', 'out.msg', () => '{"id": "CANARY', 'malformed-json', undefined],
  [
    'what is no text',
    'out.msg',
    () => new Uint8Array([0x7b, 0xff, 0xfe, 0x00]),
    'malformed-json',
    undefined,
  ],
  ['nothing at all', 'out.msg', () => '', 'malformed-json', undefined],
  [
    'JSON nested a hundred thousand deep',
    'out.msg',
    () => '['.repeat(100_000) + ']'.repeat(100_000),
    'malformed-message',
    undefined,
  ],
  [
    'a form with a field too many',
    'out.msg',
    () => JSON.stringify(withData({ diagnosis: 'CANARY' })),
    'malformed-message',
    'data',
  ],
  [
    'a message on another subject',
    'out.x.y',
    () => JSON.stringify(referral()),
    'malformed-message',
    'subject',
  ],
  ['a literal wildcard', 'out.*', () => JSON.stringify(referral()), 'malformed-message', 'subject'],
  [
    'a literal full wildcard',
    'out.>',
    () => JSON.stringify(referral()),
    'malformed-message',
    'subject',
  ],
  [
    'an id that another message has',
    'out.msg',
    () => JSON.stringify({ ...withData({ note: 'CANARY' }), id: good[0] }),
    'id-reused',
    'id',
  ],
];

describe("poison put on the road with a party's own key", () => {
  const letters = async (): Promise<readonly DeadLetter[]> =>
    JSON.parse(
      (await mesh.operator(['--json', 'dead-letters', 'list'])).out,
    ) as readonly DeadLetter[];
  const road = (party: string): Promise<NatsConnection> =>
    connectMesh({ url: mesh.mesh.natsUrl, seedFile: mesh.mesh.secrets.seed(party), name: party });

  it.each(poison)('keeps %s as a dead letter with its reason, and goes on', async (...row) => {
    const [, subject, body, code, field] = row;
    const before = new Set((await letters()).map(({ deadLetter }) => deadLetter));
    const connection = await road(jcp);
    const stored = await connection.request(subject, body(), { timeout: 5_000 });
    expect(stored.json()).toMatchObject({ stream: 'IN_jcp_wandsworth' });
    await connection.close();
    await nextPasses(jcp);
    const added = (await letters()).filter(({ deadLetter }) => !before.has(deadLetter));
    expect(added).toEqual([
      expect.objectContaining({
        party: jcp,
        code,
        redriven: false,
        ...(field === undefined ? {} : { field }),
      }),
    ]);
  });

  it("refuses a message in another's name, and notes who really sent it", async () => {
    const message = referral({ source: '/parties/jcp_leeds', actor: 'p_leeds_adviser_1' });
    const connection = await road(jcp);
    await connection.request('out.msg', JSON.stringify(message), { timeout: 5_000 });
    await connection.close();
    await nextPasses(jcp);
    expect(await mesh.edge().timeline(jcp, message.id)).toMatchObject({
      sender: jcp,
      state: 'refused',
      records: [{ reason: 'source-not-sender' }],
    });
    expect(await mesh.edge().timeline('jcp_leeds', message.id)).toBeUndefined();
  });

  it('stores nothing that is larger than the account may send', async () => {
    const connection = await road(jcp);
    const body = JSON.stringify(withData({ note: 'CANARY'.repeat(60_000) }));
    await expect(async () =>
      connection.request('out.msg', body, { timeout: 2_000 }),
    ).rejects.toMatchObject({ name: expect.any(String) });
    await connection.close();
    await nextPasses(jcp);
  });

  it('shows the operator the reasons and no content, and sends again through the guard what can be sent', async () => {
    const list = await mesh.operator(['dead-letters', 'list']);
    expect(list.code).toBe(0);
    for (const value of personal) expect(list.out).not.toContain(value);
    for (const [, , , code] of poison) expect(list.out).toContain(code);

    const misplaced = (await letters()).filter(({ field }) => field === 'subject');
    expect(misplaced).toHaveLength(3);
    const before = await mesh.edge().collect(riverside, 1);
    inbox.push(...before.map(({ id }) => id));
    const [first] = misplaced;
    expect(await mesh.operator(['dead-letters', 'redrive', first?.deadLetter ?? ''])).toMatchObject(
      { code: 0, err: '' },
    );
    const again = await until(
      'it is delivered',
      async () => (await mesh.edge().collect(riverside, 1))[0],
    );
    expect(again).toMatchObject({
      source: '/parties/jcp_wandsworth',
      case: cases[jcp],
      data: { benefit: 'jsa' },
    });
    await until(
      'it is noted',
      async () => (await letters()).find((each) => each.deadLetter === first?.deadLetter)?.redriven,
    );

    const unreadable =
      (await letters()).find(({ code }) => code === 'malformed-json')?.deadLetter ?? '';
    expect(await mesh.operator(['dead-letters', 'redrive', unreadable])).toMatchObject({
      code: 1,
      err: 'the dead letter was not sent again: it still cannot be read, and stays',
    });
    await nextPasses(jcp);
    expect((await letters()).find((each) => each.deadLetter === unreadable)).toMatchObject({
      redriven: false,
    });
  });
});

describe('after all of it', () => {
  it('delivers what was right, all of it, once, in order, and nothing else', async () => {
    await until('all is delivered', async () => {
      inbox.push(...(await mesh.edge().collect(riverside, 1)).map(({ id }) => id));
      return inbox.length >= good.length;
    });
    inbox.push(...(await mesh.edge().collect(riverside, 1)).map(({ id }) => id));
    expect(inbox).toEqual(good);
    expect(await mesh.edge().collect('jcp_leeds', 1)).toEqual([]);
  });
});
