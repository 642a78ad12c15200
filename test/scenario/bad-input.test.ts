import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import type { z } from 'zod';
import type { deadLetterItem, WorklistStep } from '#libs/contracts/ask.js';
import { connectMesh } from '#libs/nats/connect-mesh.js';
import { badAtTheEdge, badForTheGuard, poison } from '#test/support/bad-messages.js';
import { maria, tomas, tpr1, tpr2Consent } from '#test/support/guard-forms.js';
import type { HttpAnswer } from '#test/support/gateway-for-test.js';
import { MeshForTest } from '#test/support/mesh-for-test.js';
import { allow } from '#test/support/pace.js';
import {
  actors,
  aire,
  jcp,
  type Party,
  riverside,
  SampleMessages,
} from '#test/support/sample-messages.js';
import { until } from '#test/support/until.js';

type DeadLetter = z.infer<typeof deadLetterItem>;

let mesh: MeshForTest;
let make: SampleMessages;
/** Referrals that were right, in the order in which they were sent, and what the provider has collected of them. */
const good: string[] = [];
const inbox: string[] = [];

/** What the same party sends next is right, and travels as if nothing had been. */
async function nextPasses(party: Party): Promise<void> {
  const message = party === jcp ? make.referral() : make.carePlan();
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
  make = new SampleMessages(mesh);
  const toRiverside = tpr1(make.context(jcp), [riverside], 'lambeth-southwark-and-wandsworth');
  const toNobody = tpr1(make.context(jcp), [riverside], 'essex');
  for (const message of [
    make.consent(jcp, toRiverside),
    make.consent(jcp, toNobody),
    make.consent(aire, tpr2Consent(make.context(aire), ['jcp_leeds'])),
  ])
    expect(
      (await mesh.send(String(message['source']).slice('/parties/'.length), message)).status,
    ).toBe(200);
}, allow(120_000));
afterAll(() => mesh?.stop());

describe('bad input through the edge of the whole mesh', () => {
  it.each([...badAtTheEdge, ...badForTheGuard])(
    'answers %s with a code and a field, and nobody is held up',
    async (...row) => {
      const [, party, message, status, code, field] = row;
      const answer = await mesh.send(party, message(make));
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
    const never = {
      ...make.withData({ client: { ...tomas, nino: 'QQ777777A' } }),
      case: randomUUID(),
    };
    const refusing = make.consent(jcp, {
      ...tpr1({ ...make.context(jcp), client: { ...maria, nino: 'QQ888888A' } }, [riverside]),
      decision: 'refused',
    });
    const asked = { ...refusing, case: randomUUID() };
    expect((await mesh.send(jcp, asked)).status).toBe(200);
    const refused = {
      ...make.withData({ client: { ...maria, nino: 'QQ888888A' } }),
      case: asked.case,
    };
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
      await mesh.send(jcp, make.withData({ note: 'CANARY'.repeat(50_000) })),
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
        body: JSON.stringify(make.referral()),
      };
      isProblem(await mesh.call(jcp, '/v1/messages', request), 415, 'unsupported-media-type');
    }
    await nextPasses(jcp);
  });

  it("refuses no token, a wrong one, and another party's", async () => {
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify(make.referral()),
    };
    isProblem(await mesh.call(undefined, '/v1/messages', request), 401, 'unauthenticated');
    isProblem(
      await mesh.call(undefined, '/v1/messages', { ...request, token: 'CANARY' }),
      401,
      'unauthenticated',
    );
    isProblem(await mesh.call(aire, '/v1/messages', request), 403, 'source-not-sender');
    const { id } = make.referral();
    isProblem(await mesh.call(aire, `/v1/messages/${good[0] ?? id}`), 404, 'not-found');
    await nextPasses(jcp);
  });

  it('answers a repeat as the first time, and the same id with another body with 409', async () => {
    const message = make.referral();
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
    const refused = make.carePlan({ case: make.cases[jcp] });
    const [one, two] = [await mesh.send(aire, refused), await mesh.send(aire, refused)];
    isProblem(one, 403, 'case-not-yours');
    expect(two.body).toEqual(one.body);
    const stolen = { ...make.carePlan(), id: message.id };
    isProblem(await mesh.send(aire, stolen), 409, 'id-reused');
    await nextPasses(jcp);
    await nextPasses(aire);
  });

  it('stops what goes to an area that nobody serves, and gives its sender the task to choose', async () => {
    const message = make.referral({ to: 'area:essex/treatment' });
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
        (each) => each.step === 'refer-elsewhere',
      ),
    );
    expect(step).toMatchObject({
      case: make.cases[jcp],
      party: jcp,
      owner: actors[jcp],
      cause: message.id,
    });
    await nextPasses(jcp);
  });
});

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
    const stored = await connection.request(subject, body(make, good[0]), {
      timeout: allow(5_000),
    });
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
    const message = make.referral({ source: '/parties/jcp_leeds', actor: 'p_leeds_adviser_1' });
    const connection = await road(jcp);
    await connection.request('out.msg', JSON.stringify(message), { timeout: allow(5_000) });
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
    const body = JSON.stringify(make.withData({ note: 'CANARY'.repeat(60_000) }));
    await expect(async () =>
      connection.request('out.msg', body, { timeout: allow(2_000) }),
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
      case: make.cases[jcp],
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
