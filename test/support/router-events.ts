import type { MeshEvent } from '#libs/contracts/mesh-event.js';
import { type MessageName, typeOf } from '#libs/contracts/message-table.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { Job } from '#libs/contracts/steps.js';

/**
 * A small directory: two job centres of one agency, two treatment providers, a single point of contact, a contracted provider, a
 * probation office.
 */
const kinds: Readonly<Record<string, PartyKind>> = {
  jcp_wandsworth: 'jobcentre',
  jcp_leeds: 'jobcentre',
  trt_acme: 'treatment-provider',
  trt_beacon: 'treatment-provider',
  spoc_lsw: 'spoc',
  cp_bright: 'contracted-provider',
  prob_london: 'probation',
  guard: 'service',
  svc_reminders: 'service',
  svc_notifier: 'service',
  svc_ops: 'service',
};
/** Contracted provider and probation office, for the protocol's other parts. */
export const contracted = 'cp_bright';
export const probation = 'prob_london';

export const district = 'lambeth-southwark-and-wandsworth';

/** What a party of the small directory is. */
export const kindOf = (party: string): PartyKind => kinds[party] ?? 'treatment-provider';

/** The agency of a party: the job centres are one. */
export const agencyOf = (party: string): string => (kinds[party] === 'jobcentre' ? 'jcp' : party);

export function partyPut(party: string, changes: Partial<PartyPut> = {}): PartyPut {
  const kind = kinds[party] ?? 'treatment-provider';
  const agency = agencyOf(party);
  const serves =
    kind === 'treatment-provider' || kind === 'spoc'
      ? [{ role: 'treatment' as const, district }]
      : [];
  return {
    party,
    kind,
    agency,
    name: party,
    serves,
    dutyPerson: `p_${party}_duty`,
    teamLeader: `p_${party}_lead`,
    active: true,
    ...changes,
  };
}

export function personPut(
  person: string,
  party: string,
  job: Job,
  changes: Partial<PersonPut> = {},
): PersonPut {
  return { person, party, job, deputy: `p_${party}_deputy`, active: true, ...changes };
}

/** Everybody at a party: duty, lead, deputy, and two workers. */
export function peopleOf(party: string): PersonPut[] {
  const worker: Job = party.startsWith('jcp') ? 'adviser' : 'keyworker';
  return [
    personPut(`p_${party}_duty`, party, 'duty-worker'),
    personPut(`p_${party}_lead`, party, 'performance-team-leader'),
    personPut(`p_${party}_deputy`, party, worker),
    personPut(`p_${party}_1`, party, worker),
    personPut(`p_${party}_2`, party, worker),
  ];
}

let made = 0;
/** A UUIDv7-shaped id that counts up. */
export const newId = (): string => `01900000-0000-7000-8000-${String(++made).padStart(12, '0')}`;

export const caseId = '3b241101-e2bb-4255-8caf-4136c566a962';

/** An event as the guard puts it on EVENTS. `seq` counts up, kinds follow the parties, the time is a Wednesday morning. */
export function meshEvent(
  name: MessageName,
  changes: Partial<MeshEvent> & { sender: string; to: string },
): MeshEvent {
  const id = changes.id ?? newId();
  const senderKind =
    changes.sender === 'guard' ? 'guard' : (kinds[changes.sender] ?? 'treatment-provider');
  const recipientKind = kinds[changes.to];
  return {
    id,
    seq: ++made,
    type: typeOf(name),
    verdict: 'cleared',
    senderKind,
    ...(recipientKind === undefined ? {} : { recipientKind }),
    case: caseId,
    actor: `p_${changes.sender}_1`,
    time: '2026-03-04T09:00:00Z',
    recordedAt: '2026-03-04T09:00:00Z',
    facts: {},
    ...changes,
  };
}

/** The directory of `parties` as events of the operator. */
export function directoryEvents(parties: readonly string[]): MeshEvent[] {
  const put = (name: MessageName, directory: PartyPut | PersonPut): MeshEvent => {
    const {
      case: _case,
      actor: _actor,
      ...event
    } = meshEvent(name, { sender: 'svc_ops', to: 'mesh', directory });
    return event;
  };
  return parties.flatMap((party) => [
    put('directory.party-put', partyPut(party)),
    ...peopleOf(party).map((person) => put('directory.person-put', person)),
  ]);
}
