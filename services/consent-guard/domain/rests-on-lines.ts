import { ruleOf } from '#libs/contracts/message-table.js';
import type { GuardRecord } from './guard-record.js';
import type { Scope } from './scope.js';

/** A line of disclosure, such as a withdrawal ends. */
export type Line = Pick<Scope, 'from' | 'to' | 'purpose'>;

/**
 * Whether a message was, or would be, told under one of these lines. A message whose fields travel under several purposes (TPR2) rests on
 * each of them: what it contained is not kept, so that the whole of it counts. One that still waits for a route has no recipient yet:
 * any line of its sender's counts.
 */
export function restsOnLines(message: GuardRecord, lines: readonly Line[]): boolean {
  const { purpose, categoryPurposes } = ruleOf(message.name);
  const purposes = new Set([purpose, ...Object.values(categoryPurposes ?? {})]);
  const isWaiting = message.verdict.kind === 'waiting';
  return lines.some(
    (line) => line.from === message.senderAgency && purposes.has(line.purpose) && (isWaiting || line.to === message.recipientAgency),
  );
}
