import { randomBytes, randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { type KeysState, keysReply } from '#libs/contracts/ask.js';
import { ana, maria, tomas, tpr1, tpr2Consent } from '#test/support/guard-forms.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import type { MeshParty, Wanted } from '#test/support/mesh-party.js';
import { ServiceProcess } from '#test/support/service-process.js';
import { until } from '#test/support/until.js';

const keys = Object.fromEntries(
  [1, 2, 3].map((version) => [version, randomBytes(32).toString('base64')]),
);
let mesh: GuardMesh;
let river: MeshParty;
let jcp: MeshParty;
let db: Client;
let guards: ServiceProcess[];
let fileA: string;
let fileB: string;

async function putKeys(file: string, current: number, versions: readonly number[]): Promise<void> {
  const content = {
    current,
    keys: Object.fromEntries(versions.map((version) => [version, keys[version]])),
  };
  await writeFile(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

beforeAll(async () => {
  mesh = await GuardMesh.start();
  [fileA, fileB] = [join(mesh.nats.folder, 'a.json'), join(mesh.nats.folder, 'b.json')];
  await Promise.all([putKeys(fileA, 1, [1]), putKeys(fileB, 1, [1])]);
  guards = [
    await mesh.guard({ GUARD_KEYS_FILE: fileA }),
    await mesh.guard({ GUARD_KEYS_FILE: fileB }),
  ];
  await mesh.applyDirectory();
  [river, jcp] = await Promise.all([mesh.party('tp_river'), mesh.party('jcp_wandsworth')]);
  db = new Client({ connectionString: mesh.databaseUrl });
  await db.connect();
});
afterAll(async () => {
  await db?.end();
  await mesh?.stop();
});

async function state(): Promise<KeysState> {
  const ops = await mesh.party('svc_ops');
  const reply = await ops.ask<object>('keys', {});
  if (!reply.ok) throw new Error(reply.detail);
  const { ok: _ok, ...answer } = reply;
  return keysReply.parse(answer);
}
const needing = async (version: number): Promise<number> => {
  const found = (await state()).versions.find((each) => each.version === version);
  return found === undefined ? 0 : found.clients + found.consents + found.held + found.deadLetters;
};
const consent = (caseId: string, client: NonNullable<Wanted['client']>): Wanted => ({
  name: 'consent.recorded',
  to: 'mesh',
  case: caseId,
  client,
  data: (context) => tpr2Consent(context, ['jcp_wandsworth']),
});
const share = (caseId: string, client: NonNullable<Wanted['client']>): Wanted => ({
  name: 'tpr2.shared',
  to: 'jcp_wandsworth',
  case: caseId,
  client,
});
const clients = async (): Promise<number> =>
  (await db.query<{ n: number }>('select count(*)::int as n from client')).rows[0]?.n ?? 0;
/** Maria's first case. */
const hers = randomUUID();
const withoutIdentity = async (): Promise<number> =>
  (
    await db.query<{ n: number }>(
      'select count(*)::int as n from client where nino is not null and identity is null',
    )
  ).rows[0]?.n ?? 0;
const person = (n: number) => ({
  ...maria,
  nino: `QQ${String(200_000 + n)}A`,
  surname: `Sample ${'abcdefghij'[n % 10]}`,
});

describe('a client whose identity is shown', () => {
  it('is not mixed up: what does not agree goes to a person, and leaves nothing behind', async () => {
    expect((await river.sendAndWait(consent(hers, maria))).state).toBe('cleared');
    const before = await clients();
    for (const other of [
      { ...maria, surname: 'Another' },
      { ...maria, dateOfBirth: '1988-04-13' },
      { ...maria, nino: tomas.nino },
    ]) {
      const refused = await river.sendAndWait(share(hers, other));
      expect(refused).toMatchObject({
        state: 'refused',
        task: 'check-identity',
        records: [{ reason: 'identity-mismatch' }],
      });
    }
    const elsewhere = await river.sendAndWait(
      consent(randomUUID(), { ...maria, surname: 'Another' }),
    );
    expect(elsewhere).toMatchObject({ state: 'refused', task: 'check-identity' });
    expect(await clients()).toBe(before);
  });

  it('is served without an NI number, and is the same client once it is learnt', async () => {
    const caseId = randomUUID();
    expect((await river.sendAndWait(consent(caseId, ana))).state).toBe('cleared');
    expect((await river.sendAndWait(share(caseId, ana))).state).toBe('cleared');
    const before = await clients();
    const withNino = { ...ana, nino: 'QQ111222C' };
    expect((await river.sendAndWait(consent(caseId, withNino))).state).toBe('cleared');
    // Known by the number now, in a case of another agency too; and the number of somebody else no longer fits.
    const other = await jcp.sendAndWait({
      ...consent(randomUUID(), withNino),
      data: (context) => tpr1(context, ['tp_hill']),
    });
    expect(other.state).toBe('cleared');
    expect(await clients()).toBe(before);
    expect((await river.sendAndWait(share(caseId, { ...ana, nino: 'QQ999999D' }))).state).toBe(
      'refused',
    );
  });
});

describe('rotating the key while the mesh runs', () => {
  it('writes with a new version only when every instance knows it, with messages under way all the time', async () => {
    // As recorded before there was a hash of the whole identity.
    await db.query(
      'update client set identity = null where id = (select client from client_case where id = $1)',
      [hers],
    );
    const over = new AbortController();
    const states: string[] = [];
    const flow = async (party: MeshParty, from: number): Promise<number> => {
      let sent = 0;
      for (; !over.signal.aborted; sent += 1) {
        const client = person(from + (sent % 10));
        const caseId = randomUUID();
        states.push(
          (
            await party.sendAndWait({
              ...consent(caseId, client),
              ...(party === jcp ? { data: (c) => tpr1(c, ['tp_hill']) } : {}),
            })
          ).state,
        );
        if (party === river) states.push((await party.sendAndWait(share(caseId, client))).state);
      }
      return sent;
    };
    // Two parties, and so perhaps two instances, show the same ten people.
    const flows = [flow(river, 0), flow(jcp, 0)];
    const before = await until('some were decided', () =>
      states.length > 40 ? states.length : undefined,
    );

    await putKeys(fileA, 2, [1, 2]);
    await until('one of two knows it', async () =>
      (await state()).versions.some(({ version, holders }) => version === 2 && holders === 1),
    );
    const soFar = await until('more were decided', () =>
      states.length > before + 40 ? states.length : undefined,
    );
    expect((await state()).writing).toBe(1);

    await putKeys(fileB, 2, [1, 2]);
    await until('version 2 is written with', async () => (await state()).writing === 2);
    await until('and more were decided', () => states.length > soFar + 40);
    over.abort();
    const sent = await Promise.all(flows);
    expect(Math.min(...sent)).toBeGreaterThan(10);
    expect(new Set(states)).toEqual(new Set(['cleared']));
    // Ten people, whoever showed them under whichever version; and those of the tests before.
    expect(await clients()).toBe(10 + 2);
  });

  it('renews what rests on the old key, refuses to lose it before, and goes on without it after', async () => {
    await until('all is renewed', async () => (await needing(1)) === 0);
    expect(await withoutIdentity()).toBe(1);
    // One of whom there is no consent: only their identity, shown again, could renew them.
    await db.query(
      `insert into client (id, date_of_birth, surname, key_version) values ($1, 'x', 'y', 1)`,
      [randomUUID()],
    );
    await Promise.all([putKeys(fileA, 2, [2]), putKeys(fileB, 2, [2])]);
    await until('both refuse it', () =>
      guards.every((guard) => guard.text.includes('which is still needed')),
    );
    expect((await state()).versions.find(({ version }) => version === 1)).toMatchObject({
      clients: 1,
      holders: 2,
    });

    await db.query('delete from client where key_version = 1');
    for (const file of [fileA, fileB]) await putKeys(file, 2, [2]);
    await until(
      'the old one is gone',
      async () => !(await state()).versions.some(({ version }) => version === 1),
    );
    const again = randomUUID();
    expect((await river.sendAndWait(consent(again, maria))).state).toBe('cleared');
    expect((await river.sendAndWait(share(again, maria))).state).toBe('cleared');
    expect(await clients()).toBe(10 + 2);
    expect(await withoutIdentity()).toBe(0);
    const stored = await db.query<{ version: number }>(
      'select distinct get_byte(body, 0) * 256 + get_byte(body, 1) as version from consent',
    );
    expect(stored.rows).toEqual([{ version: 2 }]);
  });

  it('decides nothing under a version that it does not know, and all of it once it does', async () => {
    const old = join(mesh.nats.folder, 'old.json');
    await putKeys(old, 1, [1]);
    const stranger = ServiceProcess.launch('consent-guard', {
      MESH_ENV: 'local',
      NATS_URL: mesh.nats.broker.url,
      NATS_SEED_FILE: mesh.nats.seedFile('guard'),
      CLOCK_FILE: mesh.clockFile,
      DATABASE_URL: mesh.databaseUrl,
      GUARD_KEYS_FILE: old,
      EVIDENCE_KEY_FILE: join(mesh.nats.folder, 'evidence.key'),
    });
    await until(
      'it does not start',
      () => stranger.isEnded && stranger.text.includes('key-unavailable'),
    );
    await db.query('update key_state set writing = 3');
    const caseId = randomUUID();
    const sent = [await river.send(consent(caseId, tomas)), await river.send(share(caseId, tomas))];
    await until('they find themselves without it', () =>
      guards.some((guard) => guard.text.includes('key-unavailable')),
    );
    const { rows } = await db.query('select 1 from record where id = any($1::uuid[])', [sent]);
    expect(rows).toEqual([]);
    await Promise.all([putKeys(fileA, 3, [2, 3]), putKeys(fileB, 3, [2, 3])]);
    for (const id of sent) expect((await river.verdict(id)).state).toBe('cleared');
    const bound = await db.query<{ key_version: number }>(
      'select key_version from client where id = (select client from record where id = $1)',
      [sent[0]],
    );
    expect(bound.rows).toEqual([{ key_version: 3 }]);
  });
});
