import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import { shortReference, shortReferenceBytes } from '#libs/contracts/short-reference.js';
import type { IdentityPrints } from '../domain/client-identity.js';
import type { Effect } from '../domain/effect.js';
import type { GuardRecord } from '../domain/guard-record.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { AgreementPut, PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { GuardKeys } from './guard-keys.js';
import { keyFenceSql } from './key-fence.js';
import { writeLines, writeScopes, writeViewRelease, writeWithdrawal } from './ledger-rows.js';
import type { DeadLetter, DecidedMessage } from './decided-message.js';
import { insertDeliveries } from './delivery-rows.js';
import { insertEvents } from './event-rows.js';
import { type Step, movePlace } from './ingress-place.js';
import type { JudgedBatch } from './judge-batch.js';
import { insertRecords, seqOf } from './record-rows.js';
import type { WithdrawalDesk } from './withdrawal.desk.js';

/** When and how a batch is written. */
export interface WritingTerms {
  readonly now: Date;
  readonly heldUntil: Date;
  /** The version of the key under which the batch's identities were derived. */
  readonly keyVersion: number;
  /** In the sender's stream; undefined for what comes from no stream. */
  readonly step: Step | undefined;
}

const changesDirectory = ({ kind }: Effect): boolean =>
  kind === 'put-party' || kind === 'put-person';

function partsOf(decided: readonly DecidedMessage[]): {
  readonly effects: readonly Effect[];
  readonly records: readonly GuardRecord[];
} {
  const effects: Effect[] = [];
  const records: GuardRecord[] = [];
  for (const each of decided) {
    effects.push(...each.effects);
    records.push(...each.records);
  }
  return { effects, records };
}

/**
 * Writes a batch in one transaction: records, what they change in the ledger, deliveries, events, dead letters, and what withdrawals take back.
 * Before the commit none of it has happened; after it all of it has, and nothing is left to be carried out.
 */
export class BatchStore {
  constructor(
    private readonly keys: GuardKeys,
    private readonly desk: WithdrawalDesk,
  ) {}

