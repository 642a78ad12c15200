import type { PoolClient } from 'pg';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { MeshEnvelope } from '#libs/contracts/mesh-message.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { PartyPut } from '#libs/contracts/service-forms.js';
import { listed } from '#libs/postgres/listed.js';
import { type CopiedRow, readCopied } from '#libs/postgres/read-copied.js';
import type { Client } from '../domain/client-identity.js';
import { Directory, type DirectoryPerson } from '../domain/directory.js';
import { type Incoming, shownBy } from '../domain/incoming.js';
import { linesAsked } from '../domain/lines-asked.js';
import { type CaseBinding, type HeldMessage, World } from '../domain/world.js';
import {
  type Found,
  appointmentsTold,
  casesIn,
  clientsByCase,
  concernedIn,
  historiesIn,
  knownClients,
  messagesIn,
  openingIn,
  routedBy,
  recordsOf,
} from './batch-mentions.js';
import { lockClients, unlockClients } from './client-lock.js';
import type { GuardKeys } from './guard-keys.js';
import { type RecordRow, type StoredRecord, toStoredRecord } from './record-rows.js';
import { readScopes } from './scope-rows.js';

/** What a batch needs, read in a handful of statements, with the clients' lines read last, under their locks. */
export interface LoadedWorld {
  readonly world: World;
  /** Newest record of each message of the batch that was decided before. */
  readonly prior: ReadonlyMap<string, StoredRecord>;
}

/**
 * `lateral … limit 1` looks each id up in its index. As a plain join the planner, whose statistics are always behind, reads the whole table.
 */
const recordsSql = `with recursive chain (id, cause, depth) as (
    select r.id, r.cause, 0 from unnest(string_to_array($1, ',')::uuid[]) wanted (id)
      cross join lateral (select id, cause from record where id = wanted.id and ordinal = 0 limit 1) r
    union select r.id, r.cause, c.depth + 1 from chain c
      cross join lateral (select id, cause from record where id = c.cause and ordinal = 0 limit 1) r where c.depth < 5
  ) select newest.* from (select distinct id from chain) c
    cross join lateral (select * from record where id = c.id order by ordinal desc limit 1) newest`;
/** The newest of a case: no case has a tenth of them. The bound also keeps the planner at the index, as above. */
const historySql = `select r.* from unnest(string_to_array($1, ',')::uuid[]) wanted (id)
  cross join lateral (select * from record where case_id = wanted.id and sender_kind <> 'service' order by seq desc limit 500) r`;
/** A row for each agency that a case is bound to, then one for each reference of an office. */
const casesSql = `select c.id, c.client, c.short_reference, a.agency, null as party, null as reference
  from client_case c join case_agency a on a.case_id = c.id where c.id = any(string_to_array($1, ',')::uuid[])
  union all select case_id, null, null, null, party, reference from case_reference where case_id = any(string_to_array($1, ',')::uuid[])`;
const clientColumns = 'id, identity, nino, date_of_birth, surname, key_version, is_second';
/**
 * By id; by the whole identity; and by NI number alone, with those of the agencies `$4` that have a case of that client: each case looked up
 * by itself, as above, and no further than to the first, since the time of a plain join over all cases would tell that the number is known.
 */
const clientsSql = `select ${clientColumns}, null::text as agencies from client where id = any(string_to_array($1, ',')::uuid[])
  union all select ${clientColumns}, null from client where identity = any(string_to_array($2, ',')) and not is_second
  union all select ${clientColumns}, array_to_string(array(select own.agency from unnest(string_to_array($4, ',')) own (agency) where exists (
      select 1 from client_case c cross join lateral (select 1 from case_agency where case_id = c.id and agency = own.agency limit 1) bound
      where c.client = client.id)), ',') from client where nino = any(string_to_array($3, ','))`;

export class WorldLoader {
  /** Of the newest version read. Asks and batches of every party share it; none of them can change it. */
  private directory: { readonly version: number; readonly entries: Directory } | undefined;

  constructor(private readonly keys: GuardKeys) {}

