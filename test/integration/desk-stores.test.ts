import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { SystemClock } from '#libs/clock/system-clock.js';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import type { Viewer } from '#services/desk/domain/agency.js';
import { DraftStore } from '#services/desk/adapters/draft.store.js';
import { GatewayClient } from '#services/desk/adapters/gateway.client.js';
import { MessageSender } from '#services/desk/adapters/message.sender.js';
import { MessageStore } from '#services/desk/adapters/message.store.js';
import { ReferralDesk } from '#services/desk/adapters/referral.desk.js';
import { SavedForms } from '#services/desk/adapters/saved-forms.js';
import { Sealer } from '#services/desk/adapters/sealer.js';
import { SessionStore } from '#services/desk/adapters/session.store.js';
import { SignInDesk, type SignInParts } from '#services/desk/adapters/sign-in.desk.js';
import { WorklistCache } from '#services/desk/adapters/worklist-cache.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import type { PostgresServer } from '#test/support/start-postgres.js';

/* What a desk keeps, in a real PostgreSQL, beside a gateway that answers as it is told. */

type ReferralParts = ConstructorParameters<typeof ReferralDesk>[0];

let postgres: PostgresServer;
let pool: Pool;
let messages: MessageStore;
const newKey = (): string => randomBytes(32).toString('base64');
const sealer = new Sealer(newKey());
const office = 'trt_riverside';

beforeAll(async () => {
  postgres = await sharedPostgres();
  pool = connectDatabase({ url: await postgres.createDatabase('desk'), applicationName: 'test' });
  messages = new MessageStore(pool, sealer, {
    isKeeper: () => false,
    isHandedOver: () => false,
  });
});
afterAll(async () => {
  await pool?.end();
  await postgres?.stop();
});

const received = (
  name: MessageName,
  caseId: string,
  data: Record<string, unknown>,
): DeliveredMessage => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/parties/jcp_leeds',
  type: typeOf(name),
  time: '2026-03-02T09:00:00Z',
  case: caseId,
  to: office,
  data,
});

const contents = async (caseId: string): Promise<readonly (string | undefined)[]> =>
  (await messages.ofCase(office, caseId)).map(
    ({ message, erased }) =>
      erased ?? (message?.data['note'] as string | undefined) ?? 'instruction',
  );

describe('a received message', () => {
  it('is kept once, sealed, however often it comes', async () => {
    const caseId = randomUUID();
    const message = received('referral.requested', caseId, { note: 'Quillfeather' });
    await messages.receive(office, message);
    await messages.receive(office, message);
    expect(await contents(caseId)).toEqual(['Quillfeather']);
    const { rows } = await pool.query<{ sealed: Buffer }>(
      'select sealed from message where case_id = $1',
      [caseId],
    );
    expect(rows.map(({ sealed }) => sealed.includes('Quill'))).toEqual([false]);
  });

  it('does not open from another row, nor with another key', async () => {
    const sealed = sealer.seal('a', 'message/x/1');
    expect(sealer.open(sealed, 'message/x/1')).toBe('a');
    expect(() => sealer.open(sealed, 'message/x/2')).toThrow(/authenticate/);
    expect(() => new Sealer(newKey()).open(sealed, 'message/x/1')).toThrow(/authenticate/);
    expect(() => new Sealer('c2hvcnQ=')).toThrow('DESK_KEY');
  });

  it('is erased by the instruction that follows it, in its own case alone', async () => {
    const [caseId, other] = [randomUUID(), randomUUID()];
    await messages.receive(office, received('referral.requested', caseId, { note: 'one' }));
    await messages.receive(office, received('referral.requested', other, { note: 'two' }));
    const what = 'stop-using-and-take-off-the-record';
    await messages.receive(office, received('instruction.stop-using', caseId, { what }));
    expect(await contents(caseId)).toEqual(['stop-using', 'instruction']);
    expect(await contents(other)).toEqual(['two']);
  });

  it('alone is erased where the instruction names it', async () => {
    const caseId = randomUUID();
    const wrong = received('appointment.attended', caseId, { note: 'wrong' });
    await messages.receive(office, wrong);
    await messages.receive(office, received('referral.requested', caseId, { note: 'right' }));
    const what = { what: 'stop-using-and-take-off-the-record', message: wrong.id };
    await messages.receive(office, received('instruction.stop-using', caseId, what));
    expect(new Set(await contents(caseId))).toEqual(
      new Set(['instruction', 'right', 'stop-using']),
    );
  });

  it('that comes again after the instruction stays erased', async () => {
    const caseId = randomUUID();
    const message = received('referral.requested', caseId, { note: 'gone' });
    await messages.receive(office, message);
    const what = 'stop-using-and-take-off-the-record';
    await messages.receive(office, received('instruction.stop-using', caseId, { what }));
    await messages.receive(office, message);
    expect(await contents(caseId)).toEqual(['stop-using', 'instruction']);
  });

  it('goes when its case has been still for the time that it is kept', async () => {
    const caseId = randomUUID();
    await messages.receive(office, received('referral.requested', caseId, { note: 'old' }));
    await pool.query(`update message set kept_at = now() - interval '31 days' where case_id = $1`, [
      caseId,
    ]);
    expect(await messages.eraseOld(32)).toBe(0);
    expect(await messages.eraseOld(30)).toBe(1);
    expect(await contents(caseId)).toEqual(['time']);
  });
});

