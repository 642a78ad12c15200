import type { MessageName } from '#libs/contracts/message-table.js';
import { typeOf } from '#libs/contracts/message-table.js';
import type { Problem } from '#libs/contracts/problem.js';
import type { Find } from './case-past.js';
import type { DirectoryParty } from './directory.js';
import type { GuardRecord } from './guard-record.js';

/** A message and all that it is held against. */
export interface Held {
  readonly name: MessageName;
  readonly data: Readonly<Record<string, unknown>>;
  readonly sender: DirectoryParty;
  /** The party it is addressed to, where it is one. */
  readonly to: string | undefined;
  readonly cited: GuardRecord | undefined;
  /** What the sender's agency knows of the case: nothing else may refuse its message, or the refusal would tell it. */
  readonly known: readonly GuardRecord[];
  /** Appointments (ids of messages) that the sender's agency tried to cancel, and no consent covers that it is told. */
  readonly untold: readonly string[];
  readonly find: Find;
}

/** Undefined: nothing stands against it. */
export type Rule = (held: Held) => Problem | undefined;

export const against = (field: string, detail: string): Problem => ({
  code: 'contradicts-record',
  field: `data.${field}`,
  detail,
});

/** A message on record, for somebody who has it. */
export function shown({ id, name, facts }: GuardRecord): string {
  const when = facts['startsAt'] ?? facts['on'] ?? facts['heldOn'];
  return `${typeOf(name)} ${id}${when === undefined ? '' : ` of ${String(when)}`}`;
}