  /** @returns parties for whom something waits by now. @throws what the database throws; MeshError `key-unavailable`: none of it is written */
  async commit(
    db: PoolClient,
    judged: JudgedBatch,
    terms: WritingTerms,
  ): Promise<ReadonlySet<string>> {
    try {
      await this.begin(db, terms.keyVersion);
      if (terms.step !== undefined) await movePlace(db, terms.step);
      const recipients = await this.write(db, judged, terms);
      await db.query('commit');
      return recipients;
    } catch (error) {
      await db.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  private async write(
    db: PoolClient,
    judged: JudgedBatch,
    terms: WritingTerms,
  ): Promise<ReadonlySet<string>> {
    const { effects, records } = partsOf(judged.decided);
    await this.writeEffects(db, effects, terms);
    if (effects.some(changesDirectory))
      await db.query('update directory_version set version = version + 1');
    const seqs = await insertRecords(db, records, terms.now);
    await insertDeliveries(db, judged.deliveries, this.keys);
    await insertEvents(
      db,
      judged.events.map(({ record, directory }) => ({ seq: seqOf(record, seqs), directory })),
    );
    if (judged.releases.length > 0)
      await db.query('delete from held where id = any($1::uuid[])', [judged.releases]);
    for (const letter of judged.dead) await this.keepDead(db, letter, terms.now);
    const recipients = new Set<string>();
    for (const { recipient } of judged.deliveries) recipients.add(recipient);
    for (const withdrawal of judged.withdrawals)
      for (const recipient of await this.desk.carryOut(db, withdrawal)) recipients.add(recipient);
    return recipients;
  }

  /**
   * Begins a transaction in which this version of the key is, and stays, the one that all instances write with.
   * @throws MeshError `key-unavailable` when it is another by now: the keys follow, and the batch comes again with its identities derived anew
   */
  private async begin(db: PoolClient, keyVersion: number): Promise<void> {
    // One round trip. The lock is taken before the state is read, and given back at the end of the transaction.
    const results = (await db.query(
      `begin; ${keyFenceSql(false)}; select writing from key_state`,
    )) as unknown as {
      rows: { writing: number }[];
    }[];
    const writing = results.at(-1)?.rows[0]?.writing;
    if (writing === keyVersion) return;
    if (writing !== undefined) this.keys.write(writing);
    throw new MeshError('key-unavailable', 'another version of the key is written with by now');
  }

  private async writeEffects(
    db: PoolClient,
    effects: readonly Effect[],
    terms: WritingTerms,
  ): Promise<void> {
    await writeBindings(db, effects, terms.keyVersion);
    for (const effect of effects) {
      switch (effect.kind) {
        case 'keep-consent':
          await this.keepConsent(db, effect, terms.now);
          break;
        case 'put-scopes':
          await writeScopes(db, effect.scopes);
          break;
        case 'keep-lines':
          await writeLines(db, effect.lines, terms.now);
          break;
        case 'keep-withdrawal':
          await writeWithdrawal(db, effect, terms.now);
          break;
        case 'hold':
          await this.hold(db, effect, terms.heldUntil);
          break;
        case 'release-view':
          await writeViewRelease(db, effect, terms.now);
          break;
        case 'put-party':
          await putParty(db, effect.party);
          break;
        case 'put-person':
          await putPerson(db, effect.person);
          break;
        case 'put-agreement':
          await putAgreement(db, effect.agreement);
          break;
        case 'bind-client':
        case 'bind-case':
        case 'deliver':
        case 'withdraw':
        case 'release':
        case 'redrive':
        case 'report-dead':
          break;
      }
    }
  }

  /** A message that waits for its route, sealed. */
  private async hold(
    db: PoolClient,
    { record, envelope }: Extract<Effect, { kind: 'hold' }>,
    heldUntil: Date,
  ): Promise<void> {
    const body = this.keys.seal(Buffer.from(JSON.stringify(envelope)), record.id);
    await db.query(
      'insert into held (id, client, body, expires_at) values ($1, $2, $3, $4) on conflict (id) do nothing',
      [record.id, record.client, body, heldUntil],
    );
  }

  /** As it was taken, sealed: the one place where the guard keeps who a client is. */
  private async keepConsent(
    db: PoolClient,
    effect: Extract<Effect, { kind: 'keep-consent' }>,
    now: Date,
  ): Promise<void> {
    const { consentId, client, taker, data } = effect;
    const body = this.keys.seal(Buffer.from(JSON.stringify(data)), consentId);
    await db.query(
      'insert into consent (id, client, taker, form, decision, body, recorded_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing',
      [consentId, client, taker, data.form, data.decision, body, now],
    );
  }

  /** A message that could not be worked is kept, sealed, with its reason. */
  private async keepDead(db: PoolClient, letter: DeadLetter, now: Date): Promise<void> {
    await db.query(
      'insert into dead_letter (id, party, message, code, field, detail, body, at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing',
      [
        letter.id,
        letter.party,
        letter.message ?? null,
        letter.code,
        letter.field ?? null,
        letter.detail,
        letter.body === undefined ? null : this.keys.seal(letter.body, letter.id),
        now,
      ],
    );
  }
}

async function putParty(db: PoolClient, party: PartyPut): Promise<void> {
  await db.query(
    `insert into party (id, kind, agency, active, body) values ($1, $2, $3, $4, $5)
  on conflict (id) do update set kind = excluded.kind, agency = excluded.agency, active = excluded.active, body = excluded.body`,
    [party.party, party.kind, party.agency, party.active, JSON.stringify(party)],
  );
}

async function putPerson(db: PoolClient, person: PersonPut): Promise<void> {
  await db.query(
    `insert into person (id, party, active, body) values ($1, $2, $3, $4)
  on conflict (id) do update set party = excluded.party, active = excluded.active, body = excluded.body`,
    [person.person, person.party, person.active, JSON.stringify(person)],
  );
}

/** One row for two offices, whichever of them is named first. */
async function putAgreement(db: PoolClient, agreement: AgreementPut): Promise<void> {
  const [one, other] = agreement.offices.toSorted();
  await db.query(
    `insert into agreement (one, other, body) values ($1, $2, $3)
  on conflict (one, other) do update set body = excluded.body`,
    [one, other, JSON.stringify(agreement)],
  );
}

/** A client recorded under an older version takes on all of the newer hashes, or none. */
const renewed = (column: string, otherwise = `client.${column}`): string =>
  `case when excluded.key_version > client.key_version and (excluded.nino is not null or client.nino is null) then excluded.${column} else ${otherwise} end`;

/**
 * A client bound to an identity that another has by now is a second one. Where that other is written at this very moment, or by this very
 * statement, the index refuses it, and the batch comes again.
 */
const bindClientsSql = `insert into client (id, identity, nino, date_of_birth, surname, key_version)
  select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[])
  on conflict (id) do update set identity = ${renewed('identity', 'coalesce(client.identity, excluded.identity)')},
    nino = ${renewed('nino', 'coalesce(client.nino, excluded.nino)')},
    date_of_birth = ${renewed('date_of_birth')}, surname = ${renewed('surname')}, key_version = ${renewed('key_version')},
    is_second = client.is_second or (client.identity is distinct from excluded.identity
      and exists (select 1 from client other where other.identity = excluded.identity and not other.is_second and other.id <> client.id))`;

type CaseBound = Extract<Effect, { kind: 'bind-case' }>;

async function writeBindings(
  db: PoolClient,
  effects: readonly Effect[],
  keyVersion: number,
): Promise<void> {
  const clients = new Map<string, IdentityPrints>();
  const bindings: CaseBound[] = [];
  for (const effect of effects) {
    if (effect.kind === 'bind-client') clients.set(effect.client, effect.prints);
    else if (effect.kind === 'bind-case') bindings.push(effect);
  }
  if (clients.size > 0) {
    // In one order everywhere: two batches that write the same clients must not wait for each other.
    const list = [...clients].toSorted(([a], [b]) => (a < b ? -1 : 1));
    await db.query({
      name: 'bind-clients',
      text: bindClientsSql,
      values: [
        list.map(([id]) => id),
        list.map(([, p]) => p.identity ?? null),
        list.map(([, p]) => p.nino ?? null),
        list.map(([, p]) => p.dateOfBirth),
        list.map(([, p]) => p.surname),
        list.map(([, p]) => p.keyVersion ?? keyVersion),
      ],
    });
  }
  if (bindings.length > 0) await writeCases(db, bindings);
}

async function writeCases(db: PoolClient, bindings: readonly CaseBound[]): Promise<void> {
  const cases = new Map(bindings.map((each) => [each.caseId, each]));
  const agencies = new Map(bindings.map((each) => [`${each.caseId}|${each.agency}`, each]));
  // Of two references of an office in one batch, the later.
  const references = new Map(
    bindings.flatMap((each) =>
      each.reference === undefined ? [] : [[`${each.caseId}|${each.office}`, each] as const],
    ),
  );
  await db.query({
    name: 'bind-cases',
    text: `insert into client_case (id, client, short_reference) select * from unnest($1::uuid[], $2::uuid[], $3::text[]) on conflict (id) do nothing`,
    values: [
      [...cases.keys()],
      [...cases.values()].map((each) => each.client),
      shortReferences(cases.size),
    ],
  });
  await db.query({
    name: 'bind-agencies',
    text: `insert into case_agency (case_id, agency) select * from unnest($1::uuid[], $2::text[]) on conflict (case_id, agency) do nothing`,
    values: [
      [...agencies.values()].map((each) => each.caseId),
      [...agencies.values()].map((each) => each.agency),
    ],
  });
  if (references.size === 0) return;
  await db.query({
    name: 'keep-references',
    text: `insert into case_reference (case_id, party, reference) select * from unnest($1::uuid[], $2::text[], $3::text[])
      on conflict (case_id, party) do update set reference = excluded.reference where excluded.reference <> case_reference.reference`,
    values: [
      [...references.values()].map((each) => each.caseId),
      [...references.values()].map((each) => each.office),
      [...references.values()].map((each) => each.reference),
    ],
  });
}

/** One that is drawn a second time the index refuses: the batch comes again, and others are drawn. */
function shortReferences(count: number): string[] {
  const random = randomBytes(count * shortReferenceBytes);
  return Array.from({ length: count }, (_, index) =>
    shortReference(random.subarray(index * shortReferenceBytes)),
  );
}
