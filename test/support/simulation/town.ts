import { addDays } from '#libs/calendar/local-date.js';
import type { PartyKind } from '#libs/contracts/party.js';
import {
  type PartyPut,
  type PersonPut,
  partyPutForm,
  personPutForm,
} from '#libs/contracts/service-forms.js';
import type { Job } from '#libs/contracts/steps.js';
import type { Chance } from './chance.js';

export const district = 'lambeth-southwark-and-wandsworth';

interface Office {
  readonly id: string;
  readonly kind: PartyKind;
  readonly agency: string;
  readonly job: Job;
  readonly leader: Job;
  readonly contract?: PartyPut['contract'];
}

const offices: readonly Office[] = [
  { id: 'jc_north', kind: 'jobcentre', agency: 'jc', job: 'adviser', leader: 'nominated-officer' },
  {
    id: 'jc_south',
    kind: 'jobcentre',
    agency: 'jc',
    job: 'adviser',
    leader: 'performance-team-leader',
  },
  {
    id: 'cp_path',
    kind: 'contracted-provider',
    agency: 'cp_path',
    job: 'adviser',
    leader: 'manager',
    contract: 'pathways',
  },
  {
    id: 'cp_deal',
    kind: 'contracted-provider',
    agency: 'cp_deal',
    job: 'adviser',
    leader: 'manager',
    contract: 'flexible-new-deal',
  },
  { id: 'gate', kind: 'spoc', agency: 'gate', job: 'duty-worker', leader: 'duty-worker' },
  ...['tp_river', 'tp_hill', 'tp_green'].map((id): Office => ({
    id,
    kind: 'treatment-provider',
    agency: id,
    job: 'keyworker',
    leader: 'manager',
  })),
  {
    id: 'prob_south',
    kind: 'probation',
    agency: 'prob_south',
    job: 'offender-manager',
    leader: 'manager',
  },
];

/** Where people of the same kind work. */
export const hosts = ['jc_north', 'jc_south', 'cp_path', 'cp_deal'] as const;
export const providers = ['tp_river', 'tp_hill', 'tp_green'] as const;
export const gateway = 'gate';
export const probation = 'prob_south';

export interface Town {
  readonly parties: readonly PartyPut[];
  readonly people: readonly PersonPut[];
}

const workers = 3;
const leaderOf = (office: string): string => `p_${office}_leader`;
const workerOf = (office: string, number: number): string => `p_${office}_${number}`;

/**
 * The agencies of one client's year, each with three people and a leader. People are away for weeks, one of an office at a time, and some
 * leave for good; who leads an office stays, so that there is always somebody in office.
 */
export function makeTown(chance: Chance, startsOn: string): Town {
  return {
    parties: offices.map(({ id, kind, agency, contract }) =>
      partyPutForm.parse({
        party: id,
        kind,
        agency,
        name: id,
        serves: id === gateway ? [{ role: 'treatment', district }] : [],
        dutyPerson: workerOf(id, 1),
        teamLeader: leaderOf(id),
        manager: leaderOf(id),
        phone: '020 7946 0000',
        ...(contract === undefined ? {} : { contract }),
      }),
    ),
    people: offices.flatMap((office) => peopleOf(office, chance, startsOn)),
  };
}

function peopleOf({ id, job, leader }: Office, chance: Chance, startsOn: string): PersonPut[] {
  let awayFrom = addDays(startsOn, chance.between(0, 60));
  const people = Array.from({ length: workers }, (_, index) => {
    const number = index + 1;
    const deputy = workerOf(id, (number % workers) + 1);
    const days = chance.between(5, 25);
    const absence = { absentFrom: awayFrom, absentUntil: addDays(awayFrom, days) };
    awayFrom = addDays(awayFrom, days + chance.between(10, 80));
    const leavesOn = addDays(startsOn, chance.between(20, 300));
    return personPutForm.parse({
      person: workerOf(id, number),
      party: id,
      job,
      deputy,
      ...(chance.isSo(0.5) ? absence : {}),
      // The duty person stays: who leaves is who holds cases.
      ...(number > 1 && chance.isSo(0.2) ? { leavesOn } : {}),
    });
  });
  const first = workerOf(id, 1);
  return [
    ...people,
    personPutForm.parse({ person: leaderOf(id), party: id, job: leader, deputy: first }),
  ];
}

/** In office on a day: neither away, nor gone. Worked out here once more: a check that asks the mesh would show nothing. */
export function isInOffice(person: PersonPut, day: string): boolean {
  const { active, joinsOn, leavesOn, absentFrom, absentUntil } = person;
  const isEmployed = active && (joinsOn ?? day) <= day && day <= (leavesOn ?? day);
  const isAway = absentFrom !== undefined && absentFrom <= day && day <= (absentUntil ?? day);
  return isEmployed && !isAway;
}
