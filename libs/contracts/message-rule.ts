import type { z } from 'zod';
import type { NoticeTemplate } from './notices.js';
import type { PartyKind } from './party.js';
import type { Category, Purpose } from './purposes.js';
import type { StepTemplate } from './steps.js';

/**
 * How a message of a type is treated, from the one table. Guard, router, reminders, OpenAPI and tests all read it.
 *
 * `to`: kinds of recipient party; `area` where a role in an area may be addressed; `mesh` where it has no recipient.
 * `purpose`: what the disclosure is for; null = nothing goes to another agency, so no consent is asked.
 * `categoryPurposes`: categories that travel under a purpose of their own (TPR2: treatment status, review), else `purpose`.
 * `consentFree`: crosses agencies without consent because it discloses nothing (the content-free instruction).
 * `caseUse`: `opens` = may be the first message of a case: binds case, client and sender. `needs` = the case is bound to the sender.
 * `facts`: paths in `data` that go into events and decision records: dates and outcomes, never identity, never free text.
 * `cites`: path in `data` of the message this one answers; the guard checks that it is of the same case and of a type of `citations`.
 * What a message ends stands in `stepEnds`, what its sender then waits for in `waits`.
 */
export interface MessageRule {
  readonly title: string;
  /** Step of the joint-working protocol, 1 to 9; 0 = the mesh's own housekeeping. */
  readonly protocolStep: number;
  readonly form: z.ZodObject;
  readonly from: readonly PartyKind[];
  readonly to: readonly (PartyKind | 'area' | 'mesh')[];
  readonly purpose: Purpose | null;
  readonly categoryPurposes?: Partial<Record<Category, Purpose>>;
  readonly consentFree?: true;
  readonly caseUse: 'opens' | 'needs' | 'none';
  readonly facts: readonly string[];
  readonly cites?: string;
  readonly opens: readonly StepTemplate[];
  readonly notices: readonly NoticeTemplate[];
  /** Its whole form goes into the event: the directory, which holds ids of parties and staff and nothing else. */
  readonly onEventsWhole?: true;
  /** Only these service parties may send it, beyond `from: ['service']`. */
  readonly only?: 'svc_router' | 'svc_reminders' | 'svc_notifier' | 'svc_ops';
}
