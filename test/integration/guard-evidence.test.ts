import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import type { z } from 'zod';
import { type Clock } from '#libs/clock/clock.js';
import { SystemClock } from '#libs/clock/system-clock.js';
import { proofReply } from '#libs/contracts/ask.js';
import { readCheckpoint } from '#libs/evidence/checkpoint.js';
import {
  type EvidenceEntry,
  clientCommitment,
  messageCommitment,
  readEntry,
  rowCommitment,
} from '#libs/evidence/evidence-entry.js';
import { isIncluded, leafHash } from '#libs/evidence/merkle-tree.js';
import { newNoteKey, readSignerKey } from '#libs/evidence/note-keys.js';
import { openNote } from '#libs/evidence/signed-note.js';
import { decodeBundle, tilePath, tilesOfLevel } from '#libs/evidence/tiles.js';
import { type LogCheck, verifyLog } from '#libs/evidence/verify-log.js';
import { createLogger } from '#libs/logging/create-logger.js';
import { EvidenceBook } from '#services/consent-guard/adapters/evidence.book.js';
import { EvidenceSealer } from '#services/consent-guard/adapters/evidence.sealer.js';
import { rowText } from '#services/consent-guard/adapters/record-entry.js';
import { type RecordRow, toStoredRecord } from '#services/consent-guard/adapters/record-rows.js';
import { RetentionSweep } from '#services/consent-guard/adapters/retention.sweep.js';
import { exportEvidence } from '#services/operator/adapters/export-evidence.js';
import { LogFolder } from '#services/operator/adapters/log-folder.js';
import { BookDesk } from '#test/support/book-desk.js';
import {
  digestOf,
  newRecord,
  openGuardDatabase,
  refused,
  writeRecords,
} from '#test/support/evidence-database.js';
import { allRows, bindClient, keepConsent } from '#test/support/ledger-contents.js';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';
import { randomOf } from '#test/support/random.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import { newSignal } from '#test/support/signal.js';
import type { PostgresServer } from '#test/support/start-postgres.js';
import { until } from '#test/support/until.js';

const keys = newNoteKey('example.org/test-log');
const signer = readSignerKey(keys.signerKey);
const log = createLogger({ service: 'test', level: 'silent' });
const monday = new Date('2026-03-02T09:00:00Z');

let postgres: PostgresServer;
let scratch: ScratchFolder;
let url: string;
let pool: Pool;
let sealer: EvidenceSealer;
let desk: BookDesk;

beforeAll(async () => {
  [postgres, scratch] = await Promise.all([sharedPostgres(), scratchFolder()]);
});
afterAll(async () => {
  await postgres.stop();
  await scratch.remove();
});

beforeEach(async () => {
  url = await postgres.createDatabase('guard');
  await pool?.end();
  pool = await openGuardDatabase(url);
  sealer = new EvidenceSealer({ pool, signer, onTrouble: () => undefined });
  desk = new BookDesk(new EvidenceBook(pool, signer));
});
afterAll(() => pool.end());

/** Exports and checks, with the public key alone. */
async function exported(
  older?: LogFolder,
): Promise<{ readonly check: LogCheck; readonly folder: LogFolder; readonly path: string }> {
  const path = join(scratch.path, randomUUID());
  const folder = await LogFolder.create(path);
  await exportEvidence(desk, folder);
  return { check: verifyLog(folder, signer, older), folder, path };
}

function entriesOf(folder: LogFolder, size: number): EvidenceEntry[] {
  const bundles = tilesOfLevel('entries', size).map(
    (tile) => decodeBundle(folder.read(tilePath(tile)) ?? Buffer.alloc(0)) ?? [],
  );
  return bundles.flat().flatMap((bytes) => readEntry(bytes) ?? []);
}

async function keyOf(entry: EvidenceEntry): Promise<string | undefined> {
  const { rows } = await pool.query<{ key: string }>(
    `select encode(k.key, 'hex') as key from record r join client_key k on k.client = r.client where r.id = $1 and r.ordinal = $2`,
    [entry.id, entry.ordinal],
  );
  return rows[0]?.key;
}

