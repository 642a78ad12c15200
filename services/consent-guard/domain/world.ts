import type { MeshEnvelope } from '#libs/contracts/mesh-message.js';
import { ClientBook } from './client-book.js';
import type { Client, ShownPrints } from './client-identity.js';
import {
  Directory,
  type DirectoryParty,
  type DirectoryPerson,
  partyOf,
  personOf,
} from './directory.js';
import type { Effect } from './effect.js';
import type { GuardRecord } from './guard-record.js';
import { type Scope, type Scopes, scopeKey } from './scope.js';

export interface CaseBinding {
  readonly id: string;
  readonly client: string;
  /** Agencies the case is bound to. */
  readonly agencies: ReadonlySet<string>;
  /** Each office's own reference, by party. */
  readonly references: ReadonlyMap<string, string>;
  /** The same on both sides. Absent until the case is stored. */
  readonly shortReference?: string | undefined;
}

/** A message that waits for a route, decrypted for the decision. */
export interface HeldMessage {
  readonly record: GuardRecord;
  readonly envelope: MeshEnvelope;
}

export interface WorldParts {
  readonly directory: Directory;
  readonly clients: Iterable<Client>;
  readonly cases: Iterable<CaseBinding>;
  /** Clients of whom an agency has a case that is not among `cases`: client, agency. */
  readonly holders?: Iterable<readonly [client: string, agency: string]>;
  readonly scopes: Iterable<Scope>;
  /** The newest record of every message that the batch may cite, by message id. */
  readonly records: Iterable<GuardRecord>;
  /** Of cases whose past the batch is judged by: the agencies' own messages, in the order they were recorded. */
  readonly history?: Iterable<GuardRecord>;
  readonly held: Iterable<HeldMessage>;
  /** Requests for a client's view that were released before. */
  readonly releasedViews?: Iterable<string>;
}

type CaseBound = Extract<Effect, { kind: 'bind-case' }>;

const noScopes: Scopes = new Map();

/**
 * What was read for a batch, and what the batch has changed so far: a consent given or withdrawn counts for the very next message of the
 * same batch. Plain memory; nothing here is true before it is committed.
 */
export class World {
  /** The directory as committed, under the entries that this batch has put so far. */
  readonly directory: Directory;
  private readonly parties = new Map<string, DirectoryParty>();
  private readonly people = new Map<string, DirectoryPerson>();
  private readonly clients: ClientBook;
  private readonly holders: ReadonlySet<string>;
  private readonly cases = new Map<string, CaseBinding>();
  private readonly scopes = new Map<string, Map<string, Scope>>();
  /** Of the same lines those that DPA1 is judged by: a client can have hundreds of others. */
  private readonly recordLines = new Map<string, Map<string, Scope>>();
  private readonly records = new Map<string, GuardRecord>();
  private readonly histories = new Map<string, Map<string, GuardRecord>>();
  private readonly held = new Map<string, HeldMessage>();
  private readonly releasedViews: Set<string>;

  constructor(parts: WorldParts) {
    this.directory = new Directory(this.parties, this.people, parts.directory);
    this.releasedViews = new Set(parts.releasedViews);
    this.holders = new Set(
      [...(parts.holders ?? [])].map(([client, agency]) => `${client} ${agency}`),
    );
    this.clients = new ClientBook(parts.clients);
    for (const binding of parts.cases) this.cases.set(binding.id, binding);
    for (const scope of parts.scopes) this.putScope(scope);
    for (const record of parts.records) this.putRecord(record);
    for (const record of parts.history ?? []) this.putRecord(record);
    for (const held of parts.held) this.held.set(held.record.id, held);
  }

  client = (id: string): Client | undefined => this.clients.get(id);
  clientShown = (shown: ShownPrints): Client | undefined => this.clients.shown(shown);
  clientsWithNino = (shown: ShownPrints): readonly Client[] => this.clients.withNino(shown);
  case = (id: string): CaseBinding | undefined => this.cases.get(id);
  scopesOf = (client: string): Scopes => this.scopes.get(client) ?? noScopes;
  recordLinesOf = (client: string): Iterable<Scope> => this.recordLines.get(client)?.values() ?? [];
  record = (id: string): GuardRecord | undefined => this.records.get(id);
  /** The agencies' own messages in a case, each as it stands, in the order they came to stand so. Complete only where it was read. */
  historyOf = (caseId: string): readonly GuardRecord[] => [
    ...(this.histories.get(caseId)?.values() ?? []),
  ];
  heldMessage = (id: string): HeldMessage | undefined => this.held.get(id);
  isViewReleased = (request: string): boolean => this.releasedViews.has(request);

  /** Has this agency a case of this client? */
  hasCase(agency: string, client: string): boolean {
    if (this.holders.has(`${client} ${agency}`)) return true;
    return [...this.cases.values()].some(
      (binding) => binding.client === client && binding.agencies.has(agency),
    );
  }

  putRecord(record: GuardRecord): void {
    const known = this.records.get(record.id);
    if (known !== undefined && known.ordinal > record.ordinal) return;
    this.records.set(record.id, record);
    if (record.senderKind !== 'service') this.putHistory(record);
  }

  private putHistory(record: GuardRecord): void {
    if (record.caseId === undefined) return;
    const history = this.histories.get(record.caseId) ?? new Map<string, GuardRecord>();
    // To the end: what waited and is cleared now came to stand now.
    history.delete(record.id);
    history.set(record.id, record);
    this.histories.set(record.caseId, history);
  }

  apply(effect: Effect): void {
    switch (effect.kind) {
      case 'bind-client':
        return this.clients.bind(effect.client, effect.prints);
      case 'bind-case':
        return this.bindCase(effect);
      case 'put-scopes':
        for (const scope of effect.scopes) this.putScope(scope);
        return undefined;
      case 'put-party':
        this.parties.set(effect.party.party, partyOf(effect.party));
        return undefined;
      case 'put-person':
        this.people.set(effect.person.person, personOf(effect.person));
        return undefined;
      case 'hold':
        this.held.set(effect.record.id, { record: effect.record, envelope: effect.envelope });
        return undefined;
      case 'release-view':
        this.releasedViews.add(effect.request);
        return undefined;
      case 'release':
        this.held.delete(effect.id);
        return undefined;
      case 'deliver':
      case 'withdraw':
      case 'redrive':
      case 'put-agreement': // no message is judged by it
      case 'report-dead':
      case 'keep-consent':
      case 'keep-lines':
      case 'keep-withdrawal':
        return undefined;
    }
  }

  private bindCase({ caseId: id, client, agency, office, reference }: CaseBound): void {
    const known = this.cases.get(id);
    const agencies = new Set(known?.agencies);
    agencies.add(agency);
    const references = new Map(known?.references);
    if (reference !== undefined) references.set(office, reference);
    this.cases.set(id, { ...known, id, client, agencies, references });
  }

  private putScope(scope: Scope): void {
    for (const book of scope.purpose === 'record-on-lms'
      ? [this.scopes, this.recordLines]
      : [this.scopes]) {
      const lines = book.get(scope.client) ?? new Map<string, Scope>();
      lines.set(scopeKey(scope.from, scope.to, scope.purpose), scope);
      book.set(scope.client, lines);
    }
  }
}
