import { z } from 'zod';
import { mailStatus, scheduledReminder, timelineReply, waitingFor, worklistStep } from './ask.js';

/** Parts of a case that other services hold. The guard knows the rest by itself, and answers with it whoever of them is away. */
export const caseParts = ['steps', 'waiting', 'reminders', 'mails'] as const;
export type CasePart = (typeof caseParts)[number];

/**
 * `case`: a party's own part of a case: messages it sent or got, its open steps, its reminders, its people's mails. A part that could not be
 * had is left out and named in `notHad`: an empty part says that there is nothing.
 */
export const askCase = z.strictObject({ case: z.uuid() });
export const caseReply = z.strictObject({
  case: z.string(),
  caseref: z.string().optional(),
  shortReference: z.string().optional(),
  messages: z.array(timelineReply),
  steps: z.array(worklistStep).optional(),
  waiting: z.array(waitingFor).optional(),
  reminders: z.array(scheduledReminder).optional(),
  mails: z.array(mailStatus).optional(),
  notHad: z.array(z.enum(caseParts)).default([]).meta({
    description: 'Parts that could not be had just now, and are left out; ask again for them',
  }),
});
export type CaseView = z.infer<typeof caseReply>;
/** A case of which every part was had. */
export type WholeCase = CaseView & { readonly [part in CasePart]: NonNullable<CaseView[part]> };
export const isWholeCase = (view: CaseView): view is WholeCase =>
  caseParts.every((part) => view[part] !== undefined);