describe('a message to be sent', () => {
  let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      bodies.push(body);
      answer(request, response, body);
    });
  });
  let sender: MessageSender;
  let gateway: GatewayClient;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    gateway = new GatewayClient(`http://127.0.0.1:${port}`, () => 'token');
    sender = new MessageSender({ gateway, messages, clock: new SystemClock() });
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => void bodies.splice(0));
  afterEach(() => void bodies.splice(0));

  const draft = () => ({
    id: sender.newId(),
    office,
    actor: 'p_riverside_keyworker_1',
    name: 'tpr2.no-trace' as const,
    caseId: randomUUID(),
    to: 'jcp_leeds',
    data: { tpr2: randomUUID(), checkedOn: '2026-03-02' },
  });
  const away = (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(503).end('{}');
  const accept = (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(202, { 'content-type': 'application/json' }).end('{}');

  it('while the mesh is away is kept, and goes later with the same bytes', async () => {
    const form = draft();
    answer = away;
    expect((await sender.send(form)).answer).toEqual({ kind: 'waiting' });
    answer = accept;
    await pool.query(`update message set kept_at = now() - interval '1 min' where id = $1`, [
      form.id,
    ]);
    for (const kept of await messages.unanswered(20)) await sender.put(kept);
    expect((await messages.find(office, form.id))?.answer).toBe('accepted');
    expect(await messages.unanswered(0)).toEqual([]);
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toBe(bodies[0]);
  });

  it('does not overtake what was written before it in its case, such as a withdrawal', async () => {
    const [first, second] = [draft(), draft()];
    const later = { ...second, caseId: first.caseId };
    const idsOf = (): readonly string[] =>
      bodies.map((body) => (JSON.parse(body) as { id: string }).id);
    answer = away;
    await sender.send(first);
    bodies.splice(0);
    // The mesh is back for the second alone.
    answer = (request, response, body) =>
      (body.includes(first.id) ? away : accept)(request, response);
    expect((await sender.send(later)).answer).toEqual({ kind: 'waiting' });
    expect(idsOf()).toEqual([first.id]);
    answer = accept;
    const kept = await messages.find(office, later.id);
    if (kept === undefined) throw new Error('not kept');
    expect(await sender.put(kept)).toEqual({ kind: 'accepted' });
    expect(idsOf()).toEqual([first.id, first.id, later.id]);
    expect(await messages.unanswered(0)).toEqual([]);
  });

  it('waits while the gateway does not take the token of its office', async () => {
    const form = draft();
    answer = (_, response) =>
      void response
        .writeHead(401, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ type: 'urn:throughcare:problem:unauthenticated', title: 'T' }));
    expect((await sender.send(form)).answer).toEqual({ kind: 'waiting' });
    answer = accept;
    expect((await sender.send(form)).answer).toEqual({ kind: 'accepted' });
  });

  it('that was to follow one that was refused does not go by itself', async () => {
    const [dpa1, tpr1, referral, caseId] = [
      sender.newId(),
      sender.newId(),
      sender.newId(),
      randomUUID(),
    ];
    const desk = new ReferralDesk({ gateway, messages, sender } as unknown as ReferralParts);
    answer = (_, response) =>
      void response
        .writeHead(422, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ type: 'urn:throughcare:problem:malformed-message', title: 'T' }));
    const refused = await desk.send(
      {
        person: { id: 'p_one', office, job: 'adviser', name: 'One', deputy: 'p_two' },
        office: { id: office, kind: 'jobcentre', name: 'Office' },
      },
      {
        posted: {},
        office: { id: office, kind: 'jobcentre', name: 'Office' },
        parties: [],
        caseId,
        previous: undefined,
        ids: { caseId, dpa1, tpr1, referral, takenAt: '2026-03-02T09:00:00Z' },
        draft: '',
      },
      {
        data: { client: {} },
        problems: [],
        to: 'trt_acme',
        dpa1: 'given',
        tpr1: 'given',
        isCopyGiven: true,
        language: 'en',
        told: [],
      },
    );
    expect(refused?.code).toBe('malformed-message');
    expect((await messages.ofCase(office, caseId)).map(({ id }) => id)).toEqual([dpa1]);
    expect(bodies).toHaveLength(1);
    expect(await messages.unanswered(0)).toEqual([]);
  });

  it('that was answered is not sent again, and says what was said', async () => {
    const form = draft();
    answer = (_, response) =>
      void response
        .writeHead(422, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ type: 'urn:throughcare:problem:no-consent-on-record', title: 'T' }));
    const first = await sender.send(form);
    const second = await sender.send(form);
    expect([first.before, second.before]).toEqual([false, true]);
    expect(first.answer).toMatchObject({
      kind: 'refused',
      problem: { code: 'no-consent-on-record' },
    });
    expect(second.answer).toEqual(first.answer);
    expect(bodies).toHaveLength(1);
  });

  it('under the id of another form is refused', async () => {
    const form = draft();
    answer = accept;
    await sender.send(form);
    await expect(sender.send({ ...form, caseId: randomUUID() })).rejects.toMatchObject({
      code: 'id-reused',
    });
    await expect(sender.send({ ...form, id: randomUUID() })).rejects.toMatchObject({
      code: 'malformed-message',
    });
  });

  it('that says no trace erases what came in its case', async () => {
    const form = draft();
    await messages.receive(office, received('tpr2.shared', form.caseId, { note: 'shared' }));
    answer = accept;
    await sender.send(form);
    expect(await contents(form.caseId)).toEqual(['no-trace', 'instruction']);
  });

  it('leaves the list readable when the mesh goes, and says how old it is', async () => {
    const worklists = new WorklistCache(gateway, new SystemClock());
    answer = away;
    expect(await worklists.of(office)).toBeUndefined();
    answer = (_, response) => void response.writeHead(200).end('{"steps":[],"waiting":[]}');
    expect(await worklists.of(office)).toMatchObject({ asOf: undefined });
    answer = away;
    expect((await worklists.of(office))?.asOf).toBeInstanceOf(Date);
  });
});

