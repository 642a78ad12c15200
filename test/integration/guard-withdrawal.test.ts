import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { typeOf } from '#libs/contracts/message-table.js';
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
  [river, jcp, router, notifier, operator] = (await Promise.all(ids.map((id) => mesh.party(id)))) as [
    MeshParty,
    MeshParty,
    MeshParty,
    MeshParty,
    MeshParty,
  ];
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
  party.sendAndWait({ name: 'consent.withdrawn', to: 'mesh', case: caseId, data: (context) => withdrawal(context, 'TPR2', keep) });
const tell = (caseId: string, client: Wanted['client'] = maria): Promise<string> =>
  river.send({ name: 'tpr2.shared', to: office, case: caseId, client });
const notice = async (cause: string): Promise<string> =>
  router.send({
    name: 'notice.requested',
    to: 'svc_notifier',
    data: { kind: 'employment-information-received', cause, person: personOf(office) },
  });
const stopsFor = (id: string): DeliveredMessage[] =>
  notifier.received.filter(({ type, data }) => type === typeOf('notice.stop') && (data['notices'] as string[]).includes(id));

describe('a withdrawal', () => {
  it('is what a later no on the form is, too: what was not collected is taken back', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const cause = await tell(caseId);
    expect((await river.verdict(cause)).state).toBe('cleared');
    const data: Wanted['data'] = (context) => ({ ...tpr2Consent(context, [office]), decision: 'refused' });
    expect((await river.sendAndWait({ ...consent(caseId), data })).state).toBe('cleared');
    expect((await river.verdict(cause)).state).toBe('stopped');
  });

  it('takes back what was delivered and not written down, though it was stopped on record when it came again', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const shared = await tell(caseId);
    expect((await river.verdict(shared)).state).toBe('cleared');
    const places = () => database.query<{ state: string }>('select state from delivery where id = $1', [shared]);
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
    const [taken, lying] = [river.compose({ ...data, to: office }), river.compose({ ...data, to: office })];
    for (const { id, text } of [taken, lying]) {
      await river.put(id, text);
      expect((await river.verdict(id)).state).toBe('cleared');
    }
    const states = async (): Promise<readonly string[]> => {
      const { rows } = await database.query<{ id: string; state: string }>('select id, state from delivery where id = any($1::uuid[])', [
        [taken.id, lying.id],
      ]);
      return [taken, lying].map(({ id }) => rows.find((row) => row.id === id)?.state ?? 'none');
    };
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
    await until('the second is stopped', async () => (await river.verdict(lying.id)).state === 'stopped');
    expect((await river.verdict(taken.id)).state).toBe('collected');
    expect((await river.verdict(taken.id)).records).toHaveLength(1);
  });

  it('takes back the notice that the notifier has not pulled, and a message of which only a part rests on what was withdrawn', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const cause = await tell(caseId);
    await river.verdict(cause);
    const noticeId = await notice(cause);
    await until('the notice is delivered', async () => {
      const reply = await operator.ask<{ counts: { type: string; verdict: string; count: number }[] }>('counts', {});
      return reply.ok && reply.counts.some(({ type, verdict }) => type === 'notice.requested' && verdict === 'cleared');
    });
    expect((await withdraw(river, caseId, ['share-employment-needs', 'exit-notice'])).state).toBe('cleared');
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
    const report = { notice: noticeId, person: personOf(office), outcome: 'accepted', at: new Date().toISOString() };
    const reported = await notifier.send({ name: 'mail.reported', to: 'mesh', data: report });
    await until('the report is recorded', async () => {
      const reply = await operator.ask<{ counts: { type: string; verdict: string }[] }>('counts', {});
      return reply.ok && reply.counts.some(({ type, verdict }) => type === 'mail.reported' && verdict === 'cleared') && reported;
    });
    expect((await withdraw(jcp, caseId)).state).toBe('cleared');
    expect(stopsFor(noticeId)).toEqual([]);
  });

  it('cannot be got round by sending a dead letter of before it again', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const { id, text } = river.compose({ name: 'tpr2.shared', to: office, case: caseId });
    await river.put(id, text);
    await jcp.delivery(id);
    const changed = text.replace('attends weekly', 'attends daily');
    await river.put(id, changed);
    const letters = async (): Promise<{ deadLetter: string; message?: string; redriven: boolean }[]> => {
      const reply = await operator.ask<{ deadLetters: { deadLetter: string; message?: string; redriven: boolean }[] }>('dead-letters', {});
      return reply.ok ? reply.deadLetters.filter(({ message }) => message === id) : [];
    };
    const [letter] = await until('it is a dead letter', async () => {
      const found = await letters();
      return found.length > 0 ? found : undefined;
    });
    await withdraw(jcp, caseId);
    const before = jcp.received.length;
    await operator.send({ name: 'deadletter.redrive', to: 'mesh', data: { deadLetter: letter?.deadLetter } });
    await until('it was sent again', async () => (await letters())[0]?.redriven === true);
    const { rows } = await database.query(`select verdict, reason from record where case_id = $1 and name = 'tpr2.shared' and id <> $2`, [
      caseId,
      id,
    ]);
    expect(rows).toEqual([{ verdict: 'refused', reason: 'no-consent-on-record' }]);
    const other = randomUUID();
    await river.sendAndWait(consent(other, tomas));
    await jcp.delivery(await tell(other, tomas));
    expect(jcp.received.slice(before).filter((each) => each.type === typeOf('tpr2.shared') && each.case === caseId)).toEqual([]);
  });
});
