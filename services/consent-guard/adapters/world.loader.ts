import type { PoolClient } from 'pg';
import type { AreaRole } from '#libs/contracts/address.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { MeshEnvelope } from '#libs/contracts/mesh-message.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { Category, ConsentForm, Purpose } from '#libs/contracts/purposes.js';
import type { Client } from '../domain/client-identity.js';
import { Directory, type DirectoryPerson } from '../domain/directory.js';
import { type Incoming, shownBy } from '../domain/incoming.js';
import type { Scope } from '../domain/scope.js';
import { type CaseBinding, type HeldMessage, World } from '../domain/world.js';
import type { GuardKeys } from './guard-keys.js';
import { type RecordRow, type StoredRecord, toStoredRecord } from './record-rows.js';

/** What a batch needs, read in a handful of statements, with the clients' lines read last, under their locks. */
export interface LoadedWorld {
  readonly world: World;
  /** Newest record of each message of the batch that was decided before. */
  readonly prior: ReadonlyMap<string, StoredRecord>;
}

/** Data paths that name another message: what a message answers or rests on. */
const citing = ['referral', 'tpr2', 'request', 'offer', 'cause', 'anchor', 'notice', 'message', 'approval'] as const;

/**
 * `lateral … limit 1` looks each id up in its index. As a plain join the planner, whose statistics are always behind, reads the whole table.
 */
const recordsSql = `with recursive chain (id, cause, depth) as (
    select r.id, r.cause, 0 from unnest($1::uuid[]) wanted (id)
      cross join lateral (select id, cause from record where id = wanted.id and ordinal = 0 limit 1) r
    union select r.id, r.cause, c.depth + 1 from chain c
      cross join lateral (select id, cause from record where id = c.cause and ordinal = 0 limit 1) r where c.depth < 5
  ) select newest.* from (select distinct id from chain) c
    cross join lateral (select * from record where id = c.id order by ordinal desc limit 1) newest`;
const casesSql = `select c.id, c.client, a.agency, a.reference from client_case c join case_agency a on a.case_id = c.id where c.id = any($1::uuid[])`;
const clientsSql = `select id, nino, date_of_birth, surname, key_version from client where nino = any($1::text[])
  union all select id, nino, date_of_birth, surname, key_version from client where id = any($2::uuid[])`;
/** In ms, as the decision reads them: the driver's parsing of three dates a line took longer than judging. 'infinity' is no number to it, and unreadable. */
const ms = (column: string): string => `round(date_part('epoch', ${column}) * 1000)`;
const scopesSql = `select client, from_agency as "from", to_agency as "to", purpose, decision, excluded, ${ms('valid_from')} as "validFromMs",
  ${ms('valid_until')} as "validUntilMs", ${ms('decided_at')} as "decidedAtMs", consent_id as "consentId", form from scope where client = any($1::uuid[])`;
const lockSql = (shared: boolean): string =>
  `select pg_advisory_lock${shared ? '_shared' : ''}(k) from (select distinct hashtextextended(c, 7) as k from unnest($1::text[]) c order by 1) keys`;

export class WorldLoader {
  private directory: { readonly version: number; readonly entries: Directory } | undefined;

  constructor(private readonly keys: GuardKeys) {}

  /** After a batch that failed: what it changed in memory never happened. */
  forgetDirectory(): void {
    this.directory = undefined;
  }

