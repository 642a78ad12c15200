import type { Pool, PoolClient } from 'pg';
import type { KeysState } from '#libs/contracts/ask.js';
import type { ClientIdentity } from '#libs/contracts/form-fields.js';
import { type IdentityPrints, agrees } from '../domain/client-identity.js';
import type { GuardKeys } from './guard-keys.js';
import { inTransaction, keyFenceSql } from './key-fence.js';

/** Rows at a time, so that no message waits long for one of them. */
const atOnce = 100;
/** Tables of sealed payloads: the first two bytes of a body name the version that it was sealed with; the row's id is bound in. */
const sealedTables = ['consent', 'held', 'dead_letter', 'delivery_body'] as const;
const seal = 'get_byte(body, 0) * 256 + get_byte(body, 1)';
/** An instance seen not longer ago is at work. */
const goneSeconds = 10;

interface ClientRow {
  readonly id: string;
  readonly identity: string | null;
  readonly nino: string | null;
  readonly date_of_birth: string;
  readonly surname: string;
  readonly key_version: number;
}

/**
 * Renews in the background what rests on an older version of the key, so that the old key can go: payloads are sealed anew; clients are hashed
 * anew from the identity in a consent of theirs. A client of whom no consent is kept is renewed when their identity is shown again.
 */
export class KeyRenewal {
  /** Clients that could not be renewed are not tried again before all others. */
  private after = '00000000-0000-0000-0000-000000000000';

  constructor(
    private readonly pool: Pool,
    private readonly keys: GuardKeys,
  ) {}

  /** A portion of it. Nothing to do while there is one version only. */
  async some(): Promise<void> {
    if (this.keys.versions.length < 2) return;
    await inTransaction(this.pool, async (db) => {
      const { rows } = await db.query<{ got: boolean }>(
        `select pg_try_advisory_xact_lock(hashtextextended('throughcare:key-renewal', 0)) as got`,
      );
      if (rows[0]?.got !== true) return;
      // Under the version that all write with, else two instances would undo each other's work.
      await db.query(keyFenceSql(false));
      const state = await db.query<{ writing: number }>('select writing from key_state');
      if (state.rows[0]?.writing !== this.keys.version) return;
      for (const table of sealedTables) await this.sealAgain(db, table);
      await this.hashAgain(db);
    });
  }

  /** Of these versions, those that some row cannot do without. */
  async stillNeeded(versions: readonly number[]): Promise<readonly number[]> {
    const { versions: counts, writing } = await this.state();
    const isNeeded = (version: number): boolean =>
      version === writing ||
      counts.some(
        (each) =>
          each.version === version &&
          each.clients + each.consents + each.held + each.deadLetters + each.deliveries > 0,
      );
    return versions.filter(isNeeded);
  }

  /** How many rows rest on each version, and how many instances know it. Numbers only. */
  async state(): Promise<KeysState> {
    const { rows } = await this.pool.query<{ version: number; kind: string; count: number }>(
      `select key_version as version, 'clients' as kind, count(*)::int as count from client group by 1
       union all select ${seal}, 'consents', count(*)::int from consent group by 1
       union all select ${seal}, 'held', count(*)::int from held group by 1
       union all select ${seal}, 'deadLetters', count(*)::int from dead_letter where body is not null group by 1
       union all select ${seal}, 'deliveries', count(*)::int from delivery_body group by 1`,
    );
    const state = await this.pool.query<{ writing: number | null }>(
      'select writing from key_state',
    );
    const holders = await this.pool.query<{ versions: number[] }>(
      `select versions from key_holder where seen_at > now() - make_interval(secs => ${goneSeconds})`,
    );
    const known = new Set([
      ...rows.map((row) => row.version),
      ...holders.rows.flatMap((row) => row.versions),
    ]);
    const count = (version: number, kind: string): number =>
      rows.find((row) => row.version === version && row.kind === kind)?.count ?? 0;
    return {
      writing: state.rows[0]?.writing ?? this.keys.version,
      instances: holders.rows.length,
      versions: [...known]
        .toSorted((one, other) => one - other)
        .map((version) => ({
          version,
          clients: count(version, 'clients'),
          consents: count(version, 'consents'),
          held: count(version, 'held'),
          deadLetters: count(version, 'deadLetters'),
          deliveries: count(version, 'deliveries'),
          holders: holders.rows.filter((row) => row.versions.includes(version)).length,
        })),
    };
  }

  private async sealAgain(db: PoolClient, table: (typeof sealedTables)[number]): Promise<void> {
    const { rows } = await db.query<{ id: string; body: Buffer }>(
      `select id::text as id, body from ${table} where ${seal} <> $1 limit ${atOnce} for update skip locked`,
      [this.keys.version],
    );
    for (const { id, body } of rows)
      await db.query(`update ${table} set body = $2 where id = $1`, [
        id,
        this.keys.seal(this.keys.open(body, id), id),
      ]);
  }

  private async hashAgain(db: PoolClient): Promise<void> {
    const { rows } = await db.query<ClientRow>(
      `select * from client where key_version <> $1 and id > $2 order by id limit ${atOnce}`,
      [this.keys.version, this.after],
    );
    this.after = rows.at(-1)?.id ?? '00000000-0000-0000-0000-000000000000';
    for (const row of rows) await this.hashClient(db, row);
  }

  private async hashClient(db: PoolClient, row: ClientRow): Promise<void> {
    const consents = await db.query<{ id: string; body: Buffer }>(
      'select id, body from consent where client = $1 order by recorded_at desc limit 20',
      [row.id],
    );
    for (const { id, body } of consents.rows) {
      const { client } = JSON.parse(this.keys.open(body, id).toString('utf8')) as {
        client: ClientIdentity;
      };
      const old = this.keys.printsUnder(row.key_version, client);
      // With the number where one is bound, and never a number that is not: that is for a consent on the road to bring.
      if (!agrees(boundPrints(row), old) || (row.nino !== null && old.nino === undefined)) continue;
      const now = this.keys.printsUnder(this.keys.version, client);
      await db.query(
        `update client set identity = $3, nino = $4, date_of_birth = $5, surname = $6, key_version = $7
         where id = $1 and key_version = $2 and nino is not distinct from $8 and identity is not distinct from $9`,
        [
          row.id,
          row.key_version,
          // One recorded before there was this hash gets it on the road, where it is seen who else has it.
          row.identity === null ? null : now.identity,
          row.nino === null ? null : now.nino,
          now.dateOfBirth,
          now.surname,
          this.keys.version,
          row.nino,
          row.identity,
        ],
      );
      return;
    }
  }
}

const boundPrints = (row: ClientRow): IdentityPrints => ({
  keyVersion: row.key_version,
  identity: row.identity ?? undefined,
  nino: row.nino ?? undefined,
  dateOfBirth: row.date_of_birth,
  surname: row.surname,
});
