import { type MessageName, familyOf } from '#libs/contracts/message-table.js';
import { isServiceParty } from '#libs/contracts/party.js';
import { type Purpose, purposes as allPurposes } from '#libs/contracts/purposes.js';
import type { Directory } from './directory.js';
import type { Incoming } from './incoming.js';

/** Lines that start at one of these agencies and serve one of these purposes; and each client's record of the problem (DPA1), by whomever. */
export interface LinesAsked {
  readonly from: readonly string[];
  readonly purposes: readonly Purpose[];
}

/** A message that records the client's decision, or lets it count for another agency: it changes lines. */
export const decidesLines = (name: MessageName): boolean =>
  familyOf(name) === 'consent' || name === 'dpa1.returned';

/**
 * Which of its clients' lines judging a batch can ask about, so that no others are read: a message discloses from its sender's agency, under
 * the purposes of its type. Undefined, which is all of them, where a message changes lines, or rests on what another has sent.
 */
export function linesAsked(
  batch: readonly Incoming[],
  directory: Directory,
): LinesAsked | undefined {
  const from = new Set<string>();
  const purposes = new Set<Purpose>();
  for (const { sender, read } of batch) {
    const { rule } = read;
    if (isServiceParty(sender) || decidesLines(read.name)) return undefined;
    const agency = directory.party(sender);
    // Who is not in the directory is refused before a line is looked at.
    if (agency === undefined) continue;
    from.add(agency.agency);
    if (rule.purpose !== null) purposes.add(rule.purpose);
    for (const purpose of Object.values(rule.categoryPurposes ?? {})) purposes.add(purpose);
  }
  return { from: [...from], purposes: allPurposes.filter((purpose) => purposes.has(purpose)) };
}