  /**
   * Reads what the batch needs. Holds from here on, until `unlock`, a session lock on each client concerned: shared, so that a withdrawal
   * waits until this batch has delivered; exclusive where the batch itself records a client's decision.
   */
  async load(db: PoolClient, batch: readonly Incoming[]): Promise<LoadedWorld> {
    const directory = await this.readDirectory(db);
    const records = await this.readRecords(db, batch);
    const caseIds = [
      ...new Set([...batch.map((each) => each.read.envelope.case), ...[...records.values()].map((record) => record.caseId)]),
    ];
    const cases = await readCases(
      db,
      caseIds.filter((id) => id !== undefined),
    );
    const clients = await readClients(db, batch, [
      ...cases.map((each) => each.client),
      ...[...records.values()].map((record) => record.client),
    ]);
    this.requireKeys(clients);
    await this.lock(db, batch, cases, clients);
    const { rows: scopes } = await db.query<Scope>({ name: 'read-scopes', text: scopesSql, values: [clients.map((client) => client.id)] });
    // Read again where there was anything: while this batch waited for its locks, a withdrawal may have stopped what it cites.
    const locked = records.size === 0 ? records : await this.readRecords(db, batch);
    const held = await this.readHeld(db, batch, locked);
    const world = new World({
      directory,
      clients,
      cases,
      scopes,
      records: locked.values(),
      held,
      releasedViews: await readReleased(db, batch, locked),
    });
    const own = new Set(batch.map((each) => each.read.envelope.id));
    return { world, prior: new Map([...locked].filter(([id]) => own.has(id))) };
  }

  /** A client recorded under a version that is not known here can be compared with nobody: the file is read again, and the batch comes again. */
  private requireKeys(clients: readonly Client[]): void {
    const unknown = clients.find(({ prints }) => prints.keyVersion !== undefined && !this.keys.knows(prints.keyVersion));
    if (unknown === undefined) return;
    this.keys.learn();
    throw new MeshError('key-unavailable', `version ${unknown.prints.keyVersion ?? 0} of the guard's key is not known here`);
  }

  async unlock(db: PoolClient): Promise<void> {
    await db.query('select pg_advisory_unlock_all()');
  }

  private async lock(db: PoolClient, batch: readonly Incoming[], cases: readonly CaseBinding[], clients: readonly Client[]): Promise<void> {
    const ids = new Map(cases.map((each) => [each.id, each.client]));
    const deciding = batch.filter(({ read }) => read.name === 'consent.recorded' || read.name === 'consent.withdrawn');
    const exclusive = deciding.flatMap(({ read, derivedClient }) =>
      [ids.get(read.envelope.case ?? ''), derivedClient].filter((id) => id !== undefined),
    );
    const all = [...new Set([...clients.map((client) => client.id), ...batch.flatMap(({ derivedClient }) => derivedClient ?? [])])];
    // A consent under a case of its own names a client by NI number: that one too.
    const byNino = new Map(clients.map((client) => [client.prints.nino, client.id]));
    const named = deciding.flatMap((incoming) =>
      shownBy(incoming).flatMap(({ nino }) => (nino === undefined ? [] : (byNino.get(nino) ?? []))),
    );
    const alone = new Set([...exclusive, ...named]);
    if (alone.size > 0) await db.query(lockSql(false), [[...alone].toSorted()]);
    const together = all.filter((id) => !alone.has(id));
    if (together.length > 0) await db.query({ name: 'lock-clients', text: lockSql(true), values: [together] });
  }

  private async readRecords(db: PoolClient, batch: readonly Incoming[]): Promise<Map<string, StoredRecord>> {
    const ids = batch.flatMap(({ read }) => [read.envelope.id, ...citing.flatMap((name) => uuidAt(read.envelope.data[name]))]);
    const { rows } = await db.query<RecordRow>({ name: 'read-records', text: recordsSql, values: [ids] });
    return new Map(rows.map((row) => [row.id, toStoredRecord(row)]));
  }

  private async readHeld(db: PoolClient, batch: readonly Incoming[], records: ReadonlyMap<string, StoredRecord>): Promise<HeldMessage[]> {
    const wanted = batch.filter(({ read }) => read.name === 'route.answered').flatMap(({ read }) => uuidAt(read.envelope.data['message']));
    if (wanted.length === 0) return [];
    const { rows } = await db.query<{ id: string; body: Buffer }>('select id, body from held where id = any($1::uuid[])', [wanted]);
    return rows.flatMap(({ id, body }) => {
      const record = records.get(id);
      return record === undefined ? [] : [{ record, envelope: JSON.parse(this.keys.open(body, id).toString('utf8')) as MeshEnvelope }];
    });
  }

