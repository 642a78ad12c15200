import { londonDate } from '#libs/calendar/london-time.js';
import type { ViewConsent, ViewEntry } from '#libs/contracts/client-view.js';
import { districts } from '#libs/contracts/districts.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { Category, ConsentForm } from '#libs/contracts/purposes.js';
import type { GuardRecord } from './guard-record.js';
import { type Scope, anyone } from './scope.js';

/** A party as the directory names it. */
export interface NamedParty {
  readonly id: string;
  readonly agency: string;
  readonly kind: string;
  readonly name: string;
}

/** The newest record of a message, with when it was first recorded and what went with its delivery. */
export interface ToldRecord {
  readonly record: GuardRecord;
  readonly firstAt: Date;
  readonly told: readonly Category[];
  readonly withheld: readonly Category[];
  readonly isCollected: boolean;
  /** It was stopped, and its recipient may have had it all the same. */
  readonly mayBeHad?: boolean;
}

export interface TakenConsent {
  readonly id: string;
  readonly form: ConsentForm;
  readonly recordedAt: Date;
}

type Named = ViewEntry['from'];

/** How people know those who take part. An agency with several offices bears the name of its kind, else of its first. */
export class PartyNames {
  private readonly parties: ReadonlyMap<string, NamedParty>;

  constructor(private readonly all: readonly NamedParty[]) {
    this.parties = new Map(all.map((party) => [party.id, party]));
  }

  ofParty(id: string): Named {
    if (id === 'guard') return { id, name: 'The consent guard of this network' };
    return { id, name: this.parties.get(id)?.name ?? this.ofArea(id) ?? id };
  }

  /** An agency, or a role in an area as it stands in the ledger. */
  ofAgency(id: string): Named {
    const role = /^role:[a-z]+@(.+)$/.exec(id)?.[1];
    if (role !== undefined) return { id, name: areaName(role) };
    const offices = this.all.filter((party) => party.agency === id);
    const [first] = offices;
    if (first === undefined) return { id, name: id };
    return {
      id,
      name: offices.length > 1 && first.kind === 'jobcentre' ? 'Jobcentre Plus' : first.name,
    };
  }

  private ofArea(address: string): string | undefined {
    const district = /^area:([^/]+)\//.exec(address)?.[1];
    return district === undefined ? undefined : areaName(district);
  }
}

const areaName = (slug: string): string =>
  `A treatment service in ${districts.find((each) => each.slug === slug)?.name ?? slug}`;

/** One message about the client, as the client may read it: who, to whom, what kind of thing, and what became of it; never its content. */
export function viewEntry(
  told: ToldRecord,
  consents: ReadonlyMap<string, TakenConsent>,
  names: PartyNames,
): ViewEntry {
  const { record } = told;
  const isSame = record.recipientAgency === record.senderAgency;
  const under = record.consents.flatMap((id) => consents.get(id) ?? []);
  const outcome = outcomeOf(told);
  const wentOut = outcome === 'told' || outcome === 'told-in-part';
  const reason = wentOut ? undefined : reasonOf(record);
  return {
    message: record.id,
    at: told.firstAt.toISOString(),
    type: typeOf(record.name),
    from: names.ofParty(record.sender),
    to: names.ofParty(record.recipient ?? record.to),
    outcome,
    ...(reason === undefined ? {} : { reason }),
    told: wentOut ? [...told.told] : [],
    withheld: wentOut ? [...told.withheld] : [],
    stopUsing: told.isCollected,
    sameAgency: isSame,
    consents: under.map(({ id, form, recordedAt }) => ({
      consent: id,
      form,
      recordedAt: recordedAt.toISOString(),
    })),
  };
}

function outcomeOf({ record, mayBeHad, withheld }: ToldRecord): ViewEntry['outcome'] {
  if (mayBeHad === true && record.verdict.kind === 'stopped')
    return withheld.length > 0 ? 'told-in-part' : 'told';
  switch (record.verdict.kind) {
    case 'cleared':
      return 'told';
    case 'cleared-in-part':
      return 'told-in-part';
    case 'waiting':
      return 'waiting';
    case 'refused':
      return 'blocked';
    case 'stopped':
      return 'stopped';
  }
}

function reasonOf({ verdict, inner }: GuardRecord): ViewEntry['reason'] {
  if (verdict.kind !== 'refused' && verdict.kind !== 'stopped') return undefined;
  switch (verdict.reason) {
    case 'no-consent-on-record':
      return inner === 'withdrawn' ? 'withdrawn' : 'no-consent';
    case 'withdrawn':
    case 'withdrawn-elsewhere':
      return 'withdrawn';
    case 'consent-changed':
    case 'limited-elsewhere':
      return 'limited';
    case 'unroutable':
    case 'route-timeout':
      return 'nobody-serves-area';
    case 'identity-mismatch':
      return 'details-did-not-match';
    default:
      return 'form-was-wrong';
  }
}

export interface ScopeWithHistory {
  readonly scope: Scope;
  readonly recordedAt: Date;
  readonly withdrawnAt: Date | undefined;
}

/** A line of consent as the client may read it; undefined for a withdrawal's own mark, which is no line. */
export function viewConsent(
  { scope, recordedAt, withdrawnAt }: ScopeWithHistory,
  nowMs: number,
  names: PartyNames,
): ViewConsent | undefined {
  if (scope.from === anyone) return undefined;
  return {
    from: names.ofAgency(scope.from),
    to: names.ofAgency(scope.to),
    purpose: scope.purpose,
    form: scope.form,
    state: stateOf(scope, nowMs),
    ruledOut: [...scope.excluded],
    validFrom: londonDate(new Date(scope.validFromMs)),
    validUntil: londonDate(new Date(scope.validUntilMs - 1)),
    recordedAt: recordedAt.toISOString(),
    ...(withdrawnAt === undefined ? {} : { withdrawnAt: withdrawnAt.toISOString() }),
  };
}

function stateOf(scope: Scope, nowMs: number): ViewConsent['state'] {
  if (scope.decision !== 'given') return scope.decision;
  if (nowMs < scope.validFromMs) return 'not-yet';
  return nowMs < scope.validUntilMs ? 'given' : 'lapsed';
}
