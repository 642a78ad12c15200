import { randomBytes } from 'node:crypto';
import { sourceOf } from '#libs/contracts/mesh-message.js';
import { uuidV7 } from '#libs/contracts/message-id.js';
import { typeOf } from '#libs/contracts/message-table.js';
import { type PlaceholderContext, fillPlaceholders } from './fill-placeholders.js';
import type { SampleForm } from './sample-form.js';

/** A filled form as the CloudEvent that the party's system sends. */
export interface SampleEvent extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly case: string;
  readonly caseref?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Fills the form's placeholders; the message gets a new id, made of the context's `now`. */
export function sampleEvent(form: SampleForm, context: PlaceholderContext): SampleEvent {
  const filled = fillPlaceholders(
    { case: form.case, caseref: form.caseref, data: form.data },
    context,
  ) as Pick<SampleEvent, 'case' | 'caseref' | 'data'>;
  return {
    specversion: '1.0',
    id: uuidV7(context.now.getTime(), randomBytes(10)),
    source: sourceOf(form.from),
    type: typeOf(form.type),
    time: context.now.toISOString(),
    datacontenttype: 'application/json',
    case: filled.case,
    ...(filled.caseref === undefined ? {} : { caseref: filled.caseref }),
    to: form.to,
    actor: form.actor,
    data: filled.data,
  };
}
