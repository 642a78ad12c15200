import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '#libs/contracts/steps.js';
import type { PartyKind } from '#libs/contracts/party.js';

/** Of a directory file, what a desk is told of its agency. */
export interface AgencyEntries {
  readonly parties: readonly {
    readonly id: string;
    readonly kind: PartyKind;
    readonly agency: string;
    readonly name: string;
    readonly phone?: string | undefined;
  }[];
  readonly people: readonly {
    readonly id: string;
    readonly party: string;
    readonly job: Job;
    readonly name: string;
    readonly deputy: string;
    readonly absentFrom?: string | undefined;
    readonly absentUntil?: string | undefined;
  }[];
}

/**
 * DESK_FOLDER of an agency's desk: `agency.json`, and the token of each of its offices in `<office>.token`; of no other agency's.
 * @param tokenOf undefined: its token was handed over already, and the file that is there stays
 */
export async function writeAgencyFolder(
  folder: string,
  agency: string,
  {
    directory,
    tokenOf,
    recordOf = keptRecords(folder),
  }: {
    readonly directory: AgencyEntries;
    readonly tokenOf: (office: string) => string | undefined;
    /** The record system of an office, where it has one. Absent: as it stands in the file that is there. */
    readonly recordOf?: (office: string) => object | undefined;
  },
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const offices = directory.parties
    .filter((party) => party.agency === agency)
    .map(({ id, kind, name, phone }) => ({ id, kind, name, phone, record: recordOf(id) }));
  const people = directory.people
    .filter(({ party }) => offices.some(({ id }) => id === party))
    .map(({ party: office, absentFrom: awayFrom, absentUntil: awayUntil, ...person }) => {
      const { id, job, name, deputy } = person;
      return { id, office, job, name, deputy, awayFrom, awayUntil };
    });
  const file = JSON.stringify({ id: agency, offices, people }, undefined, 2);
  await writeFile(join(folder, 'agency.json'), `${file}\n`, { mode: 0o600 });
  for (const { id } of offices) {
    const token = tokenOf(id);
    if (token !== undefined) await writeFile(join(folder, `${id}.token`), token, { mode: 0o600 });
  }
}

/** The agency itself writes where its offices' record systems are: that outlives a new list of offices and people. */
function keptRecords(folder: string): (office: string) => object | undefined {
  const path = join(folder, 'agency.json');
  if (!existsSync(path)) return () => undefined;
  const { offices } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly offices: readonly { readonly id: string; readonly record?: object }[];
  };
  return (office) => offices.find(({ id }) => id === office)?.record;
}
