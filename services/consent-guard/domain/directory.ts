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

/** Who exists: parties with their agency, people with their party. The services of the mesh are known without being entered. */
export class Directory {
  private readonly parties = new Map<string, DirectoryParty>();
  private readonly people = new Map<string, DirectoryPerson>();

  constructor(parties: Iterable<DirectoryParty>, people: Iterable<DirectoryPerson>) {
    for (const party of parties) this.parties.set(party.id, party);
    for (const person of people) this.people.set(person.id, person);
  }

  /** The party, when it is entered and active. */
  party(id: string): DirectoryParty | undefined {
    const party = this.parties.get(id);
    return party?.active === true ? party : undefined;
  }

  /** The agency that an active person works for. */
  agencyOfPerson(id: string): string | undefined {
    const person = this.people.get(id);
    return person?.active === true ? this.party(person.party)?.agency : undefined;
  }

  /** Whether a person's last day in office is over. */
  hasLeft(id: string, nowMs: number): boolean {
    const leavesOn = this.people.get(id)?.leavesOn;
    return leavesOn !== undefined && leavesOn < londonDate(new Date(nowMs));
  }

  /** The agency of the party where a person is entered, at work there or not. */
  agencyEntered(id: string): string | undefined {
    const person = this.people.get(id);
    return person === undefined ? undefined : this.parties.get(person.party)?.agency;
  }

  partyOfPerson(id: string): DirectoryParty | undefined {
    const person = this.people.get(id);
    return person?.active === true ? this.party(person.party) : undefined;
  }

  /** The job of an active person. */
  jobOfPerson(id: string): Job | undefined {
    const person = this.people.get(id);
    return person?.active === true ? person.job : undefined;
  }

  serves(id: string, role: AreaRole, district: string): boolean {
    return (
      this.party(id)?.serves.some(
        (served) => served.role === role && served.district === district,
      ) ?? false
    );
  }

  putParty(put: PartyPut): void {
    this.parties.set(put.party, {
      id: put.party,
      kind: put.kind,
      agency: put.agency,
      serves: put.serves,
      active: put.active,
      name: put.name,
      phone: put.phone,
      contract: put.contract,
    });
  }

  putPerson(put: PersonPut): void {
    this.people.set(put.person, {
      id: put.person,
      party: put.party,
      active: put.active,
      job: put.job,
      leavesOn: put.leavesOn,
    });
  }
}
