import type { Job } from '#libs/contracts/steps.js';
import type { PartyKind } from '#libs/contracts/party.js';
import type { AreaRole } from '#libs/contracts/address.js';

/** A party as an operator writes it down. */
export interface PartyEntry {
  readonly id: string;
  readonly kind: PartyKind;
  readonly agency: string;
  readonly name: string;
  readonly serves: readonly { readonly role: AreaRole; readonly district: string }[];
  readonly dutyPerson: string;
  readonly teamLeader: string;
  readonly manager?: string | undefined;
  readonly contract?: 'pathways' | 'flexible-new-deal' | undefined;
  readonly phone?: string | undefined;
  /** Of a job centre: where its overdue steps are counted. */
  readonly district?: string | undefined;
  readonly active: boolean;
}

/** A person as an operator writes them down. `key: false`: known to have no OpenPGP key yet, so their mail will be held. */
export interface PersonEntry {
  readonly id: string;
  readonly party: string;
  readonly job: Job;
  readonly deputy: string;
  readonly name: string;
  readonly address: string;
  readonly key: boolean;
  readonly active: boolean;
  readonly joinsOn?: string | undefined;
  readonly leavesOn?: string | undefined;
  readonly absentFrom?: string | undefined;
  readonly absentUntil?: string | undefined;
}

export interface DirectoryFile {
  readonly parties: readonly PartyEntry[];
  readonly people: readonly PersonEntry[];
}

/** What is wrong with the file and where: `people[3].deputy`. */
export interface FileProblem {
  readonly field: string;
  readonly detail: string;
}