describe('the sealer', () => {
  it('gives every record one leaf, denials and second records too, across tiles, and each step continues the one before', async () => {
    const client = randomUUID();
    const first = Array.from({ length: 300 }, (_, n) =>
      n % 3 === 0 ? refused({ client }) : newRecord({ client }),
    );
    await writeRecords(pool, first, monday);
    expect(await sealer.seal()).toBe(300);
    const before = await exported();
    expect(before.check).toMatchObject({
      ok: true,
      checkpoint: { size: 300, origin: 'example.org/test-log' },
      messages: 300,
    });

    const stopped = newRecord({
      ...first[1],
      ordinal: 1,
      verdict: { kind: 'stopped', reason: 'withdrawn' },
    });
    await writeRecords(pool, [stopped, ...Array.from({ length: 400 }, () => newRecord())], monday);
    expect(await sealer.seal()).toBe(401);
    expect(await sealer.seal()).toBe(0);
    const after = await exported(before.folder);
    expect(after.check).toMatchObject({ ok: true, checkpoint: { size: 701 }, messages: 700 });
  });

  it('shows who, what kind, to whom and how it was decided, and nothing of client, case, person or what a refusal was for', async () => {
    const known = refused();
    const unknown = refused({ client: undefined });
    await writeRecords(pool, [known, unknown, newRecord({ client: known.client })], monday);
    await sealer.seal();
    const { folder } = await exported();
    const entries = entriesOf(folder, 3);
    // A client who is known and one who is not look the same.
    expect(Object.keys(entries[0] ?? {}).toSorted()).toEqual(
      Object.keys(entries[1] ?? {}).toSorted(),
    );
    expect(entries[0]).toMatchObject({
      id: known.id,
      verdict: 'refused',
      reason: 'no-consent-on-record',
      consents: [],
      ordinal: 0,
    });
    const text = JSON.stringify(entries);
    for (const secret of [
      known.client,
      known.caseId,
      known.actor,
      'lapsed',
      known.facts['on'],
      known.digest,
      'river"}',
    ])
      expect(text).not.toContain(String(secret));
    // Two decisions on one client have nothing in common.
    expect(new Set(entries.map((entry) => entry.client)).size).toBe(3);
  });

  it('leaves no gap and doubles nothing while many write at once, some slowly and some in vain, and sealers are killed', async () => {
    const main = fileURLToPath(new URL('../support/sealer-main.js', import.meta.url));
    const launch = async (): Promise<ChildProcess> => {
      const child = spawn(process.execPath, [main, url, keys.signerKey], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (child.stdout !== null) await once(child.stdout, 'data');
      return child;
    };
    const kill = async (child: ChildProcess): Promise<void> => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    };
    const random = randomOf('when a sealer is killed');
    const state = { committed: 0, isWriting: true };
    const writer = async (number: number): Promise<void> => {
      for (let batch = 0; batch < 40; batch += 1) {
        const records = Array.from({ length: 1 + ((batch * 7 + number) % 30) }, () => newRecord());
        const slowly = async (): Promise<void> => {
          if (batch % 5 === number % 5) await pool.query('select pg_sleep(0.05)');
          if (batch % 11 === 3) throw new Error('in vain');
        };
        await writeRecords(pool, records, monday, slowly).then(
          () => (state.committed += records.length),
          () => undefined,
        );
      }
    };
    const writing = Promise.all([0, 1, 2, 3].map(writer)).finally(() => (state.isWriting = false));
    const sizes: number[] = [];
    let older: LogFolder | undefined;
    // Two sealers at once, one of them killed again and again, wherever it is.
    const steady = await launch();
    while (state.isWriting || sizes.length < 3) {
      const doomed = await launch();
      await pool.query('select pg_sleep($1)', [0.02 + random.fraction() / 5]);
      await kill(doomed);
      const { rows } = await pool.query<{ size: number }>('select size from evidence_tree');
      sizes.push(rows[0]?.size ?? 0);
      if ((rows[0]?.size ?? 0) === 0) continue;
      const { check, folder } = await exported(older);
      expect(check).toMatchObject({ ok: true });
      older = folder;
    }
    await writing;
    await kill(steady);
    await sealer.seal();
    const { check } = await exported(older);
    expect(check).toMatchObject({
      ok: true,
      checkpoint: { size: state.committed },
      messages: state.committed,
    });
    const { rows } = await pool.query(
      'select (select count(*) from record) as records, (select count(*) from leaf) as leaves',
    );
    expect(rows).toEqual([{ records: state.committed, leaves: state.committed }]);
  });

  it('does not pass over a record that was numbered early and committed late', async () => {
    const [written, released] = [newSignal(), newSignal()];
    const late = writeRecords(pool, [newRecord()], monday, async () => {
      written.give();
      await released.given;
    });
    await Promise.race([written.given, late]);
    for (let n = 0; n < 3; n += 1) {
      await writeRecords(pool, [newRecord()], monday);
      expect(await sealer.seal()).toBe(1);
    }
    expect((await pool.query('select sealed_through from evidence_tree')).rows).toEqual([
      { sealed_through: 0 },
    ]);
    released.give();
    await late;
    expect(await sealer.seal()).toBe(1);
    expect((await pool.query('select sealed_through from evidence_tree')).rows).toEqual([
      { sealed_through: 4 },
    ]);
    expect((await exported()).check).toMatchObject({ ok: true, checkpoint: { size: 4 } });
  });
});

