import type { FieldRule } from '#libs/contracts/field.js';
import type { Category, Purpose } from '#libs/contracts/purposes.js';
import type { ConsentAnswer } from './ask-consent.js';
import { putAt, valueAt } from './field-path.js';

export interface Minimised {
  readonly data: Readonly<Record<string, unknown>>;
  /** Something was left out; the recipient learns that, not what. */
  readonly leftOut: boolean;
  /** A field without which the form makes no sense may not pass: refuse the whole. */
  readonly lacksRequired: boolean;
  /** Each once: consents that it passes under, categories of what passes, and of what does not. */
  readonly consents: readonly string[];
  readonly told: readonly Category[];
  readonly withheld: readonly Category[];
}

/**
 * What of a form may pass. Built up from nothing: a field is copied when its category is known, the purpose it travels under is consented,
 * and the category is not excluded. What no rule names is never copied.
 */
export function minimise(
  data: Readonly<Record<string, unknown>>,
  fields: readonly FieldRule[],
  answerFor: (category: Category) => ConsentAnswer,
): Minimised {
  const passed: Record<string, unknown> = {};
  const consents: string[] = [];
  const told: Category[] = [];
  const withheld: Category[] = [];
  let leftOut = false;
  let lacksRequired = false;
  for (const field of fields) {
    const value = valueAt(data, field.path);
    if (value === undefined) continue;
    const raised = raisedTo(field, value);
    const own = consentFor(field.category, answerFor);
    const also = raised === undefined ? own : consentFor(raised, answerFor);
    if (own !== undefined && also !== undefined) {
      putAt(passed, field.path, value);
      addOnce(told, field.category);
      addOnce(consents, own);
      if (raised !== undefined) addOnce(told, raised);
      addOnce(consents, also);
      continue;
    }
    leftOut = true;
    if (own === undefined) addOnce(withheld, field.category);
    if (raised !== undefined && also === undefined) addOnce(withheld, raised);
    lacksRequired ||= field.required;
  }
  return { data: passed, leftOut, lacksRequired, consents, told, withheld };
}

/** For lists of a few: a set of its own costs more than all the rest of a field. */
function addOnce<T>(list: T[], value: T): void {
  if (!list.includes(value)) list.push(value);
}

/** The category that this value raises the field to, beside its own: the client may have ruled out either. */
const raisedTo = ({ whenValue }: FieldRule, value: unknown): Category | undefined =>
  typeof value === 'string' && Object.hasOwn(whenValue, value) ? whenValue[value] : undefined;

/** The consent under which a category may pass, or undefined where it may not. */
function consentFor(
  category: Category,
  answerFor: (category: Category) => ConsentAnswer,
): string | undefined {
  const answer = answerFor(category);
  return answer.allowed && !answer.excluded.includes(category) ? answer.consentId : undefined;
}

/** Which purpose a category travels under on this type of message. */
export const purposeOf = (
  category: Category,
  main: Purpose,
  own: Partial<Record<Category, Purpose>> | undefined,
): Purpose => own?.[category] ?? main;
