import type { FieldRule } from '#libs/contracts/field.js';
import { fieldRules } from '#libs/contracts/field.js';
import { type MessageName, messageNames, ruleOf } from '#libs/contracts/message-table.js';
import type { Purpose } from '#libs/contracts/purposes.js';
import type { AskPurpose } from './ask-consent.js';
import { type Minimised, minimise, purposeOf } from './minimise.js';

const fieldsOf: ReadonlyMap<MessageName, readonly FieldRule[]> = new Map(messageNames.map((name) => [name, fieldRules(ruleOf(name).form)]));

/** What of a message of this type (its form, or the facts taken from it) may pass to another agency, each category under its own purpose. */
export function passFields(name: MessageName, data: Readonly<Record<string, unknown>>, main: Purpose, ask: AskPurpose): Minimised {
  const own = ruleOf(name).categoryPurposes;
  return minimise(data, fieldsOf.get(name) ?? [], (category) => ask(purposeOf(category, main, own)));
}