describe('a proof', () => {
  const proofOf = async (party: string, id: string): Promise<z.output<typeof proofReply>> =>
    proofReply.parse(await desk.askAs(party, 'proof', { id }));

  it('shows the sender that a decision on their own message is in the signed tree, while its salt is kept', async () => {
    const records = Array.from({ length: 600 }, () => newRecord());
    await writeRecords(pool, records, monday);
    await sealer.seal();
    for (const record of [records[0], records[255], records[256], records[599]]) {
      const id = record?.id ?? '';
      const { index, entry, proof, checkpoint, salt } = await proofOf('jcp_wandsworth', id);
      const note = openNote(checkpoint, signer);
      const head = note.ok ? readCheckpoint(note.text) : undefined;
      const path = proof.map((hash) => Buffer.from(hash, 'base64'));
      const given = {
        index,
        size: head?.size ?? 0,
        root: head?.root ?? Buffer.alloc(0),
        proof: path,
      };
      expect(isIncluded({ ...given, leaf: leafHash(Buffer.from(entry)) })).toBe(true);
      const read = readEntry(Buffer.from(entry));
      expect(read?.id).toBe(id);
      const saltHex = Buffer.from(salt ?? '', 'base64').toString('hex');
      expect(read?.message).toBe(messageCommitment(saltHex, digestOf(id)));
      expect(read?.message).not.toBe(messageCommitment(saltHex, digestOf('another')));
    }
  });

  it('is for the sender alone, and the log for the operator alone', async () => {
    const record = newRecord();
    await writeRecords(pool, [record], monday);
    await sealer.seal();
    await expect(proofOf('tp_river', record.id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(proofOf('svc_ops', record.id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(desk.askAs('jcp_wandsworth', 'evidence-checkpoint', {})).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(
      desk.askAs('svc_router', 'evidence-entries', { from: 0, upTo: 1 }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    ['as services write it', '2026-03-02T09:00:00.000Z'],
    ['in another zone', '2026-03-02T10:00:00+01:00'],
    ['finer than the database keeps it', '2026-03-02T09:00:00.9999999Z'],
  ])(
    'shows that the rest of the row is as it was when it was sealed, and which decisions were on one client: time %s',
    async (_how, time) => {
      const client = randomUUID();
      const record = refused({ client, time });
      await writeRecords(pool, [record, newRecord({ client })], monday);
      await sealer.seal();
      const entries = entriesOf((await exported()).folder, 2);
      const [first] = entries;
      const { rows } = await pool.query<RecordRow & { row_salt: Buffer }>(
        'select * from record where id = $1',
        [record.id],
      );
      const [row] = rows;
      if (row === undefined || first === undefined) throw new Error('not there');
      const stored = toStoredRecord(row);
      expect(first.row).toBe(rowCommitment(row.row_salt.toString('hex'), rowText(stored)));
      expect(first.row).not.toBe(
        rowCommitment(row.row_salt.toString('hex'), rowText({ ...stored, inner: 'none' })),
      );
      const key = (await keyOf(first)) ?? '';
      expect(key).toMatch(/^[0-9a-f]{64}$/);
      expect(entries.map((entry) => entry.client)).toEqual(
        entries.map((entry) => clientCommitment(key, entry)),
      );
    },
  );
});

describe('retention', () => {
  const dayMs = 86_400_000;
  const sweepAfter = (days: number): Promise<{ records: number; clients: number }> => {
    const clock = Object.assign(new SystemClock(), {
      now: () => new Date(monday.getTime() + days * dayMs),
    }) satisfies Clock;
    return new RetentionSweep({
      pool,
      clock,
      log,
      disclosuresDays: 2_190,
      refusalsDays: 365,
    }).sweep();
  };
  it('ends refusals first, then what went out and the consents it rests on, then the client; the tree still verifies', async () => {
    const [client, caseId, consent] = [randomUUID(), randomUUID(), randomUUID()];
    await bindClient(pool, client, caseId);
    await keepConsent(pool, {
      client,
      id: consent,
      at: monday,
      until: new Date(monday.getTime() + 365 * dayMs),
    });
    const taken = newRecord({
      id: consent,
      name: 'consent.recorded',
      to: 'mesh',
      client,
      caseId,
      consents: [consent],
    });
    const sent = newRecord({ client, caseId, consents: [consent] });
    const waited = newRecord({ client, caseId, verdict: { kind: 'waiting' }, consents: [consent] });
    const went = newRecord({ ...waited, ordinal: 1, verdict: { kind: 'cleared' } });
    const denied = refused({ client, caseId });
    await writeRecords(pool, [taken, sent, waited, denied], monday);
    await sealer.seal();
    await writeRecords(pool, [went], monday);
    await pool.query(
      `with put as (insert into delivery (id, recipient, client, case_id, root, told, withheld, size) values ($1, 'tp_river', $2, $3, $1, '{}', '{}', 6) returning place)
       insert into delivery_body (id, body) select place, 'sealed' from put`,
      [sent.id, client, caseId],
    );
    await pool.query(
      `insert into dead_letter (id, party, code, detail, body, at) values ($1, 'p', 'c', 'd', 'sealed', $2)`,
      [randomUUID(), monday],
    );
    await sealer.seal();
    const before = await exported();
    const key = (await keyOf(entriesOf(before.folder, 5)[0] as EvidenceEntry)) ?? '';

    expect(await sweepAfter(364)).toEqual({ records: 0, clients: 0 });
    expect(await sweepAfter(366)).toEqual({ records: 1, clients: 0 });
    expect(
      (
        await pool.query(
          'select salt, digest, client, case_id, inner_reason from record where id = $1',
          [denied.id],
        )
      ).rows,
    ).toEqual([{ salt: null, digest: null, client: null, case_id: null, inner_reason: null }]);
    expect((await pool.query('select count(*) as n from dead_letter')).rows).toEqual([{ n: 0 }]);
    expect(
      proofReply.parse(await desk.askAs('jcp_wandsworth', 'proof', { id: sent.id })).salt,
    ).toBeDefined();

    expect(await sweepAfter(2_191)).toEqual({ records: 4, clients: 1 });
    const left = await allRows(pool);
    for (const gone of [
      client,
      caseId,
      'our 17',
      'sealed',
      'p_jcp_wandsworth',
      key,
      digestOf(sent.id),
      '2026-03-09',
    ])
      expect(left).not.toContain(gone);
    expect(
      proofReply.parse(await desk.askAs('jcp_wandsworth', 'proof', { id: sent.id })).salt,
    ).toBeUndefined();
    expect((await exported(before.folder)).check).toMatchObject({
      ok: true,
      checkpoint: { size: 5 },
      messages: 4,
    });
  });

  it('keeps a consent for as long as anything that rests on it, and a client for as long as anything of theirs', async () => {
    const [client, caseId, consent] = [randomUUID(), randomUUID(), randomUUID()];
    await bindClient(pool, client, caseId);
    await keepConsent(pool, {
      client,
      id: consent,
      at: monday,
      until: new Date(monday.getTime() + 365 * dayMs),
    });
    await writeRecords(
      pool,
      [newRecord({ id: consent, name: 'consent.recorded', client, caseId, consents: [consent] })],
      monday,
    );
    await writeRecords(
      pool,
      [newRecord({ client, caseId, consents: [consent] })],
      new Date(monday.getTime() + 300 * dayMs),
    );
    await sealer.seal();
    expect(await sweepAfter(2_200)).toEqual({ records: 1, clients: 0 });
    expect((await pool.query('select count(*) as n from consent')).rows).toEqual([{ n: 1 }]);
    expect(await sweepAfter(2_491)).toEqual({ records: 1, clients: 1 });
    expect(
      (
        await pool.query(
          'select (select count(*) from consent) as c, (select count(*) from client) as k',
        )
      ).rows,
    ).toEqual([{ c: 0, k: 0 }]);
  });

  it('ends also what is not sealed yet: its entry, made with it, is sealed all the same', async () => {
    const late = refused();
    await writeRecords(pool, [newRecord(), late], monday);
    expect(await sweepAfter(400)).toEqual({ records: 1, clients: 1 });
    expect(await allRows(pool)).not.toContain(late.client);
    await sealer.seal();
    const { check, folder } = await exported();
    expect(check).toMatchObject({ ok: true, checkpoint: { size: 2 }, messages: 2 });
    expect(entriesOf(folder, 2)[1]).toMatchObject({ id: late.id, verdict: 'refused' });
  });

  it('leaves a client who is at work at the moment for later', async () => {
    const [client, caseId] = [randomUUID(), randomUUID()];
    await bindClient(pool, client, caseId);
    await writeRecords(pool, [refused({ client, caseId })], monday);
    const batch = await pool.connect();
    await batch.query('select pg_advisory_lock_shared(hashtextextended($1, 7))', [client]);
    expect(await sweepAfter(400)).toEqual({ records: 1, clients: 0 });
    await batch.query('select pg_advisory_unlock_all()');
    batch.release();
    await writeRecords(
      pool,
      [refused({ client, caseId })],
      new Date(monday.getTime() + 400 * dayMs),
    );
    expect(await sweepAfter(401)).toEqual({ records: 0, clients: 0 });
    expect(await sweepAfter(801)).toEqual({ records: 1, clients: 1 });
  });

  it('finds the key of a client whom two batches write of at the same moment, and makes another when all of them was forgotten', async () => {
    const client = randomUUID();
    const written = newSignal();
    let isOpen = true;
    const slow = writeRecords(pool, [refused({ client })], monday, async () => {
      written.give();
      await until('the other waits for this one’s key', async () => {
        const waiting = await pool.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%client_key%'`,
        );
        return waiting.rows.length > 0;
      });
      isOpen = false;
    });
    await Promise.race([written.given, slow]);
    await writeRecords(pool, [refused({ client })], monday);
    expect(isOpen).toBe(false);
    await slow;
    await sealer.seal();
    const entries = entriesOf((await exported()).folder, 2);
    const key = (await keyOf(entries[0] as EvidenceEntry)) ?? '';
    expect(entries.map((entry) => entry.client)).toEqual(
      entries.map((entry) => clientCommitment(key, entry)),
    );

    expect(await sweepAfter(400)).toEqual({ records: 2, clients: 1 });
    await writeRecords(pool, [refused({ client })], monday);
    const { rows } = await pool.query<{ key: string }>(
      `select encode(key, 'hex') as key from client_key`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.key).not.toBe(key);
  });
});
