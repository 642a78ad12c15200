import { ruleOf } from '#libs/contracts/message-table.js';
import { type Category, categories } from '#libs/contracts/purposes.js';
import type { GuardRecord } from './guard-record.js';
import { purposeOf } from './minimise.js';
import type { Scope } from './scope.js';

/** A line of disclosure that is taken back: by a withdrawal or a refusal whole; by a narrower yes for `ruledOut`, and nothing else. */
export interface Line extends Pick<Scope, 'from' | 'to' | 'purpose'> {
  readonly ruledOut?: readonly Category[];
}

/**
 * Whether a message was, or would be, told under one of these lines. A message whose fields travel under several purposes (TPR2) rests on
 * each of them: what it contained is not kept, so that the whole of it counts. One that still waits for a route has no recipient yet:
 * any line of its sender's counts; but what is only ruled out in part is left out of it when it goes.
 *
 * @param told the categories that went with it; all that there are, where that is not known
 */
export function restsOnLines(
  message: GuardRecord,
  lines: readonly Line[],
  told: readonly Category[] = categories,
): boolean {
  const { purpose: main, categoryPurposes } = ruleOf(message.name);
  if (main === null) return false;
  const purposes = new Set([main, ...Object.values(categoryPurposes ?? {})]);
  const isWaiting = message.verdict.kind === 'waiting';
  // Within one agency nothing rests on a consent.
  if (!isWaiting && message.recipientAgency === message.senderAgency) return false;
  const isUnder = ({ purpose, ruledOut }: Line): boolean =>
    ruledOut === undefined
      ? purposes.has(purpose)
      : !isWaiting &&
        ruledOut.some(
          (category) =>
            told.includes(category) && purposeOf(category, main, categoryPurposes) === purpose,
        );
  return lines.some(
    (line) =>
      line.from === message.senderAgency &&
      (isWaiting || line.to === message.recipientAgency) &&
      isUnder(line),
  );
}
