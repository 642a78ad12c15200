import type { z } from 'zod';
import { consentForm, withdrawalForm } from './consent-forms.js';
import type { MessageName } from './message-table.js';

type Data = Readonly<Record<string, unknown>>;

/** Does the client say no here, whatever else of the form is right or wrong? A consent that does not say `decision: refused` is not known to be one. */
export const isNo = (name: MessageName, data: Data): boolean =>
  name === 'consent.withdrawn' || (name === 'consent.recorded' && data['decision'] === 'refused');

/**
 * What can be read of a client's no whose form has faults: the fields that are sound, each by itself. Undefined for any other message.
 */
export function readableNo(name: MessageName, data: Data): Record<string, unknown> | undefined {
  if (!isNo(name, data)) return undefined;
  return soundFields((name === 'consent.withdrawn' ? withdrawalForm : consentForm).shape, data);
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
