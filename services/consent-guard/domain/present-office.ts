import type { GuardRecord } from './guard-record.js';

/**
 * Where what an office had of a case lies now. A case that moves on takes with it what had moved there; one that comes back comes back whole.
 * The router reads the same moves alike (its `move-office`).
 * @param known what was cleared within the agency, in order
 */
export function presentOffice(office: string, known: readonly GuardRecord[]): string {
  let present = new Map<string, string>();
  for (const { name, sender, recipient } of known) {
    if (name !== 'case.moved-office' || recipient === undefined) continue;
    present = new Map(
      [...present, [sender, sender] as const].map(([from, at]) => [
        from,
        at === sender ? recipient : at,
      ]),
    );
    present.delete(recipient);
  }
  return present.get(office) ?? office;
}
