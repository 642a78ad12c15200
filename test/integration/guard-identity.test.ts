import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { Timeline } from '#libs/contracts/ask.js';
import { ana, maria, tpr1, tpr2Consent, withdrawal } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';

type Shown = NonNullable<Wanted['client']>;
let mesh: GuardMesh;
let jcp: MeshParty;
let works: MeshParty;
let river: MeshParty;
let db: Client;

beforeAll(async () => {
  mesh = await GuardMesh.start();
  await Promise.all([mesh.guard(), mesh.guard()]);
  await mesh.applyDirectory();
  [jcp, works, river] = await Promise.all([
    mesh.party('jcp_wandsworth'),
    mesh.party('cp_works'),
    mesh.party('tp_river'),
  ]);
  river.collect();
  db = new Client({ connectionString: mesh.databaseUrl });
  await db.connect();
});
afterAll(async () => {
  await db?.end();
  await mesh?.stop();
});

let numbers = 500_000;
/** Somebody whom no test has shown before. */
const person = (): typeof maria => ({ ...maria, nino: `QQ${(numbers += 1)}A` });
const otherDate = <T extends Shown>(client: T): T => ({ ...client, dateOfBirth: '1988-12-04' });

const refer = (client: Shown, id: string = randomUUID()): Wanted => ({
  name: 'referral.requested',
  to: 'tp_river',
  case: id,
  client,
});
const consent = (client: Shown, id: string = randomUUID()): Wanted => ({
  ...refer(client, id),
  name: 'consent.recorded',
  to: 'mesh',
  data: (context) => tpr1(context, ['tp_river']),
});
const clientOf = async (timeline: Timeline): Promise<string | null> => {
  const { rows } = await db.query<{ client: string | null }>(
    'select client from record where id = $1',
    [timeline.id],
  );
  return rows[0]?.client ?? null;
};
/** Whether the recipient has it by now is a matter of milliseconds. */
const plain = ({ collected: _by, ...timeline }: Timeline): string =>
  JSON.stringify(timeline)
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>');
const conflicts = async (): Promise<number> => {
  const reply = await (await mesh.party('svc_ops')).ask<{ ninoConflicts: number }>('counts', {});
  if (!reply.ok) throw new Error(reply.detail);
  return reply.ninoConflicts;
};

describe('an NI number that others have shown', () => {
  it('tells a stranger nothing: the answer to the byte, and what is written, are those for a number unknown', async () => {
    const known = person();
    await works.sendAndWait(consent(known));
    const before = await conflicts();
    const answers = [
      await jcp.sendAndWait(refer(otherDate(known))),
      await jcp.sendAndWait(refer(person())),
    ];
    const rows = await Promise.all(
      answers.map(async (answer) => {
        const { rows: written } = await db.query(
          `select r.name, r.verdict, r.reason, r.field, r.detail, r.inner_reason, r.facts, r.consents, r.cause, c.key_version, c.is_second,
             c.identity is null as i, c.nino is null as n, (select count(*) from client_case k where k.client = c.id) as cases
           from record r join client c on c.id = r.client where r.id = $1`,
          [answer.id],
        );
        return written;
      }),
    );
    expect(answers.map(plain)[0]).toBe(answers.map(plain)[1]);
    expect(answers[0]).toMatchObject({
      task: 'seek-consent',
      records: [{ reason: 'no-consent-on-record' }],
    });
    expect(rows[0]).toHaveLength(1);
    expect(rows[0]).toEqual(rows[1]);
    // A person can learn that there are two of one number, and no more.
    expect(await conflicts()).toBe(before + 1);
  });

  it('cannot be spoilt: who shows it first with a false date of birth changes nothing for the true client', async () => {
    const client = person();
    const poisoned = await works.sendAndWait(consent(otherDate(client)));
    const id = randomUUID();
    expect((await jcp.sendAndWait(consent(client, id))).state).toBe('cleared');
    const sent = await jcp.sendAndWait(refer(client, id));
    expect(sent.state).toBe('cleared');
    expect((await river.delivery(sent.id)).data['client']).toMatchObject({
      nino: client.nino,
      dateOfBirth: client.dateOfBirth,
    });
    expect(await clientOf(sent)).not.toBe(await clientOf(poisoned));
  });

  it('is told clearly as a slip where it is of a case, or all the cases, of the own agency', async () => {
    const client = person();
    const id = randomUUID();
    await jcp.sendAndWait(consent(client, id));
    const mismatch = {
      state: 'refused',
      task: 'check-identity',
      records: [{ reason: 'identity-mismatch', field: 'data.client' }],
    };
    expect(await jcp.sendAndWait(refer(otherDate(client), id))).toMatchObject(mismatch);
    expect(await jcp.sendAndWait(refer(otherDate(client)))).toMatchObject(mismatch);
    // Another office of the same agency; and the provider, once a case of that client has come to it.
    expect(
      await (await mesh.party('jcp_lambeth')).sendAndWait(refer(otherDate(client))),
    ).toMatchObject(mismatch);
    expect((await jcp.sendAndWait(refer(client, id))).state).toBe('cleared');
    const share = {
      ...consent(otherDate(client)),
      data: (c: Parameters<typeof tpr2Consent>[0]) => tpr2Consent(c, ['jcp_wandsworth']),
    };
    expect(await river.sendAndWait(share)).toMatchObject(mismatch);
    const { rows } = await db.query(
      'select 1 from client where nino = (select nino from client where id = $1)',
      [await clientOf(await jcp.verdict((await jcp.sendAndWait(refer(client, id))).id))],
    );
    expect(rows).toHaveLength(1);
  });

  it('is found under another spelling of the surname', async () => {
    const client = { ...person(), surname: "O'Müller-Smith" };
    const first = await jcp.sendAndWait(consent(client));
    const again = await works.sendAndWait(consent({ ...client, surname: 'OMULLER SMITH' }));
    expect(await clientOf(again)).toBe(await clientOf(first));
  });
});

