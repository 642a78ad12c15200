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
  readonly consents: ReadonlySet<string>;
  /** Categories of what passes, and of what does not. */
  readonly told: ReadonlySet<Category>;
  readonly withheld: ReadonlySet<Category>;
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
  const consents = new Set<string>();
  const told = new Set<Category>();
  const withheld = new Set<Category>();
  let leftOut = false;
  let lacksRequired = false;
  for (const field of fields) {
    const value = valueAt(data, field.path);
    if (value === undefined) continue;
    const answers = categoriesOf(field, value).map((category) => ({ category, answer: answerFor(category) }));
    if (answers.every(({ category, answer }) => answer.allowed && !answer.excluded.has(category))) {
      putAt(passed, field.path, value);
      for (const { category, answer } of answers) {
        told.add(category);
        if (answer.allowed) consents.add(answer.consentId);
      }
      continue;
    }
    leftOut = true;
    for (const { category, answer } of answers) if (!answer.allowed || answer.excluded.has(category)) withheld.add(category);
    lacksRequired ||= field.required;
  }
  return { data: passed, leftOut, lacksRequired, consents, told, withheld };
}

/** The field's own category, and the one that this value raises it to: the client may have ruled out either. */
function categoriesOf(field: FieldRule, value: unknown): readonly Category[] {
  const raised = typeof value === 'string' && Object.hasOwn(field.whenValue, value) ? field.whenValue[value] : undefined;
  return raised === undefined ? [field.category] : [field.category, raised];
}

/** Which purpose a category travels under on this type of message. */
export const purposeOf = (category: Category, main: Purpose, own: Partial<Record<Category, Purpose>> | undefined): Purpose =>
  own?.[category] ?? main;