  /**
   * Reads what the batch needs. Holds from here on, until `unlock`, a session lock on each client concerned: shared, so that a withdrawal
   * waits until this batch is committed; exclusive where the batch itself records a client's decision.
   */
  async load(db: PoolClient, batch: readonly Incoming[]): Promise<LoadedWorld> {
    const directory = await this.readDirectory(db);
    const records = await this.readRecords(db, batch);
    const cases = await readCases(db, casesIn(batch, records));
    const bound = clientsByCase(cases);
    const opening = openingIn(batch, bound);
    const known = knownClients(cases, records);
    const { clients, holders } = await readClients(db, opening, { known, directory });
    this.requireKeys(clients);
    const concerned = await this.lock(db, batch, { bound, known, clients });
    const scopes = await readScopes(db, concerned, linesAsked(batch, directory));
    // Read again where there was anything: while this batch waited for its locks, a withdrawal may have stopped what it cites.
    const locked = records.size === 0 ? records : await this.readRecords(db, batch);
    const held = await this.readHeld(db, batch, locked);
    const world = new World({
      directory,
      clients,
      cases,
      holders,
      scopes,
      records: locked.values(),
      history: await this.readHistory(
        db,
        new Set([...historiesIn(batch), ...appointmentsTold(batch, locked)]),
      ),
      held,
      releasedViews: await readReleased(db, batch, locked),
    });
    return {
      world,
      prior: locked.size === 0 ? locked : recordsOf(batch, locked),
    };
  }

  /** A client recorded under a version that is not known here can be compared with nobody: the file is read again, and the batch comes again. */
  private requireKeys(clients: readonly Client[]): void {
    for (const { prints } of clients) {
      if (prints.keyVersion === undefined || this.keys.knows(prints.keyVersion)) continue;
      this.keys.learn();
      throw new MeshError(
        'key-unavailable',
        `version ${prints.keyVersion} of the guard's key is not known here`,
      );
    }
  }

  unlock(db: PoolClient): Promise<void> {
    return unlockClients(db);
  }

  /** Locks the clients whom the batch is about. @returns their ids: whose lines are read */
  private async lock(
    db: PoolClient,
    batch: readonly Incoming[],
    found: Found,
  ): Promise<ReadonlySet<string>> {
    const { all, alone } = concernedIn(batch, found);
    if (all.size > 0) await lockClients(db, all, alone);
    return all;
  }

  private async readRecords(
    db: PoolClient,
    batch: readonly Incoming[],
  ): Promise<Map<string, StoredRecord>> {
    const { rows } = await db.query<RecordRow>({
      name: 'read-records',
      text: recordsSql,
      values: [listed(messagesIn(batch))],
    });
    return new Map(rows.map((row) => [row.id, toStoredRecord(row)]));
  }

  /** Under the clients' locks, and only for messages that the past can stand against. */
  private async readHistory(
    db: PoolClient,
    cases: ReadonlySet<string>,
  ): Promise<readonly StoredRecord[]> {
    if (cases.size === 0) return [];
    const { rows } = await db.query<RecordRow>({
      name: 'read-history',
      text: historySql,
      values: [listed(cases)],
    });
    return rows.map(toStoredRecord).toSorted((one, other) => one.seq - other.seq);
  }

  private async readHeld(
    db: PoolClient,
    batch: readonly Incoming[],
    records: ReadonlyMap<string, StoredRecord>,
  ): Promise<HeldMessage[]> {
    const wanted = heldIn(batch);
    if (wanted.length === 0) return [];
    const { rows } = await db.query<{ id: string; body: Buffer }>(
      'select id, body from held where id = any($1::uuid[])',
      [wanted],
    );
    return rows.flatMap(({ id, body }) => {
      const record = records.get(id);
      return record === undefined
        ? []
        : [
            {
              record,
              envelope: JSON.parse(this.keys.open(body, id).toString('utf8')) as MeshEnvelope,
            },
          ];
    });
  }

  /** Who exists, as it is committed. */
  async readDirectory(db: Pick<PoolClient, 'query'>): Promise<Directory> {
    const { rows } = await db.query<{ version: number }>({
      name: 'directory-version',
      text: 'select version from directory_version',
    });
    const version = rows[0]?.version ?? 0;
    if (this.directory?.version === version) return this.directory.entries;
    const parties = await db.query<{
      id: string;
      kind: string;
      agency: string;
      active: boolean;
      body: PartyPut;
    }>('select * from party');
    const people = await db.query<DirectoryPerson>(
      `select id, party, active, body ->> 'job' as job, body ->> 'leavesOn' as "leavesOn" from person`,
    );
    const entries = Directory.of(
      parties.rows.map((row) => ({
        id: row.id,
        kind: row.kind as PartyKind,
        agency: row.agency,
        active: row.active,
        serves: row.body.serves,
        name: row.body.name,
        phone: row.body.phone,
        contract: row.body.contract,
      })),
      people.rows.map(({ leavesOn, ...person }) => ({
        ...person,
        leavesOn: leavesOn ?? undefined,
      })),
    );
    this.directory = { version, entries };
    return entries;
  }
}

