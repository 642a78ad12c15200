import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { readSignerKey } from '#libs/evidence/note-keys.js';
import { verifyLog } from '#libs/evidence/verify-log.js';
import { connectDatabase } from '#libs/postgres/connect-database.js';
import { EvidenceBook } from '#services/consent-guard/adapters/evidence.book.js';
import { exportEvidence } from '#services/operator/adapters/export-evidence.js';
import { LogFolder } from '#services/operator/adapters/log-folder.js';
import { BookDesk } from '#test/support/book-desk.js';
import { GuardMesh } from '#test/support/guard-mesh.js';
import { type Trouble, TroubledGuards } from '#test/support/guard-trouble.js';
import { allow } from '#test/support/pace.js';
import { randomOf } from '#test/support/random.js';
import { RandomRecipient } from '#test/support/random-recipient.js';
import { RandomTraffic } from '#test/support/random-traffic.js';
import { auditDecisions, auditDeliveries, type RecordRow } from '#test/support/traffic-audit.js';
import { until } from '#test/support/until.js';

const offices = ['jcp_wandsworth', 'jcp_lambeth'];
/** Each at least once with every other behind it somewhere; the order is left to chance. */
const troubles: readonly Trouble[] = [
  'kill',
  'kill',
  'leave',
  'stop',
  'stop',
  'long-stop',
  'broker',
  'broker',
];
/** Longer than a delivery whose answer was lost stays in hand (60 s). */
const settleMs = 100_000;

const random = randomOf('chaos');
let mesh: GuardMesh;
let pool: Pool;
let recipients: readonly RandomRecipient[];

beforeAll(async () => {
  mesh = await GuardMesh.start({ maxBytes: 32 * 1024 * 1024 });
  pool = connectDatabase({ url: mesh.databaseUrl, applicationName: 'test' });
  recipients = await Promise.all(
    offices.map(
      async (office) =>
        new RandomRecipient(await mesh.nats.connect(office), random.fork(office).fraction),
    ),
  );
});
afterAll(async () => {
  await Promise.all(recipients.map((recipient) => recipient.stop()));
  await pool.end();
  await mesh.stop();
});

async function recordRows(): Promise<readonly RecordRow[]> {
  const { rows } = await pool.query<RecordRow>(
    `select r.seq, r.id, r.ordinal, r.verdict, r.consents, d.state from record r
     left join delivery d on d.id = r.id and d.recipient = r.recipient order by r.seq`,
  );
  return rows;
}

async function countOf(query: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(query);
  return Number(rows[0]?.count);
}

describe('two guards that are killed, stopped and told to leave in any order, on a broker that is killed too', () => {
  it(
    'decide every message once, in its sender’s order, by the consent that stands; nothing leaks, nothing is lost',
    async () => {
      const guards = await TroubledGuards.start(mesh, 2);
      await mesh.applyDirectory();
      const traffic = new RandomTraffic(
        [await mesh.party('tp_river'), await mesh.party('tp_hill')],
        offices,
      );
      await traffic.begin();
      const ending = new AbortController();
      const running = traffic.run(ending.signal);
      for (const trouble of random.shuffled(troubles)) {
        await delay(random.between(300, 2_300));
        await guards.suffer(trouble);
      }
      ending.abort();
      await running;
      const arrivals = () => new Map(recipients.flatMap((recipient) => [...recipient.arrivals]));
      const wrong = async () => {
        const rows = await recordRows();
        return [
          ...auditDecisions(traffic.sent, rows),
          ...auditDeliveries(traffic, rows, arrivals()),
        ];
      };
      // What waits for its turn is neither decided nor there yet; what is wrong for good stays wrong.
      await until(
        'all is decided and has come',
        async () => (await wrong()).length === 0,
        settleMs,
      ).catch(() => undefined);
      expect(await wrong()).toEqual([]);
      expect(await countOf('select count(*) from held')).toBe(0);
      expect(await countOf(`select count(*) from dead_letter where code <> 'id-reused'`)).toBe(0);

      const rows = await recordRows();
      const verdicts = new Set(rows.map(({ verdict }) => verdict));
      // Else it was none of a race.
      for (const verdict of ['cleared', 'cleared-in-part', 'refused', 'stopped'])
        expect(verdicts).toContain(verdict);
      expect(arrivals().size).toBeGreaterThan(50);
      expect(guards.ran.length).toBeGreaterThan(4);
    },
    allow(300_000),
  );

  it('leave evidence that verifies with the public key, with one leaf for each of their decisions', async () => {
    const signer = readSignerKey(
      (await readFile(join(mesh.nats.folder, 'evidence.key'), 'utf8')).trim(),
    );
    const records = () => countOf('select count(*) from record');
    await until(
      'all is sealed',
      async () => (await countOf('select size as count from evidence_tree')) === (await records()),
    );
    const folder = await LogFolder.create(join(mesh.nats.folder, 'evidence'));
    await exportEvidence(new BookDesk(new EvidenceBook(pool, signer)), folder);
    expect(verifyLog(folder, signer)).toMatchObject({
      ok: true,
      checkpoint: { size: await records() },
    });
  });
});
