import { type Purpose, consentFormRules, consentForms } from '#libs/contracts/purposes.js';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import { knownTo } from './case-past.js';
import type { GuardRecord } from './guard-record.js';

const formOf = (purpose: Purpose) =>
  consentForms.find((form) => consentFormRules[form].purposes.includes(purpose));

/** Types that answer nothing, and that go out under a consent which not every kind of sender may take. */
const unasked: ReadonlySet<MessageName> = new Set(
  messageNames.filter((name) => {
    const { cites, purpose, from } = ruleOf(name);
    const form = purpose === null ? undefined : formOf(purpose);
    const takers: readonly string[] = form === undefined ? from : consentFormRules[form].takenBy;
    return cites === undefined && from.some((kind) => !takers.includes(kind));
  }),
);

/** Does it depend on the records of its case whether such a message passes? */
export const mayBeUnasked = (name: MessageName): boolean => unasked.has(name);

/**
 * Whether a message answers nothing, by its type, and goes out under a consent that only its recipient's side takes, while its sender has
 * heard nothing under that consent in this case. An agency is not told that a consent was taken elsewhere before something under it came to
 * it: such a message is refused as if there were none.
 */
export function isUnasked(
  record: GuardRecord,
  purpose: Purpose,
  recipientAgency: string,
  history: readonly GuardRecord[],
): boolean {
  if (!mayBeUnasked(record.name) || record.caseId === undefined) return false;
  const form = formOf(purpose);
  const { senderKind, senderAgency } = record;
  if (form === undefined || consentFormRules[form].takenBy.some((kind) => kind === senderKind))
    return false;
  return !knownTo(senderAgency, history).some((each) => {
    const under = ruleOf(each.name).purpose;
    return (
      each.senderAgency === recipientAgency &&
      under !== null &&
      consentFormRules[form].purposes.includes(under)
    );
  });
}
