import { describe, expect, it } from '@jest/globals';
import { checkDirectory } from '#services/operator/domain/check-directory.js';
import type {
  DirectoryFile,
  PartyEntry,
  PersonEntry,
} from '#services/operator/domain/directory-file.js';
import { planDirectory } from '#services/operator/domain/plan-directory.js';
import { renderTable } from '#services/operator/domain/render-table.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';

const party = (id: string, changes: Partial<PartyEntry> = {}): PartyEntry => ({
  id,
  kind: 'jobcentre',
  agency: 'jcp',
  name: id,
  serves: [],
  dutyPerson: 'p_one',
  teamLeader: 'p_two',
  active: true,
  ...changes,
});
const person = (id: string, deputy: string, changes: Partial<PersonEntry> = {}): PersonEntry => ({
  id,
  party: 'jcp_leeds',
  job: 'adviser',
  deputy,
  name: id,
  address: `${id}@example.org`,
  key: true,
  active: true,
  ...changes,
});
const file = (changes: Partial<DirectoryFile> = {}): DirectoryFile => ({
  parties: [party('jcp_leeds')],
  people: [person('p_one', 'p_two'), person('p_two', 'p_one')],
  ...changes,
});
const lines = (checked: DirectoryFile): string[] =>
  checkDirectory(checked).map(({ field, detail }) => `${field}: ${detail}`);

describe('a directory file', () => {
  it('of the sample is right, and holds one person without a key', async () => {
    const sample = await readSampleDirectory();
    expect(checkDirectory(sample)).toEqual([]);
    expect(sample.people.filter(({ key }) => !key)).toHaveLength(1);
  });

  it('is wrong where somebody has no deputy of the same agency', () => {
    const trt = party('trt_aire', {
      kind: 'treatment-provider',
      agency: 'trt_aire',
      dutyPerson: 'p_three',
      teamLeader: 'p_three',
    });
    const three = person('p_three', 'p_one', { party: 'trt_aire' });
    expect(
      lines(file({ parties: [party('jcp_leeds'), trt], people: [...file().people, three] })),
    ).toEqual(['people[2].deputy: p_one works at another agency (jcp, not trt_aire)']);
    expect(lines(file({ people: [person('p_one', 'p_one'), person('p_two', 'p_gone')] }))).toEqual([
      'people[0].deputy: p_one cannot stand in for themselves',
      'people[1].deputy: there is no person p_gone',
    ]);
  });

  it('is wrong where a manager is a stranger, a contract is nobody’s, or days are in the wrong order', () => {
    const odd = party('jcp_leeds', { manager: 'p_gone', contract: 'pathways' });
    const away = person('p_one', 'p_two', { absentFrom: '2026-03-13', absentUntil: '2026-03-02' });
    const gone = person('p_two', 'p_one', { joinsOn: '2026-03-02', leavesOn: '2026-03-01' });
    const open = person('p_three', 'p_one', { absentUntil: '2026-03-02' });
    expect(lines(file({ parties: [odd], people: [away, gone, open] }))).toEqual([
      'parties[0].manager: there is no person p_gone',
      'parties[0].contract: only a contracted provider has a contract',
      'people[0].absentUntil: lies before absentFrom',
      'people[1].leavesOn: lies before joinsOn',
      'people[2].absentFrom: give the first day away too',
    ]);
  });

  it('is wrong where a party has no duty person, a stranger as team leader, a reserved name, or an area that is no district', () => {
    const odd = party('svc_router', {
      dutyPerson: 'p_gone',
      serves: [{ role: 'treatment', district: 'atlantis' }],
    });
    expect(lines(file({ parties: [party('jcp_leeds'), odd] }))).toEqual([
      "parties[1].id: svc_router is not a name that an agency's party may bear",
      'parties[1].serves[0].district: atlantis is not a district; write it as west-yorkshire',
      'parties[1].dutyPerson: there is no person p_gone',
    ]);
    expect(lines(file({ parties: [party('jcp_leeds'), party('jcp_leeds')] }))).toEqual([
      'parties[1].id: jcp_leeds stands there twice',
    ]);
    expect(
      lines(file({ people: [...file().people, person('p_lost', 'p_one', { party: 'jcp_hull' })] })),
    ).toEqual(['people[2].party: there is no party jcp_hull']);
  });

  it('may refer to people and parties that the mesh has already', () => {
    const has = { parties: [{ ...plannedParty(file()), serves: [] }], people: [] };
    expect(checkDirectory({ parties: [], people: file().people }, has)).toEqual([]);
  });
});

const plannedParty = (
  of: DirectoryFile,
): {
  party: string;
  kind: 'jobcentre';
  agency: string;
  name: string;
  dutyPerson: string;
  teamLeader: string;
  active: boolean;
} => {
  const [{ id, agency, name, dutyPerson, teamLeader, active }] = of.parties as [PartyEntry];
  return { party: id, kind: 'jobcentre', agency, name, dutyPerson, teamLeader, active };
};

describe('the plan', () => {
  it('puts parties before people before mailboxes, and leaves out what is so already, in whatever order its fields come', () => {
    const plan = planDirectory(file(), { parties: [], people: [] }, new Map([['p_one', 'KEY']]));
    expect(plan.map(({ what }) => what)).toEqual([
      'party jcp_leeds',
      'person p_one',
      'person p_two',
      'mailbox p_one',
      'mailbox p_two (no key: mail is held)',
    ]);
    const reversed = Object.fromEntries(Object.entries(plan[0]?.data ?? {}).toReversed());
    const again = planDirectory(file(), { parties: [reversed as never], people: [] }, new Map());
    expect(again.map(({ needed }) => needed)).toEqual([false, true, true, true, true]);
  });
});

describe('a table', () => {
  it('lines its columns up', () => {
    expect(
      renderTable(
        ['a', 'long'],
        [
          ['one', 'x'],
          ['2', ''],
        ],
      ),
    ).toBe('a    long\n---  ----\none  x\n2');
    expect(renderTable(['a'], [], 'no rows')).toBe('no rows');
  });
});