  /** Who exists, as it is committed. Read only: a batch at work puts its own entries into it. */
  async readDirectory(db: Pick<PoolClient, 'query'>): Promise<Directory> {
    const { rows } = await db.query<{ version: number }>({ name: 'directory-version', text: 'select version from directory_version' });
    const version = rows[0]?.version ?? 0;
    if (this.directory?.version === version) return this.directory.entries;
    const parties = await db.query<{
      id: string;
      kind: string;
      agency: string;
      active: boolean;
      body: { serves: { role: AreaRole; district: string }[] };
    }>('select * from party');
    const people = await db.query<DirectoryPerson>("select id, party, active, body ->> 'job' as job from person");
    const entries = new Directory(
      parties.rows.map((row) => ({
        id: row.id,
        kind: row.kind as PartyKind,
        agency: row.agency,
        active: row.active,
        serves: row.body.serves,
      })),
      people.rows,
    );
    this.directory = { version, entries };
    return entries;
  }
}

/** Of the requests that a release in this batch rests on, those released before. */
async function readReleased(db: PoolClient, batch: readonly Incoming[], records: ReadonlyMap<string, StoredRecord>): Promise<string[]> {
  const releases = batch.filter(({ read }) => read.name === 'client-view.released');
  if (releases.length === 0) return [];
  const requests = releases.flatMap(({ read }) => records.get(String(read.envelope.data['approval']))?.cause ?? []);
  const { rows } = await db.query<{ request: string }>('select request from client_view_release where request = any($1::uuid[])', [
    requests,
  ]);
  return rows.map((row) => row.request);
}

async function readCases(db: PoolClient, ids: readonly string[]): Promise<CaseBinding[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<{ id: string; client: string; agency: string; reference: string | null }>({
    name: 'read-cases',
    text: casesSql,
    values: [ids],
  });
  const found = new Map<string, { id: string; client: string; agencies: Map<string, string | undefined> }>();
  for (const row of rows) {
    const binding = found.get(row.id) ?? { id: row.id, client: row.client, agencies: new Map<string, string | undefined>() };
    binding.agencies.set(row.agency, row.reference ?? undefined);
    found.set(row.id, binding);
  }
  return [...found.values()];
}

async function readClients(db: PoolClient, batch: readonly Incoming[], known: readonly (string | undefined)[]): Promise<Client[]> {
  const prints = batch.flatMap((incoming) => shownBy(incoming).flatMap(({ nino }) => nino ?? []));
  const ids = new Set([...known.filter((id) => id !== undefined), ...batch.flatMap(({ derivedClient }) => derivedClient ?? [])]);
  if (prints.length === 0 && ids.size === 0) return [];
  const { rows } = await db.query<{ id: string; nino: string | null; date_of_birth: string; surname: string; key_version: number }>({
    name: 'read-clients',
    text: clientsSql,
    values: [prints, [...ids]],
  });
  // One that is found both by number and by id comes twice.
  const found = new Map(rows.map((row) => [row.id, row]));
  return [...found.values()].map((row) => ({
    id: row.id,
    prints: { keyVersion: row.key_version, nino: row.nino ?? undefined, dateOfBirth: row.date_of_birth, surname: row.surname },
  }));
}

export interface ScopeRow {
  readonly client: string;
  readonly from_agency: string;
  readonly to_agency: string;
  readonly purpose: string;
  readonly decision: string;
  readonly excluded: string[];
  readonly valid_from: Date;
  readonly valid_until: Date;
  readonly decided_at: Date;
  readonly consent_id: string;
  readonly form: string;
}

export const toScope = (row: ScopeRow): Scope => ({
  client: row.client,
  from: row.from_agency,
  to: row.to_agency,
  purpose: row.purpose as Purpose,
  decision: row.decision as Scope['decision'],
  excluded: row.excluded as Category[],
  validFromMs: row.valid_from.getTime(),
  validUntilMs: row.valid_until.getTime(),
  decidedAtMs: row.decided_at.getTime(),
  consentId: row.consent_id,
  form: row.form as ConsentForm,
});

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const uuidAt = (value: unknown): string[] => (typeof value === 'string' && uuid.test(value) ? [value.toLowerCase()] : []);
