import type { z } from 'zod';
import { consentForm, withdrawalForm } from './consent-forms.js';
import type { MessageName } from './message-table.js';

type Data = Readonly<Record<string, unknown>>;

/**
 * What can be read of a client's no whose form has faults: the fields that are sound, each by itself. Undefined for any other message, and for a
 * consent that does not say `decision: refused`: whether it is a no cannot be told.
 */
export function readableNo(name: MessageName, data: Data): Record<string, unknown> | undefined {
  if (name === 'consent.withdrawn') return soundFields(withdrawalForm.shape, data);
  if (name === 'consent.recorded' && data['decision'] === 'refused')
    return soundFields(consentForm.shape, data);
  return undefined;
}

function soundFields(
  shape: Readonly<Record<string, z.ZodType>>,
  data: Data,
): Record<string, unknown> {
  const sound: Record<string, unknown> = {};
  for (const [field, schema] of Object.entries(shape)) {
    if (!Object.hasOwn(data, field)) continue;
    const read = schema.safeParse(data[field]);
    if (read.success) sound[field] = read.data;
  }
  return sound;
}
