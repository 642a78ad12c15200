import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { personOf } from '#test/support/guard-builders.js';
import { maria, tomas, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';
import type { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';

const office = 'jcp_wandsworth';
let mesh: GuardMesh;
let guard: ServiceProcess;
let river: MeshParty;
let jcp: MeshParty;
let router: MeshParty;
let notifier: MeshParty;
let operator: MeshParty;
let database: Client;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  guard = await mesh.guard();
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
    await until('it is taken', async () => (await jcp.pull()).id === had);
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
      (await statesOf(had, summary, exit, summaryNotice)).every((state) => state === 'open'),
    );

    expect((await river.sendAndWait(narrower(caseId))).state).toBe('cleared');
    expect(await statesOf(had, summary, exit, summaryNotice)).toEqual([
      'pulled',
      'stopped',
      'open',
      'open',
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
    await jcp.finish(had);
    const pulled = [await jcp.takeNext(), await jcp.takeNext()];
    expect(pulled.map(({ id }) => id)).toEqual([exit, again]);
    expect(pulled[1]).not.toHaveProperty('data.treatmentSummary');

    expect((await withdraw(river, caseId)).state).toBe('cleared');
    expect(await statesOf(had, summary, exit)).toEqual(['collected', 'stopped', 'collected']);
    expect(await jcp.takeNext()).toMatchObject({
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
    await until('it is delivered', async () => (await statesOf(cause)).join() === 'open');
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

  it('changes nothing of what its sender sees where the recipient had the message, done or in hand', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    const ids = [await tell(caseId), await tell(caseId)] as const;
    const seen = async () =>
      Promise.all(ids.map(async (id) => (await river.verdict(id)).collected));
    expect(await seen()).toEqual([undefined, undefined]);
    // What the tests before left is done with.
    for (let id = ''; id !== ids[0];) {
      if (id !== '') await jcp.finish(id);
      ({ id } = await jcp.takeNext());
    }
    expect(await seen()).toEqual([true, undefined]);
    await jcp.finish(ids[0]);
    expect((await jcp.takeNext()).id).toBe(ids[1]);
    expect(await seen()).toEqual([true, true]);

    const told = await Promise.all(ids.map((id) => river.verdict(id)));
    expect((await withdraw(jcp, caseId)).state).toBe('cleared');
    expect(await statesOf(...ids)).toEqual(['collected', 'collected']);
    expect(await Promise.all(ids.map((id) => river.verdict(id)))).toEqual(told);
    await jcp.finish(ids[1]);
    await jcp.finish((await jcp.takeNext()).id);
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

  it('takes back the notice that the notifier has not taken, and a message of which only a part rests on what was withdrawn', async () => {
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

  it('stops what its own sender put out right before it, in the same batch: nothing of it was given in between', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId));
    await guard.end();
    const shared = await tell(caseId);
    const taken = await river.send({
      name: 'consent.withdrawn',
      to: 'mesh',
      case: caseId,
      data: (context) => withdrawal(context, 'TPR2'),
    });
    guard = await mesh.guard();
    expect((await river.verdict(taken)).state).toBe('cleared');
    expect(await river.verdict(shared)).toMatchObject({ state: 'stopped' });
    expect(await statesOf(shared)).toEqual(['stopped']);
    const { rows } = await database.query<{ batches: number }>(
      'select count(distinct xmin::text)::int as batches from record where id = any($1::uuid[])',
      [[shared, taken]],
    );
    expect(rows).toEqual([{ batches: 1 }]);
  });

  it('is confirmed without the notifier where that does not answer within two seconds', async () => {
    const caseId = randomUUID();
    await river.sendAndWait(consent(caseId, tomas));
    const cause = await tell(caseId, tomas);
    await jcp.delivery(cause);
    const noticeId = await notice(cause);
    await notifier.delivery(noticeId);
    await notifier.rest();
    const taken = await river.send({
      name: 'consent.withdrawn',
      to: 'mesh',
      case: caseId,
      data: (context) => withdrawal(context, 'TPR2'),
    });
    await until('it is committed', async () => (await statesOf(noticeId)).join() === 'collected');
    const stopOpen = `select 1 from delivery where root = $1 and state = 'open'`;
    expect((await river.verdict(taken)).state).toBe('cleared');
    expect((await database.query(stopOpen, [taken])).rowCount).toBe(1);
    notifier.collect();
    await until('the notifier is told all the same', () => stopsFor(noticeId).length === 1);
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
