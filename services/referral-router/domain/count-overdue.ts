import { fewestShown } from '#libs/contracts/ask-router.js';
import { districts, findDistrict } from '#libs/contracts/districts.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { PartyPut } from '#libs/contracts/service-forms.js';
import { type Directory, findPerson, isInOffice } from './find-person.js';

interface Counted {
  readonly district: string | null;
  readonly steps: number;
}
interface Figure {
  readonly region: string;
  readonly overdue: number | null;
}

const regions: readonly string[] = [...new Set(districts.map(({ region }) => region))];

/**
 * Steps by region: every region, or the one asked for; null where fewer than five are counted, none included, so that no figure points at
 * a person. Offices without a district are counted nowhere.
 * @throws MeshError `malformed-message` for a region that there is not
 */
export function figuresByRegion(counted: readonly Counted[], region?: string): readonly Figure[] {
  if (region !== undefined && !regions.includes(region))
    throw new MeshError('malformed-message', `region must be one of: ${regions.join(', ')}`, {
      field: 'region',
    });
  return (region === undefined ? regions : [region]).map((each) => {
    const steps = counted
      .filter(({ district }) => findDistrict(district ?? '')?.region === each)
      .reduce((sum, one) => sum + one.steps, 0);
    return { region: each, overdue: steps < fewestShown ? null : steps };
  });
}

/** An office where nobody could answer on that day: neither duty person nor team leader nor who stands in for them is in office. */
export function isUnattended(
  { party, active }: PartyPut,
  directory: Directory,
  today: string,
): boolean {
  const answers = findPerson({ party, who: 'team-leader' }, [], directory, today);
  return active && !isInOffice(directory.person(answers), today);
}