/** Messages that the batch releases, or ends the wait of. */
function heldIn(batch: readonly Incoming[]): string[] {
  const ids: string[] = [];
  for (const incoming of batch) {
    const id = routedBy(incoming);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

const isViewRelease = ({ read }: Incoming): boolean => read.name === 'client-view.released';

/** Of the requests that a release in this batch rests on, those released before. */
async function readReleased(
  db: PoolClient,
  batch: readonly Incoming[],
  records: ReadonlyMap<string, StoredRecord>,
): Promise<string[]> {
  const releases = batch.filter(isViewRelease);
  if (releases.length === 0) return [];
  const requests = releases.flatMap(
    ({ read }) => records.get(String(read.envelope.data['approval']))?.cause ?? [],
  );
  const { rows } = await db.query<{ request: string }>(
    'select request from client_view_release where request = any($1::uuid[])',
    [requests],
  );
  return rows.map((row) => row.request);
}

async function readCases(db: PoolClient, ids: ReadonlySet<string>): Promise<CaseBinding[]> {
  if (ids.size === 0) return [];
  const found = new Map<string, CaseRead>();
  for (const row of await readCopied(db, casesSql, [listed(ids)])) {
    const [id, client, shortReference, agency, party, reference] = row;
    if (id == null) continue;
    if (client != null && agency != null) {
      const binding = found.get(id) ?? {
        id,
        client,
        shortReference: shortReference ?? undefined,
        agencies: new Set<string>(),
        references: new Map<string, string>(),
      };
      binding.agencies.add(agency);
      found.set(id, binding);
    } else if (party != null && reference != null) found.get(id)?.references.set(party, reference);
  }
  return [...found.values()];
}

interface CaseRead extends CaseBinding {
  readonly agencies: Set<string>;
  readonly references: Map<string, string>;
}

interface ClientsRead {
  readonly clients: readonly Client[];
  readonly holders: readonly (readonly [client: string, agency: string])[];
}

async function readClients(
  db: PoolClient,
  opening: readonly Incoming[],
  { known, directory }: { readonly known: ReadonlySet<string>; readonly directory: Directory },
): Promise<ClientsRead> {
  const shown = opening.flatMap(shownBy);
  const ids = new Set([...known, ...opening.flatMap(({ derivedClient }) => derivedClient ?? [])]);
  if (ids.size === 0) return { clients: [], holders: [] };
  const agencies = new Set(opening.flatMap(({ sender }) => directory.party(sender)?.agency ?? []));
  const rows = await readCopied(db, clientsSql, [
    listed(ids),
    listed(shown.flatMap(({ identity }) => identity ?? [])),
    listed(shown.flatMap(({ nino }) => nino ?? [])),
    listed(agencies),
  ]);
  // One that is found in several ways comes several times.
  const clients = new Map<string, Client>();
  const holders: (readonly [string, string])[] = [];
  for (const row of rows) {
    const [id = ''] = row;
    clients.set(id ?? '', toClient(row));
    const found = row[7] ?? '';
    if (found !== '') for (const agency of found.split(',')) holders.push([id ?? '', agency]);
  }
  return { clients: [...clients.values()], holders };
}

/** From `clientColumns`, and the agencies of one that was found by NI number. */
function toClient([
  id,
  identity,
  nino,
  dateOfBirth,
  surname,
  keyVersion,
  isSecond,
]: CopiedRow): Client {
  return {
    id: id ?? '',
    prints: {
      keyVersion: Number(keyVersion),
      identity: identity ?? undefined,
      nino: nino ?? undefined,
      dateOfBirth: dateOfBirth ?? '',
      surname: surname ?? '',
    },
    isSecond: isSecond === 't',
  };
}
