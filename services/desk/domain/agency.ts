import type { PartyKind } from '#libs/contracts/party.js';
import type { Job } from '#libs/contracts/steps.js';

export interface Office {
  readonly id: string;
  readonly kind: PartyKind;
  readonly name: string;
  readonly phone?: string | undefined;
  /** The office's record system, where it has one. Of job centres alone. */
  readonly record?: RecordPlace | undefined;
}

/** A webhook's address, or a folder for files. Its secret or key lies beside: adapters/agency.file.ts. */
export type RecordPlace = { readonly webhook: string } | { readonly folder: string };

export interface Colleague {
  readonly id: string;
  readonly office: string;
  readonly job: Job;
  readonly name: string;
  readonly deputy: string;
  /** First and last day away, as the agency's own list says it. */
  readonly awayFrom?: string | undefined;
  readonly awayUntil?: string | undefined;
}

/** The one agency of this desk: its offices and its people. */
export interface Agency {
  readonly id: string;
  readonly offices: readonly Office[];
  readonly people: readonly Colleague[];
}

/** Who is signed in, and where they work. */
export interface Viewer {
  readonly person: Colleague;
  readonly office: Office;
}

/** The viewer of a person id; undefined for who does not work here. */
export function viewerOf(agency: Agency, personId: string): Viewer | undefined {
  const person = agency.people.find(({ id }) => id === personId);
  const office = agency.offices.find(({ id }) => id === person?.office);
  return person === undefined || office === undefined ? undefined : { person, office };
}

/** The offices that a person may work for: their own first, then those of colleagues whom they stand in for. */
export function officesOf(agency: Agency, { person, office }: Viewer): readonly Office[] {
  const stoodInFor = agency.people
    .filter(({ deputy }) => deputy === person.id)
    .map((colleague) => colleague.office);
  const others = agency.offices.filter(({ id }) => id !== office.id && stoodInFor.includes(id));
  return [office, ...others];
}

const leaderJobs: readonly Job[] = ['performance-team-leader', 'nominated-officer', 'manager'];

/** The offices whose board a person sees: they lead it, or they stand in for its leader. Their own comes first. */
export function officesLed(
  { offices, people }: Agency,
  { person, office }: Viewer,
): readonly Office[] {
  const led = people
    .filter(({ job }) => leaderJobs.includes(job))
    .filter(({ id, deputy }) => id === person.id || deputy === person.id)
    .map((leader) => leader.office);
  const found = offices.filter(({ id }) => led.includes(id));
  return [
    ...found.filter(({ id }) => id === office.id),
    ...found.filter(({ id }) => id !== office.id),
  ];
}

/** A person's name; the id of who has left stays readable. */
export const nameOf = (agency: Agency, personId: string): string =>
  agency.people.find(({ id }) => id === personId)?.name ?? personId;