describe('a draft', () => {
  it('is given to its author alone, for its own page alone, and kept sealed', async () => {
    const drafts = new DraftStore(pool, sealer);
    const id = await drafts.write('p_one', 'refer', { 'client.surname': 'Quill' });
    expect(await drafts.read('p_one', 'refer', id)).toEqual({ 'client.surname': 'Quill' });
    expect(await drafts.read('p_two', 'refer', id)).toBeUndefined();
    expect(await drafts.read('p_one', 'expired', id)).toBeUndefined();
  });

  it('is not written over by another person', async () => {
    const drafts = new DraftStore(pool, sealer);
    const id = await drafts.write('p_one', 'refer', { a: 'mine' });
    const other = await drafts.write('p_two', 'refer', { a: 'theirs' }, { id });
    expect(other).not.toBe(id);
    expect(await drafts.read('p_one', 'refer', id)).toEqual({ a: 'mine' });
  });
});

describe('a form saved for later', () => {
  const viewerAs = (person: string): Viewer => ({
    person: { id: person, office, job: 'keyworker', name: person, deputy: person },
    office: { id: office, kind: 'treatment-provider', name: 'Riverside' },
  });
  const form = () => ({
    id: randomUUID(),
    caseId: randomUUID(),
    reference: '7K2M-XYZ4',
    page: 'tpr2.shared' as const,
    posted: { treatmentSummary: 'Quillfeather', 'employment.goals': ['one', 'two'], csrf: 'token' },
  });

  it('is found by its author, in its own case and on its own page, until it is sent', async () => {
    const saved = new SavedForms(new DraftStore(pool, sealer));
    const [author, colleague] = [viewerAs('p_saver'), viewerAs('p_colleague')];
    const one = form();
    await saved.save(author, one);
    const { csrf: _csrf, ...written } = one.posted;
    expect(await saved.find(author, one)).toMatchObject({ ...one, posted: written });
    expect(await saved.of(author)).toHaveLength(1);
    expect(await saved.find(colleague, one)).toBeUndefined();
    expect(await saved.of(colleague)).toEqual([]);
    expect(await saved.find(author, { ...one, caseId: randomUUID() })).toBeUndefined();
    expect(await saved.find(author, { ...one, page: 'exit.notified' })).toBeUndefined();
    await saved.forget(author, one.id);
    expect(await saved.of(author)).toEqual([]);
  });

  it('that is saved again stands once, as it was written last; another person cannot end it', async () => {
    const saved = new SavedForms(new DraftStore(pool, sealer));
    const author = viewerAs('p_saver_again');
    const one = form();
    await saved.save(author, one);
    await saved.save(author, { ...one, posted: { treatmentSummary: 'more' } });
    await saved.forget(viewerAs('p_colleague'), one.id);
    const [found, ...others] = await saved.of(author);
    expect([found?.posted, others]).toEqual([{ treatmentSummary: 'more' }, []]);
  });
});

