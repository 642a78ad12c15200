import type { FactValue } from './service-forms.js';

/** The value that a fact must have, the values that it may have, or whether it is there at all. */
type FactTest = string | boolean | readonly string[] | { readonly present: boolean };

/** What the facts of a message must say: every fact named here passes its test. */
export type Condition = Readonly<Record<string, FactTest>>;

/** @returns true where there is no condition. A fact that is missing passes only `{ present: false }`. */
export function meets(
  facts: Readonly<Record<string, FactValue>>,
  condition: Condition | undefined,
): boolean {
  if (condition === undefined) return true;
  return Object.entries(condition).every(([fact, test]) => passes(facts[fact], test));
}

function passes(value: FactValue | undefined, test: FactTest): boolean {
  if (typeof test !== 'object') return value === test;
  return 'present' in test
    ? (value !== undefined) === test.present
    : test.some((each) => each === value);
}
