import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { Client } from 'pg';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { underClientLock } from '#services/consent-guard/adapters/client-lock.js';
import { DecisionWatch } from '#services/consent-guard/adapters/decision-watch.js';
import { MessageBook } from '#services/consent-guard/adapters/message.book.js';
import { personOf } from '#test/support/guard-builders.js';
import { maria, tomas, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';
import { until } from '#test/support/until.js';

const office = 'jcp_wandsworth';
let mesh: GuardMesh;
let river: MeshParty;
let jcp: MeshParty;
let router: MeshParty;
let notifier: MeshParty;
let operator: MeshParty;
let database: Client;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await mesh.guard();
  await mesh.applyDirectory();
  database = new Client({ connectionString: mesh.databaseUrl });
  await database.connect();
  const ids = ['tp_river', office, 'svc_router', 'svc_notifier', 'svc_ops'];
  [river, jcp, router, notifier, operator] = (await Promise.all(
    ids.map((id) => mesh.party(id)),
  )) as [MeshParty, MeshParty, MeshParty, MeshParty, MeshParty];
});
afterAll(async () => {
  await database.end();
  await mesh.stop();
});

const consent = (caseId: string, client: Wanted['client'] = maria): Wanted => ({
  name: 'consent.recorded',
  to: 'mesh',
  case: caseId,
  client,
  data: (context) => tpr2Consent(context, [office]),
});
const withdraw = (party: MeshParty, caseId: string, keep: readonly string[] = []) =>
  party.sendAndWait({
    name: 'consent.withdrawn',
    to: 'mesh',
    case: caseId,
    data: (context) => withdrawal(context, 'TPR2', keep),
  });
const tell = (caseId: string, client: Wanted['client'] = maria): Promise<string> =>
  river.send({ name: 'tpr2.shared', to: office, case: caseId, client });
const notice = async (cause: string): Promise<string> =>
  router.send({
    name: 'notice.requested',
    to: 'svc_notifier',
    data: { kind: 'employment-information-received', cause, person: personOf(office) },
  });
const stopsFor = (id: string): DeliveredMessage[] =>
  notifier.received.filter(
    ({ type, data }) =>
      type === typeOf('notice.stop') && (data['notices'] as string[]).includes(id),
  );

/** Where deliveries stand on record, in the order asked. */
const statesOf = async (...ids: readonly string[]): Promise<readonly string[]> => {
  const { rows } = await database.query<{ id: string; state: string }>(
    'select id, state from delivery where id = any($1::uuid[])',
    [ids],
  );
  return ids.map((id) => rows.find((row) => row.id === id)?.state ?? 'none');
};
/** Why, record by record, as the guard alone knows it. */
const reasonsOf = async (id: string): Promise<readonly (string | null)[]> => {
  const { rows } = await database.query<{ reason: string | null }>(
    'select reason from record where id = $1 order by ordinal',
    [id],
  );
  return rows.map(({ reason }) => reason);
};
const stopReason = async (id: string): Promise<string | undefined> =>
  (await river.verdict(id)).records.at(-1)?.reason;

describe('a yes to less than before', () => {
  const narrower = (caseId: string, client: Wanted['client'] = maria): Wanted => ({
    ...consent(caseId, client),
    data: (context) => ({
      ...tpr2Consent(context, [office]),
      excludedCategories: ['treatment-summary'],
    }),
  });

  it('takes back what was not collected of what it rules out, and nothing else; the sender is to send it again', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const had = await tell(caseId);
    await until('it is pulled', async () => (await jcp.pull()).id === had);
    const data: Wanted['data'] = ({ today }) => ({ exit: 'unplanned-likely', on: today });
    const [summary, exit] = [
      await tell(caseId),
      await river.send({ name: 'exit.notified', to: office, case: caseId, data }),
    ];
    expect([(await river.verdict(summary)).state, (await river.verdict(exit)).state]).toEqual([
      'cleared',
      'cleared',
    ]);
    const summaryNotice = await notice(summary);
    await until('all are delivered', async () =>
      (await statesOf(had, summary, exit, summaryNotice)).every((state) => state === 'sent'),
    );

    expect((await river.sendAndWait(narrower(caseId))).state).toBe('cleared');
    expect(await statesOf(had, summary, exit, summaryNotice)).toEqual([
      'pulled',
      'stopped',
      'sent',
      'sent',
    ]);
    expect(await river.verdict(summary)).toMatchObject({ state: 'stopped', task: 'send-again' });
    expect(await stopReason(summary)).toBe('consent-changed');
    // Its recipient may have had it, and had not answered: it does not come again, so it is to be sent again too.
    expect(await river.verdict(had)).toMatchObject({ state: 'stopped', task: 'send-again' });
    const view = await river.ask<{ entries: { message: string; outcome: string }[] }>(
      'client-view',
      { case: caseId, page: 0 },
    );
    const shown = new Map(
      view.ok ? view.entries.map(({ message, outcome }) => [message, outcome]) : [],
    );
    expect([had, summary, exit].map((id) => shown.get(id))).toEqual(['told', 'stopped', 'told']);

    const again = await tell(caseId);
    expect((await river.verdict(again)).state).toBe('cleared-in-part');
    const pulled = [await jcp.pull(), await jcp.pull()];
    expect(pulled.map(({ id }) => id)).toEqual([exit, again]);
    expect(pulled[1]).not.toHaveProperty('data.treatmentSummary');

    expect((await withdraw(river, caseId)).state).toBe('cleared');
    expect(await statesOf(had, summary, exit)).toEqual(['collected', 'stopped', 'collected']);
    expect(await jcp.pull()).toMatchObject({
      type: typeOf('instruction.stop-using'),
      case: caseId,
    });
  });
});

