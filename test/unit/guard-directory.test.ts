import { describe, expect, it } from '@jest/globals';
import type { PartyPut } from '#libs/contracts/service-forms.js';
import { Directory } from '#services/consent-guard/domain/directory.js';
import { World } from '#services/consent-guard/domain/world.js';
import { personOf } from '#test/support/guard-builders.js';

const office: PartyPut = {
  party: 'jcp_new',
  kind: 'jobcentre',
  agency: 'jcp',
  name: 'A new office',
  serves: [],
  dutyPerson: 'p_new',
  teamLeader: 'p_new',
  active: true,
};
const adviser = { person: 'p_new', party: 'jcp_new', job: 'adviser', active: true } as const;

const committed = (): Directory =>
  Directory.of(
    [{ ...office, id: 'jcp_old' }],
    [{ id: personOf('jcp_old'), party: 'jcp_old', active: true }],
  );
const worldOver = (directory: Directory): World =>
  new World({ directory, clients: [], cases: [], scopes: [], records: [], held: [] });

describe('the directory that a batch judges by', () => {
  it('has what the batch has put so far, over what is committed', () => {
    const world = worldOver(committed());
    world.apply({ kind: 'put-party', party: office });
    world.apply({ kind: 'put-person', person: { ...adviser, deputy: 'p_new' } });
    expect(world.directory.party('jcp_new')).toMatchObject({ agency: 'jcp' });
    expect(world.directory.agencyOfPerson('p_new')).toBe('jcp');
    expect(world.directory.party('jcp_old')).toBeDefined();
    world.apply({ kind: 'put-party', party: { ...office, party: 'jcp_old', active: false } });
    expect(world.directory.party('jcp_old')).toBeUndefined();
    // A person who is entered below is looked up at the office as this batch has it.
    expect(world.directory.agencyOfPerson(personOf('jcp_old'))).toBeUndefined();
  });

  it('is its own: neither the committed directory nor another batch over it changes', () => {
    const shared = committed();
    const [one, other] = [worldOver(shared), worldOver(shared)];
    one.apply({ kind: 'put-party', party: office });
    one.apply({ kind: 'put-party', party: { ...office, party: 'jcp_old', agency: 'other' } });
    one.apply({ kind: 'put-person', person: { ...adviser, deputy: 'p_new' } });
    for (const directory of [shared, other.directory, worldOver(shared).directory]) {
      expect(directory.party('jcp_new')).toBeUndefined();
      expect(directory.party('jcp_old')).toMatchObject({ agency: 'jcp' });
      expect(directory.agencyOfPerson('p_new')).toBeUndefined();
      expect(directory.agencyEntered('p_new')).toBeUndefined();
    }
  });
});
