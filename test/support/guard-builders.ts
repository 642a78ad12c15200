import { createHash } from 'node:crypto';
import type { DeliveredMessage } from '#libs/contracts/mesh-message.js';
import { ownEffectId, uuidV7 } from '#libs/contracts/message-id.js';
import { isServiceParty } from '#libs/contracts/party.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import { readMessage } from '#libs/contracts/read-message.js';
import { decide } from '#services/consent-guard/domain/decide.js';
import type { Decision } from '#services/consent-guard/domain/decision.js';
import { Directory, type DirectoryParty } from '#services/consent-guard/domain/directory.js';
import type { Incoming } from '#services/consent-guard/domain/incoming.js';
import type { Scope } from '#services/consent-guard/domain/scope.js';
import { World, type WorldParts } from '#services/consent-guard/domain/world.js';
import { type ClientShown, type FormContext, forms, maria } from './guard-forms.js';

export const district = 'lambeth-southwark-and-wandsworth';

const treatment = [{ role: 'treatment' as const, district }];
const party = (
  id: string,
  kind: DirectoryParty['kind'],
  agency: string,
  serves: DirectoryParty['serves'] = [],
): DirectoryParty => ({
  id,
  kind,
  agency,
  serves,
  active: true,
  name: id,
});

/** Two offices of one job-centre agency, a contracted provider, two treatment providers, a single point of contact, probation. */
export const parties: readonly DirectoryParty[] = [
  party('jcp_wandsworth', 'jobcentre', 'jcp'),
  party('jcp_lambeth', 'jobcentre', 'jcp'),
  party('cp_works', 'contracted-provider', 'works'),
  party('tp_river', 'treatment-provider', 'river', treatment),
  party('tp_hill', 'treatment-provider', 'hill', treatment),
  party('spoc_south', 'spoc', 'gateway_south', treatment),
  party('probation_south', 'probation', 'probation'),
];

/** The one person of a party. */
export const personOf = (partyId: string): string => `p_${partyId}`;

export const newDirectory = (): Directory =>
  Directory.of(
    parties,
    parties.map(({ id }) => ({ id: personOf(id), party: id, active: true })),
  );

/** A Monday morning. */
export const monday = Date.parse('2026-03-02T09:00:00Z');
const dayMs = 24 * 3_600_000;

/** Hashes as the guard would keep them, without its key. */
export const printsOf = (client: ClientShown): Exclude<Incoming['prints'], undefined> => ({
  identity: 'nino' in client ? `${client.nino} ${client.dateOfBirth} ${client.surname}` : undefined,
  nino: 'nino' in client ? `nino ${client.nino}` : undefined,
  dateOfBirth: `born ${client.dateOfBirth}`,
  surname: `name ${client.surname}`,
});

export const uuidOf = (seed: string): string =>
  uuidV7(monday, createHash('sha256').update(seed).digest());

/** The id of the message that such a sender makes of such a seed. */
export const messageId = (from: string, seed: string, nowMs = monday): string =>
  isServiceParty(from)
    ? ownEffectId(from, seed, 'message')
    : uuidV7(nowMs, createHash('sha256').update(seed).digest());

export interface Sent {
  readonly from: string;
  readonly name: MessageName;
  readonly to: string;
  readonly data?:
    | Readonly<Record<string, unknown>>
    | ((context: FormContext) => Readonly<Record<string, unknown>>);
  readonly case?: string;
  readonly caseref?: string;
  readonly client?: ClientShown;
  readonly cites?: string;
  /** What the message's id is made from, where it matters; else each has a new one. */
  readonly seed?: string;
}

/**
 * A guard without its database: one message after the other is read, decided and applied to the same world, as within one batch. Tests set
 * `nowMs`, look at what each decision did, and at `delivered`.
 */
export class GuardDesk {
  readonly world: World;
  readonly delivered: {
    readonly id: string;
    readonly recipient: string;
    readonly message: DeliveredMessage;
  }[] = [];
  nowMs = monday;
  private count = 0;

  constructor(known: Partial<WorldParts> = {}) {
    this.world = new World({
      directory: newDirectory(),
      clients: [],
      cases: [],
      scopes: [],
      records: [],
      held: [],
      ...known,
    });
  }

  /** The message as it would come before the guard. @throws when its shape is wrong: a mistake of the test. */
  incoming(sent: Sent): Incoming {
    this.count += 1;
    const isService = sent.from.startsWith('svc_');
    const client = sent.client ?? maria;
    const now = new Date(this.nowMs).toISOString();
    const person = isService ? '' : personOf(sent.from);
    const context = {
      client,
      now,
      today: now.slice(0, 10),
      later: this.inDays(7),
      cites: sent.cites ?? '',
      person,
    };
    const build = sent.data ?? forms[sent.name] ?? {};
    const data = typeof build === 'function' ? build(context) : build;
    const seed = sent.seed ?? `${this.count} ${this.nowMs}`;
    const read = readMessage(
      {
        specversion: '1.0',
        id: messageId(sent.from, seed, this.nowMs),
        source: `/parties/${sent.from}`,
        type: typeOf(sent.name),
        time: now,
        to: sent.to,
        ...(isService ? {} : { actor: person, case: sent.case ?? uuidOf('case') }),
        ...(sent.caseref === undefined ? {} : { caseref: sent.caseref }),
        data,
      },
      this.nowMs,
    );
    if (!read.ok)
      throw new Error(`the test's ${sent.name} is malformed: ${JSON.stringify(read.problems)}`);
    const shown = (read.message.envelope.data as { client?: ClientShown }).client;
    const prints = shown === undefined ? undefined : printsOf(shown);
    const derivedClient =
      prints === undefined
        ? undefined
        : uuidOf(prints.identity ?? `case ${read.message.envelope.case}`);
    return { read: read.message, sender: sent.from, prints, digest: '0'.repeat(64), derivedClient };
  }

  send(sent: Sent): Decision {
    return this.judge(this.incoming(sent));
  }

  judge(incoming: Incoming): Decision {
    const decision = decide(incoming, this.world, this.nowMs);
    for (const effect of decision.effects) {
      this.world.apply(effect);
      if (effect.kind === 'deliver') this.delivered.push(effect);
    }
    for (const record of [decision.record, ...decision.others]) this.world.putRecord(record);
    return decision;
  }

  inDays(days: number): string {
    return new Date(this.nowMs + days * dayMs).toISOString();
  }

  wait(days: number): void {
    this.nowMs += days * dayMs;
  }
}

/** A line of disclosure as it stands in the ledger. */
export const scopeOf = (more: Partial<Scope> = {}): Scope => ({
  client: uuidOf('client'),
  from: 'river',
  to: 'jcp',
  purpose: 'share-employment-needs',
  decision: 'given',
  excluded: [],
  validFromMs: monday - dayMs,
  validUntilMs: monday + dayMs,
  decidedAtMs: monday - dayMs,
  consentId: uuidOf('consent'),
  form: 'TPR2',
  ...more,
});
