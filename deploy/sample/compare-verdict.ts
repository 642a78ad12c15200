import type { EdgeAnswer } from './edge-client.js';
import type { SampleForm } from './sample-form.js';

export interface ComparedVerdict {
  readonly ok: boolean;
  /** Why the message was decided so; before it, where that was not expected, how it was decided. */
  readonly detail: string;
}

/** The first verdict on a message, held against the one that its form expects. The edge itself may have refused it. */
export function compareVerdict(
  { verdict, reason }: SampleForm['expect'],
  { status, timeline, problem }: EdgeAnswer,
): ComparedVerdict {
  const first = timeline?.records[0];
  const got =
    first === undefined
      ? `HTTP ${status}`
      : [first.verdict, first.reason].filter(Boolean).join(', ');
  const code = first?.reason ?? problem?.type.split(':').at(-1);
  const isSame =
    first?.verdict === verdict || (first === undefined && verdict === 'refused' && status >= 400);
  const ok = isSame && (reason === undefined || code === reason);
  const why = problem?.detail ?? first?.detail ?? '';
  return { ok, detail: ok ? why : `${got} ${why}` };
}