describe('two guards', () => {
  it('that open cases for the same new people at the same time record each of them once', async () => {
    const people = Array.from({ length: 60 }, person);
    const sent = await Promise.all(
      people.flatMap((client) =>
        [jcp, works].map(async (party) => ({ party, id: await party.send(consent(client)) })),
      ),
    );
    const verdicts = await Promise.all(sent.map(({ party, id }) => party.verdict(id)));
    expect(new Set(verdicts.map(({ state }) => state))).toEqual(new Set(['cleared']));
    expect(new Set(await Promise.all(verdicts.map(clientOf))).size).toBe(people.length);
  });

  it('that record a yes and a newer no of the same new people at the same time let the no stand', async () => {
    const people = Array.from({ length: 60 }, person);
    const lambeth = await mesh.party('jcp_lambeth');
    const before = new Date(mesh.clock.now().getTime() - 3_600_000).toISOString();
    const answer = (client: Shown, more: object): Wanted => ({
      ...consent(client),
      data: (context) => ({ ...tpr1(context, ['tp_river']), ...more }),
    });
    const sent = await Promise.all(
      people.flatMap((client) => [
        jcp.send(answer(client, { takenAt: before })).then((id) => jcp.verdict(id)),
        lambeth.send(answer(client, { decision: 'refused' })).then((id) => lambeth.verdict(id)),
      ]),
    );
    // The yes that came after the newer no changed nothing, and says so.
    const refused = sent.filter(({ state }) => state !== 'cleared');
    expect(refused.filter(({ sender }) => sender !== 'jcp_wandsworth')).toEqual([]);
    for (const client of new Set(await Promise.all(sent.map(clientOf)))) {
      const { rows } = await db.query('select distinct decision from scope where client = $1', [
        client,
      ]);
      expect(rows).toEqual([{ decision: 'refused' }]);
    }
  });
});

describe('a client served without an NI number', () => {
  it('gets one by a consent form with the same answer whether or not another client has that identity; they are not merged', async () => {
    const id = randomUUID();
    const [free, taken] = [person(), person()].map(({ nino }) => ({ ...ana, nino }));
    if (free === undefined || taken === undefined) throw new Error('two people');
    const theirs = randomUUID();
    const other = await works.sendAndWait(consent(taken, theirs));
    const caseIds = [id, randomUUID()];
    const answers: string[][] = [];
    for (const [index, client] of [free, taken].entries()) {
      const told = [];
      for (const wanted of [consent(ana), consent(client), refer(client), refer(ana)])
        told.push(plain(await jcp.sendAndWait({ ...wanted, case: caseIds[index] ?? '' })));
      answers.push(told);
    }
    expect(answers[1]).toEqual(answers[0]);
    const { rows } = await db.query<{ is_second: boolean; identity: string; client: string }>(
      'select c.id as client, c.is_second, c.identity from client_case k join client c on c.id = k.client where k.id = any($1::uuid[]) order by c.is_second',
      [caseIds],
    );
    expect(rows.map((row) => row.is_second)).toEqual([false, true]);
    const second = rows[1]?.client ?? null;
    expect(second).not.toBe(await clientOf(other));
    // Each keeps the consents given for it: withdrawn in the one case, the other's stand.
    await jcp.sendAndWait({
      ...refer(taken, caseIds[1]),
      name: 'consent.withdrawn',
      to: 'mesh',
      data: (c) => withdrawal(c, 'TPR1'),
    });
    expect((await jcp.sendAndWait(refer(taken, caseIds[1]))).state).toBe('refused');
    expect((await works.sendAndWait(refer(taken, theirs))).state).toBe('cleared');
    // Found by the identity is still who had it first.
    expect(await clientOf(await works.sendAndWait(refer(taken)))).toBe(await clientOf(other));
  });
});

describe('a client recorded before there was a hash of the whole identity', () => {
  const forgetIdentity = async (client: string | null) =>
    db.query('update client set identity = null where id = $1', [client]);
  const hasIdentity = async (client: string | null): Promise<boolean | undefined> =>
    (
      await db.query<{ has: boolean }>(
        'select identity is not null as has from client where id = $1',
        [client],
      )
    ).rows[0]?.has;

  it('is found when the identity is shown again, in a new case or an old one, and has the hash from then on', async () => {
    const client = person();
    const id = randomUUID();
    const first = await clientOf(await jcp.sendAndWait(consent(client, id)));
    await forgetIdentity(first);
    expect(await clientOf(await works.sendAndWait(refer(client)))).toBe(first);
    expect(await hasIdentity(first)).toBe(true);
    await forgetIdentity(first);
    expect((await jcp.sendAndWait(refer(client, id))).state).toBe('cleared');
    expect(await hasIdentity(first)).toBe(true);
  });

  it('is another client than one with another date of birth, and a slip of the pen is told to its own agency', async () => {
    const client = person();
    const first = await clientOf(await jcp.sendAndWait(consent(client)));
    await forgetIdentity(first);
    expect(await jcp.sendAndWait(refer(otherDate(client)))).toMatchObject({
      records: [{ reason: 'identity-mismatch' }],
    });
    const stranger = await works.sendAndWait(refer(otherDate(client)));
    expect(stranger).toMatchObject({ records: [{ reason: 'no-consent-on-record' }] });
    expect(await clientOf(stranger)).not.toBe(first);
  });
});
