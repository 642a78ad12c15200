import type { FieldRule } from '#libs/contracts/field.js';
import { fieldRules } from '#libs/contracts/field.js';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import type { Category, Purpose } from '#libs/contracts/purposes.js';
import type { FactValue } from '#libs/contracts/service-forms.js';
import type { AskPurpose } from './ask-consent.js';
import { valueAt } from './field-path.js';
import { type Minimised, minimise, purposeOf } from './minimise.js';

const fieldsOf: ReadonlyMap<MessageName, readonly FieldRule[]> = new Map(
  messageNames.map((name) => [name, fieldRules(ruleOf(name).form)]),
);

/** What of a message of this type (its form, or the facts taken from it) may pass to another agency, each category under its own purpose. */
export function passFields(
  name: MessageName,
  data: Readonly<Record<string, unknown>>,
  main: Purpose,
  ask: AskPurpose,
): Minimised {
  const own = ruleOf(name).categoryPurposes;
  return minimise(data, fieldsOf.get(name) ?? [], (category) =>
    ask(purposeOf(category, main, own)),
  );
}

/** Categories that a notice of such a message may tell: of the facts in it, and of what the message cannot be without, which its kind may tell. */
export function categoriesOfNotice(
  name: MessageName,
  facts: Readonly<Record<string, FactValue>>,
): readonly Category[] {
  const told = new Set<Category>();
  for (const { path, category, required, whenValue } of fieldsOf.get(name) ?? []) {
    const value = valueAt(facts, path);
    if (value === undefined && !required) continue;
    told.add(category);
    for (const [word, raised] of Object.entries(whenValue))
      if (value === undefined || value === word) told.add(raised);
  }
  return [...told];
}
