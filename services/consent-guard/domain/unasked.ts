import { type Purpose, consentFormRules, consentForms } from '#libs/contracts/purposes.js';
import { ruleOf } from '#libs/contracts/message-table.js';
import { knownTo } from './case-past.js';
import type { GuardRecord } from './guard-record.js';

/**
 * Whether a message is of a type that answers nothing, and travels under a consent that only its recipient's side takes, of which its sender has heard
 * nothing in this case. That a consent was taken elsewhere is not told to an agency before something under it came to it: such a message is
 * refused as if there were none.
 */
export function isUnasked(
  record: GuardRecord,
  purpose: Purpose,
  recipientAgency: string,
  history: readonly GuardRecord[],
): boolean {
  if (ruleOf(record.name).cites !== undefined || record.caseId === undefined) return false;
  const form = consentForms.find((each) => consentFormRules[each].purposes.includes(purpose));
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