describe('a form saved about a case', () => {
  it('goes when the client took the case’s forms back; those of other cases stay', async () => {
    const drafts = new DraftStore(pool, sealer);
    const [caseId, other] = [randomUUID(), randomUUID()];
    const write = (about: string) =>
      drafts.write('p_one', 'form', { note: 'Quill' }, { caseId: about });
    const [gone, stays] = [await write(caseId), await write(other)];
    const what = { what: 'stop-using-and-take-off-the-record' };
    await messages.receive(office, received('instruction.stop-using', caseId, what));
    expect(await drafts.read('p_one', 'form', gone)).toBeUndefined();
    expect(await drafts.read('p_one', 'form', stays)).toEqual({ note: 'Quill' });
  });

  it('goes when the office says no trace', async () => {
    const drafts = new DraftStore(pool, sealer);
    const caseId = randomUUID();
    const id = await drafts.write('p_one', 'form', { note: 'Quill' }, { caseId });
    await messages.eraseReceived(office, caseId);
    expect(await drafts.read('p_one', 'form', id)).toBeUndefined();
  });
});

describe('a session', () => {
  const sessions = (): SessionStore =>
    new SessionStore(pool, sealer, { idleMinutes: 60, hours: 12, checkSeconds: 60 });

  it('answers one sign-in once', async () => {
    const asked = { state: 's', nonce: 'n', verifier: 'v', next: '/today' };
    const cookie = await sessions().begin(asked);
    expect(await sessions().takeAsked(cookie)).toEqual(asked);
    expect(await sessions().takeAsked(cookie)).toBeUndefined();
  });

  it('ends after idle time, and after its longest time however much it is used', async () => {
    const cookie = await sessions().signedIn('p_one', office, 'token');
    const age = (column: string, text: string) =>
      pool.query(`update session set ${column} = now() - $1::interval where person = 'p_one'`, [
        text,
      ]);
    expect(await sessions().find(cookie)).toMatchObject({ isExpired: false, accessToken: 'token' });
    await age('seen_at', '61 min');
    expect(await sessions().find(cookie)).toMatchObject({ isExpired: true });
    await age('seen_at', '1 min');
    await age('started_at', '13 hours');
    expect(await sessions().find(cookie)).toMatchObject({ isExpired: true });
  });

  it('ends when the mesh says that the person’s last day is over, though provider and list still know the person', async () => {
    const person = { id: 'p_riverside_leaver', office };
    let hasLeft = false;
    const desk = new SignInDesk({
      agencyFile: { current: () => ({ people: [person], offices: [{ id: office }] }) },
      gateway: {
        worklist: () =>
          Promise.resolve({ steps: [], waiting: [], ...(hasLeft ? { hasLeft } : {}) }),
      },
      provider: { isThere: () => Promise.resolve(true) },
      sessions: sessions(),
    } as unknown as SignInParts);
    const cookie = await sessions().signedIn(person.id, office, 'token');
    const isStillHere = async (): Promise<boolean> => {
      await pool.query(`update session set checked_at = now() - interval '61 s'`);
      const session = await sessions().find(cookie);
      return session !== undefined && desk.isStillHere(session);
    };
    expect(await isStillHere()).toBe(true);
    hasLeft = true;
    expect(await isStillHere()).toBe(false);
    expect(await sessions().find(cookie)).toBeUndefined();
  });

  it('is not in the database in a form that could be used as a cookie', async () => {
    const cookie = await sessions().signedIn('p_two', office, 'a-token-to-hide');
    const { rows } = await pool.query<{ row: string }>(
      `select encode(id, 'escape') || encode(access_token, 'escape') || csrf as row from session where person = 'p_two'`,
    );
    expect(rows[0]?.row).not.toContain(cookie);
    expect(rows[0]?.row).not.toContain('a-token-to-hide');
  });
});
