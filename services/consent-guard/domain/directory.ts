import { londonDate } from '#libs/calendar/london-time.js';
import type { AreaRole } from '#libs/contracts/address.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { PartyPut, PersonPut } from '#libs/contracts/service-forms.js';
import type { Job } from '#libs/contracts/steps.js';

export interface DirectoryParty {
  readonly id: string;
  readonly kind: PartyKind;
  readonly agency: string;
  readonly serves: readonly { readonly role: AreaRole; readonly district: string }[];
  readonly active: boolean;
  readonly name: string;
  readonly phone?: string | undefined;
  /** Of a contracted provider: by which form it tells of attendance. */
  readonly contract?: PartyPut['contract'];
}

export interface DirectoryPerson {
  readonly id: string;
  readonly party: string;
  readonly active: boolean;
  readonly job?: Job;
  /** Last day in office, `YYYY-MM-DD` in London. */
  readonly leavesOn?: string | undefined;
}

type Entries<T> = Pick<ReadonlyMap<string, T>, 'get'>;

/**
 * Who exists: parties with their agency, people with their party. The services of the mesh are known without being entered.
 * A directory has no way to be changed, since batches and asks share one. A batch lays its own entries over it.
 */
export class Directory {
  readonly #parties: Entries<DirectoryParty>;
  readonly #people: Entries<DirectoryPerson>;
  readonly #beneath: Directory | undefined;

  /** @param beneath answers for whoever is not among the entries */
  constructor(
    parties: Entries<DirectoryParty>,
    people: Entries<DirectoryPerson>,
    beneath?: Directory,
  ) {
    this.#parties = parties;
    this.#people = people;
    this.#beneath = beneath;
  }

  static of(parties: Iterable<DirectoryParty>, people: Iterable<DirectoryPerson>): Directory {
    return new Directory(byId(parties), byId(people));
  }

  /** The party, when it is entered and active. */
  party(id: string): DirectoryParty | undefined {
    const party = this.#partyEntered(id);
    return party?.active === true ? party : undefined;
  }

  /** The agency that an active person works for. */
  agencyOfPerson(id: string): string | undefined {
    const person = this.#personEntered(id);
    return person?.active === true ? this.party(person.party)?.agency : undefined;
  }

  /** Whether a person's last day in office is over. */
  hasLeft(id: string, nowMs: number): boolean {
    const leavesOn = this.#personEntered(id)?.leavesOn;
    return leavesOn !== undefined && leavesOn < londonDate(new Date(nowMs));
  }

  /** The agency of the party where a person is entered, at work there or not. */
  agencyEntered(id: string): string | undefined {
    const person = this.#personEntered(id);
    return person === undefined ? undefined : this.#partyEntered(person.party)?.agency;
  }

  partyOfPerson(id: string): DirectoryParty | undefined {
    const person = this.#personEntered(id);
    return person?.active === true ? this.party(person.party) : undefined;
  }

  /** The job of an active person. */
  jobOfPerson(id: string): Job | undefined {
    const person = this.#personEntered(id);
    return person?.active === true ? person.job : undefined;
  }

  serves(id: string, role: AreaRole, district: string): boolean {
    return (
      this.party(id)?.serves.some(
        (served) => served.role === role && served.district === district,
      ) ?? false
    );
  }

  #partyEntered(id: string): DirectoryParty | undefined {
    const beneath = this.#beneath;
    return this.#parties.get(id) ?? (beneath === undefined ? undefined : beneath.#partyEntered(id));
  }

  #personEntered(id: string): DirectoryPerson | undefined {
    const beneath = this.#beneath;
    return this.#people.get(id) ?? (beneath === undefined ? undefined : beneath.#personEntered(id));
  }
}

export const partyOf = (put: PartyPut): DirectoryParty => ({
  id: put.party,
  kind: put.kind,
  agency: put.agency,
  serves: put.serves,
  active: put.active,
  name: put.name,
  phone: put.phone,
  contract: put.contract,
});

export const personOf = (put: PersonPut): DirectoryPerson => ({
  id: put.person,
  party: put.party,
  active: put.active,
  job: put.job,
  leavesOn: put.leavesOn,
});

const byId = <T extends { readonly id: string }>(entries: Iterable<T>): Map<string, T> =>
  new Map(Array.from(entries, (entry) => [entry.id, entry]));
