import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Pool } from 'pg';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import {
  type EvidenceEntry,
  clientCommitment,
  messageCommitment,
  readEntry,
  rowCommitment,
} from '#libs/evidence/evidence-entry.js';
import { leafHash } from '#libs/evidence/merkle-tree.js';
import { newNoteKey, readSignerKey } from '#libs/evidence/note-keys.js';
import { migrate } from '#libs/postgres/migrate.js';
import { EvidenceSealer } from '#services/consent-guard/adapters/evidence.sealer.js';
import { rowText } from '#services/consent-guard/adapters/record-entry.js';
import { type RecordRow, toStoredRecord } from '#services/consent-guard/adapters/record-rows.js';
import { isCleared } from '#services/consent-guard/domain/guard-record.js';
import { digestOf } from '#test/support/evidence-database.js';
import { type ScratchFolder, scratchFolder } from '#test/support/scratch-folder.js';
import { sharedPostgres } from '#test/support/shared-postgres.js';
import type { PostgresServer } from '#test/support/start-postgres.js';

const migrations = new URL('../../../services/consent-guard/migrations/', import.meta.url);

let postgres: PostgresServer;
let scratch: ScratchFolder;
let pool: Pool;

beforeAll(async () => {
  [postgres, scratch] = await Promise.all([sharedPostgres(), scratchFolder()]);
  pool = connectDatabase({
    url: await postgres.createDatabase('entries'),
    applicationName: 'migration test',
  });
});
afterAll(async () => {
  await pool.end();
  await postgres.stop();
  await scratch.remove();
});

/** The schema as the releases before left it. */
async function migrateUpTo(last: string): Promise<void> {
  const before = join(scratch.path, 'before');
  await mkdir(before);
  for (const name of await readdir(migrations))
    if (name <= last) await copyFile(fileURLToPath(new URL(name, migrations)), join(before, name));
  await migrate(pool, pathToFileURL(`${before}/`));
}

interface OldRow {
  readonly id: string;
  readonly ordinal?: number;
  readonly client?: string | null;
  readonly verdict: string;
  readonly reason?: string;
  readonly recipient?: string;
  readonly consents?: readonly string[];
  readonly detail?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

const awkward = 'a "quoted" \\ word,\n\t\u0001 é \u{1F642}';

async function putOld(row: OldRow): Promise<void> {
  await pool.query(
    `insert into record (id, ordinal, name, sender, sender_kind, sender_agency, addressed_to, recipient, case_id, client, actor, time, facts,
       consents, inner_reason, verdict, reason, field, detail, digest, salt, commitment, recorded_at)
     values ($1::uuid, $2, 'tpr2.shared', 'tp_river', 'treatment-provider', 'river', 'jcp_wandsworth', $3, $4, $5, 'p_river', '2026-03-02T10:00:00.25+01:00', $6,
       $7, null, $8, $9, null, $10, decode($11, 'hex'), decode($12, 'hex'), sha256(decode($12 || $11, 'hex')), '2026-03-02T09:00:01.5Z')`,
    [
      row.id,
      row.ordinal ?? 0,
      row.recipient ?? null,
      randomUUID(),
      row.client ?? null,
      JSON.stringify(row.facts ?? {}),
      row.consents ?? [],
      row.verdict,
      row.reason ?? null,
      row.detail ?? null,
      digestOf(row.id),
      'ab'.repeat(16),
    ],
  );
}

describe('the migration that makes entries with their records', () => {
  it('keeps what was sealed as it was, and gives the rest the entry that the guard would have made', async () => {
    await migrateUpTo('0009_identity.sql');
    const [client, sealed, went, refused] = [
      randomUUID(),
      randomUUID(),
      randomUUID(),
      randomUUID(),
    ];
    await putOld({ id: sealed, client, verdict: 'cleared', recipient: 'jcp_wandsworth' });
    const old = '{"an":"entry of before"}';
    await pool.query(
      `insert into leaf (idx, id, ordinal, entry, row_salt, client, is_disclosure, recorded_at) select 0, id, ordinal, $1, 'salt', client, true, recorded_at from record`,
      [Buffer.from(old)],
    );
    await pool.query(`update evidence_tree set size = 1, edge = $1, sealed_through = 1`, [
      leafHash(old),
    ]);
    const facts = { startedOn: '2026-03-09', other: awkward, weeks: 12, isLate: false };
    await putOld({
      id: went,
      client,
      verdict: 'waiting',
      consents: [randomUUID(), randomUUID()],
      facts,
    });
    await putOld({
      id: went,
      ordinal: 1,
      client,
      verdict: 'cleared',
      recipient: 'jcp_wandsworth',
      consents: [randomUUID()],
    });
    await putOld({
      id: refused,
      verdict: 'refused',
      reason: 'cause-unknown',
      detail: awkward,
      consents: [randomUUID()],
    });

    expect(await migrate(pool, migrations)).toContain('0010_entries.sql');

    const { rows } = await pool.query<
      RecordRow & { entry: string; salt: Buffer; row_salt: Buffer; is_disclosure: boolean }
    >('select * from record order by seq');
    expect(rows.map(({ id, is_disclosure }) => [id, is_disclosure])).toEqual([
      [sealed, true],
      [went, true],
      [went, true],
      [refused, false],
    ]);
    expect(rows[0]).toMatchObject({ entry: old, row_salt: Buffer.from('salt') });
    expect((await pool.query('select * from leaf')).rows).toEqual([
      { idx: 0, record: rows[0]?.seq },
    ]);
    const keys = await pool.query<{ client: string; key: string }>(
      `select client, encode(key, 'hex') as key from client_key`,
    );
    expect(keys.rows).toEqual([{ client, key: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    const commitments = new Set<string>();
    for (const row of rows.slice(1)) {
      const record = toStoredRecord(row);
      const entry = readEntry(Buffer.from(row.entry));
      const expected: Partial<EvidenceEntry> = {
        id: row.id,
        ordinal: row.ordinal,
        type: 'throughcare.tpr2.shared.v1',
        sender: 'tp_river',
        to: 'jcp_wandsworth',
        recordedAt: '2026-03-02T09:00:01.500Z',
        consents: record.verdict.kind === 'refused' ? [] : [...record.consents],
        message: messageCommitment(row.salt.toString('hex'), record.digest),
        row: rowCommitment(row.row_salt.toString('hex'), rowText(record)),
        ...(isCleared(record) ? { recipient: 'jcp_wandsworth' } : {}),
        ...(record.verdict.kind === 'refused' ? { reason: 'cause-unknown' } : {}),
        ...(record.client === undefined
          ? {}
          : { client: clientCommitment(keys.rows[0]?.key ?? '', record) }),
      };
      expect(entry).toMatchObject(expected);
      commitments.add(entry?.client ?? '');
    }
    expect(commitments.size).toBe(3);

    const signer = readSignerKey(newNoteKey('example.org/test-log').signerKey);
    const sealer = new EvidenceSealer({ pool, signer, onTrouble: () => undefined });
    expect(await sealer.seal()).toBe(3);
    expect((await pool.query('select size from evidence_tree')).rows).toEqual([{ size: 4 }]);
  });
});