describe('a withdrawal', () => {
  it('is not to be told from silence by who sent what it took back, where another agency recorded it', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const [cause, silent] = [await tell(caseId), randomUUID()];
    await river.sendAndWait(consent(silent, tomas));
    const stands = await tell(silent, tomas);
    const told = await river.verdict(cause);
    await until('it is delivered', async () => (await statesOf(cause)).join() === 'sent');
    expect((await withdraw(jcp, caseId)).state).toBe('cleared');
    expect(await statesOf(cause)).toEqual(['stopped']);
    expect(await reasonsOf(cause)).toEqual([null, 'withdrawn-elsewhere']);

    expect(await river.verdict(cause)).toEqual(told);
    const outcomes = async (of: string) => {
      const view = await river.ask<{ entries: { outcome: string; reason?: string }[] }>(
        'client-view',
        { case: of, page: 0 },
      );
      return view.ok ? view.entries.map(({ outcome, reason }) => [outcome, reason]) : [];
    };
    expect(await outcomes(caseId)).toEqual(await outcomes(silent));
    const proof = (id: string, ordinal: number) => river.ask('proof', { id, ordinal });
    await until('the first is sealed', async () => (await proof(cause, 0)).ok);
    await until('the second is sealed', async () => {
      const sealed = 'select 1 from record r join leaf l on l.record = r.seq where r.id = $1';
      return (await database.query(sealed, [cause])).rowCount === 2;
    });
    expect(await proof(cause, 1)).toEqual(await proof(stands, 1));
  });

  it('is what a later no on the form is, too: what was not collected is taken back', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const cause = await tell(caseId);
    expect((await river.verdict(cause)).state).toBe('cleared');
    const data: Wanted['data'] = (context) => ({
      ...tpr2Consent(context, [office]),
      decision: 'refused',
    });
    expect((await river.sendAndWait({ ...consent(caseId), data })).state).toBe('cleared');
    expect((await river.verdict(cause)).state).toBe('stopped');
  });

  it('takes back what was delivered and not written down, though it was stopped on record when it came again', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const shared = await tell(caseId);
    expect((await river.verdict(shared)).state).toBe('cleared');
    const places = () =>
      database.query<{ state: string }>('select state from delivery where id = $1', [shared]);
    await until('it is delivered', async () => (await places()).rowCount === 1);
    await database.query('delete from delivery where id = $1', [shared]);
    const again = `jsonb_build_object('seq', nextval('record_seq_seq'), 'ordinal', 1, 'verdict', 'stopped', 'reason', 'withdrawn')`;
    await database.query(
      `insert into record overriding system value select (jsonb_populate_record(null::public.record, to_jsonb(r) || ${again})).* from record r where id = $1`,
      [shared],
    );
    expect((await withdraw(river, caseId)).state).toBe('cleared');
    expect((await places()).rows).toEqual([{ state: 'stopped' }]);
  });

  it('says of what was not written down whether it was given out, when it comes again and the consent is gone: never that it was stopped unseen', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId, tomas));
    const data = { name: 'tpr2.shared' as const, case: caseId, client: tomas };
    const [taken, lying] = [
      river.compose({ ...data, to: office }),
      river.compose({ ...data, to: office }),
    ];
    for (const { id, text } of [taken, lying]) {
      await river.put(id, text);
      expect((await river.verdict(id)).state).toBe('cleared');
    }
    const states = () => statesOf(taken.id, lying.id);
    await until('both are delivered', async () => (await states()).join() === 'sent,sent');
    // The office pulls what lies first, and the guard is cut off before it has written down that it delivered, with the withdrawal committed.
    while ((await jcp.pull()).id !== taken.id);
    await database.query('delete from delivery where id = any($1::uuid[])', [[taken.id, lying.id]]);
    await database.query(
      `update scope set decision = 'withdrawn' where client = (select client from client_case where id = $1) and to_agency = 'jcp'`,
      [caseId],
    );
    for (const { id, text } of [taken, lying]) await river.put(id, text, 'again');
    await until('both are settled', async () => (await states()).join() === 'collected,stopped');
    await until('the second is stopped', async () => (await reasonsOf(lying.id)).length === 2);
    // Who withdrew is not known any more: its sender is not told.
    expect(await reasonsOf(lying.id)).toEqual([null, 'withdrawn-elsewhere']);
    expect((await river.verdict(lying.id)).records).toHaveLength(1);
    expect((await river.verdict(taken.id)).state).toBe('collected');
    expect((await river.verdict(taken.id)).records).toHaveLength(1);
  });

  it('gives out nothing that is not on record, where what comes again would go otherwise than it was decided', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId, tomas));
    const data = { name: 'tpr2.shared' as const, case: caseId, client: tomas, to: office };
    const [taken, lying] = [river.compose(data), river.compose(data)];
    for (const { id, text } of [taken, lying]) {
      await river.put(id, text);
      expect((await river.verdict(id)).state).toBe('cleared');
    }
    const states = () => statesOf(taken.id, lying.id);
    await until('both are delivered', async () => (await states()).join() === 'sent,sent');
    while ((await jcp.pull()).id !== taken.id);
    await database.query('delete from delivery where id = any($1::uuid[])', [[taken.id, lying.id]]);
    await database.query(
      `update scope set excluded = excluded || '{treatment-summary}' where client = (select client from client_case where id = $1) and to_agency = 'jcp'`,
      [caseId],
    );
    for (const { id, text } of [taken, lying]) await river.put(id, text, 'again');
    await until('both are settled', async () => (await states()).join() === 'pulled,stopped');
    await until(
      'the second is stopped',
      async () => (await river.verdict(lying.id)).state === 'stopped',
    );
    expect((await river.verdict(taken.id)).records).toMatchObject([{ verdict: 'cleared' }]);
    expect((await river.verdict(lying.id)).records).toMatchObject([
      { verdict: 'cleared' },
      { verdict: 'stopped', reason: 'consent-changed' },
    ]);
  });

  it('takes back what was delivered, and not written down, so long ago that the broker does not know its id any more', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const sent = Array.from({ length: 2 }, () =>
      river.compose({ name: 'tpr2.shared', to: office, case: caseId }),
    );
    for (const { id, text } of sent) {
      await river.put(id, text);
      expect((await river.verdict(id)).state).toBe('cleared');
    }
    const ids = sent.map(({ id }) => id);
    await until('both are delivered', async () => (await statesOf(...ids)).join() === 'sent,sent');
    const placesOf = async (...of: string[]): Promise<readonly number[]> => {
      const { rows } = await database.query<{ place: number }>(
        'select stream_seq::int as place from delivery where id = any($1::uuid[]) order by 1',
        [of],
      );
      return rows.map(({ place }) => place);
    };
    const places = await placesOf(...ids);
    const streams = await jetstreamManager(await mesh.nats.connect('provisioner'));
    const { config } = await streams.streams.info(office);
    await streams.streams.update(office, { ...config, duplicate_window: nanos(100) });
    await database.query('delete from delivery where id = any($1::uuid[])', [ids]);
    await database.query(
      `update record set recorded_at = recorded_at - interval '3 minutes' where id = any($1::uuid[])`,
      [ids],
    );
    await delay(300);
    // The first comes again: it is found, and not delivered a second time. The second does not.
    const [again] = sent;
    await river.put(String(again?.id), String(again?.text), 'again');
    await until('it is written down', async () => (await statesOf(...ids)).join() === 'sent,none');
    expect(await placesOf(...ids)).toEqual(places.slice(0, 1));
    await delay(300);
    expect((await withdraw(river, caseId)).state).toBe('cleared');
    expect(await statesOf(...ids)).toEqual(['stopped', 'stopped']);
    expect(await placesOf(...ids)).toEqual(places);
    for (const seq of places)
      await expect(streams.streams.getMessage(office, { seq })).resolves.toBeNull();
    await streams.streams.update(office, config);
  });

  it('takes back the notice that the notifier has not pulled, and a message of which only a part rests on what was withdrawn', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const cause = await tell(caseId);
    await river.verdict(cause);
    const noticeId = await notice(cause);
    await until('the notice is delivered', async () => {
      const reply = await operator.ask<{
        counts: { type: string; verdict: string; count: number }[];
      }>('counts', {});
      return (
        reply.ok &&
        reply.counts.some(
          ({ type, verdict }) => type === 'notice.requested' && verdict === 'cleared',
        )
      );
    });
    expect((await withdraw(river, caseId, ['share-employment-needs', 'exit-notice'])).state).toBe(
      'cleared',
    );
    expect((await river.verdict(cause)).state).toBe('stopped');
    notifier.collect();
    jcp.collect();
    const other = randomUUID();
    await river.sendAndWait(consent(other, tomas));
    const last = await tell(other, tomas);
    await jcp.delivery(last);
    const lastNotice = await notice(last);
    await notifier.delivery(lastNotice);
    expect(jcp.received.map(({ id }) => id)).not.toContain(cause);
    expect(notifier.received.map(({ id }) => id)).not.toContain(noticeId);
  });

  it('is what a yes to less than before is for what it rules out: the notifier stops what it had pulled, and nobody is to stop using anything', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId, tomas));
    const cause = await tell(caseId, tomas);
    await jcp.delivery(cause);
    const noticeId = await notice(cause);
    await notifier.delivery(noticeId);
    const data: Wanted['data'] = (context) => ({
      ...tpr2Consent(context, [office]),
      excludedCategories: ['review'],
    });
    expect((await river.sendAndWait({ ...consent(caseId, tomas), data })).state).toBe('cleared');
    expect(await statesOf(cause, noticeId)).toEqual(['pulled', 'pulled']);
    expect((await river.verdict(cause)).state).toBe('cleared');
    expect(stopsFor(noticeId)).toHaveLength(1);
    expect(
      jcp.received.filter(
        ({ type, case: of }) => of === caseId && type === typeOf('instruction.stop-using'),
      ),
    ).toEqual([]);
  });

  it('tells the notifier which notices it had pulled are not to go out, and is confirmed after that', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const cause = await tell(caseId);
    await jcp.delivery(cause);
    const noticeId = await notice(cause);
    await notifier.delivery(noticeId);
    expect((await withdraw(jcp, caseId)).state).toBe('cleared');
    const [stop] = stopsFor(noticeId);
    expect(stop).toMatchObject({ source: '/parties/guard', data: { notices: [noticeId] } });
    expect(stop).not.toHaveProperty('case');
  });

  it('asks nothing of the notifier about a mail that has ended', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const cause = await tell(caseId);
    await jcp.delivery(cause);
    const noticeId = await notice(cause);
    await notifier.delivery(noticeId);
    const report = {
      notice: noticeId,
      person: personOf(office),
      outcome: 'accepted',
      at: mesh.clock.now().toISOString(),
    };
    const reported = await notifier.send({ name: 'mail.reported', to: 'mesh', data: report });
    await until('the report is recorded', async () => {
      const reply = await operator.ask<{ counts: { type: string; verdict: string }[] }>(
        'counts',
        {},
      );
      return (
        reply.ok &&
        reply.counts.some(
          ({ type, verdict }) => type === 'mail.reported' && verdict === 'cleared',
        ) &&
        reported
      );
    });
    expect((await withdraw(jcp, caseId)).state).toBe('cleared');
    expect(stopsFor(noticeId)).toEqual([]);
  });

  it('is not confirmed, nor is what the client decides after it, while it is being carried out', async () => {
    const [caseId, other] = [randomUUID(), randomUUID()];
    const before = await river.send(consent(caseId));
    const [taken, after] = [await river.send(consent(caseId)), await river.send(consent(caseId))];
    const apart = await river.send(consent(other, tomas));
    const asked = [before, taken, after, apart];
    const pool = connectDatabase({ url: mesh.databaseUrl, applicationName: 'test' });
    const book = new MessageBook(pool);
    const states = () =>
      Promise.all(
        asked.map(async (id) => (await book.verdict('tp_river', { id, waitMs: 0 }))['state']),
      );
    await until('all are decided', async () =>
      (await states()).every((state) => state === 'cleared'),
    );
    // Whose message it is not, waits as for one that is not there.
    const watch = new DecisionWatch(pool);
    const decided = ['tp_river', 'jcp_lambeth'].map((party) =>
      watch.until(before, party, performance.now() + 300),
    );
    expect(await Promise.all(decided)).toEqual([true, false]);
    const { rows } = await database.query<{ client: string }>(
      'select client from client_case where id = $1',
      [caseId],
    );
    const [client] = rows.map((row) => row.client);
    // What a guard that is killed between committing it and carrying it out leaves behind; nobody takes it up meanwhile.
    await underClientLock(pool, String(client), async () => {
      await database.query(
        `insert into open_withdrawal (id, client, body, at) values ($1, $2, '{"lines":[]}', now())`,
        [taken, client],
      );
      expect(await states()).toEqual(['cleared', 'undecided', 'undecided', 'cleared']);
    });
    await until('the guard has taken it up', async () =>
      (await states()).every((state) => state === 'cleared'),
    );
    await pool.end();
  });

  it('that cannot be carried out now keeps no other waiting', async () => {
    const [stuck, free] = [randomUUID(), randomUUID()];
    await river.sendAndWait(consent(stuck));
    await river.sendAndWait(consent(free, tomas));
    const lying = await tell(stuck);
    await until('it is delivered', async () => (await statesOf(lying)).join() === 'sent');
    // As where a stream is not there.
    await database.query(`update delivery set recipient = 'jcp_nowhere' where id = $1`, [lying]);
    const lines = [{ from: 'river', to: 'jcp', purpose: 'share-employment-needs' }];
    const put = (caseId: string, body: object, at: string) =>
      database.query(
        'insert into open_withdrawal (id, client, body, at) select $1, client, $2, $3 from client_case where id = $4',
        [randomUUID(), JSON.stringify(body), at, caseId],
      );
    await put(stuck, { lines }, '2026-01-01T00:00:00Z');
    await put(free, { lines: [] }, '2026-01-02T00:00:00Z');
    const open = async (): Promise<readonly string[]> =>
      (
        await database.query<{ id: string }>(
          'select c.id from open_withdrawal o join client_case c on c.client = o.client and c.id = any($1::uuid[])',
          [[stuck, free]],
        )
      ).rows.map(({ id }) => id);
    await until('the other is carried out', async () => (await open()).join() === stuck);
    await database.query('delete from open_withdrawal');
    await database.query('delete from delivery where id = $1', [lying]);
  });

  it('cannot be got round by sending a dead letter of before it again', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const { id, text } = river.compose({ name: 'tpr2.shared', to: office, case: caseId });
    await river.put(id, text);
    await jcp.delivery(id);
    const changed = text.replace('attends weekly', 'attends daily');
    await river.put(id, changed);
    const letters = async (): Promise<
      { deadLetter: string; message?: string; redriven: boolean }[]
    > => {
      const reply = await operator.ask<{
        deadLetters: { deadLetter: string; message?: string; redriven: boolean }[];
      }>('dead-letters', {});
      return reply.ok ? reply.deadLetters.filter(({ message }) => message === id) : [];
    };
    const [letter] = await until('it is a dead letter', async () => {
      const found = await letters();
      return found.length > 0 ? found : undefined;
    });
    await withdraw(jcp, caseId);
    const before = jcp.received.length;
    await operator.send({
      name: 'deadletter.redrive',
      to: 'mesh',
      data: { deadLetter: letter?.deadLetter },
    });
    await until('it was sent again', async () => (await letters())[0]?.redriven === true);
    const { rows } = await database.query(
      `select verdict, reason from record where case_id = $1 and name = 'tpr2.shared' and id <> $2`,
      [caseId, id],
    );
    expect(rows).toEqual([{ verdict: 'refused', reason: 'no-consent-on-record' }]);
    const other = randomUUID();
    await river.sendAndWait(consent(other, tomas));
    await jcp.delivery(await tell(other, tomas));
    expect(
      jcp.received
        .slice(before)
        .filter((each) => each.type === typeOf('tpr2.shared') && each.case === caseId),
    ).toEqual([]);
  });
});
