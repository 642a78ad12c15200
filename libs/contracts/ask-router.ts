import { z } from 'zod';
import { caseEndNames } from './case-ends.js';
import { instant, localDate, partyId, personId } from './form-fields.js';
import { stepNames } from './steps.js';
import { answerKinds } from './waits.js';

/* Questions of the guard to the router beside the worklist (`ask.ts`): `answer.svc_router.<verb>`. */

/** `cases`: the cases of a party, or those in which one of its people must act next, in the order of their ids. `after`: the last case had. */
export const routerCasesAsk = z.strictObject({
  party: partyId,
  person: personId.optional(),
  /** Only these of the party's cases. */
  cases: z.array(z.uuid()).max(250).optional(),
  after: z.uuid().optional(),
  limit: z.int().min(1).max(250).default(50),
});

/** One case in one line: open or ended (how), since when, what is next and who must act. Nothing of the other side. */
export const caseLine = z.strictObject({
  case: z.uuid(),
  state: z.enum(['open', 'ended']),
  end: z.enum(caseEndNames).optional(),
  since: instant,
  owner: personId.meta({ description: 'Who must act, or who holds the case' }),
  next: z.enum(stepNames).optional().meta({ description: 'The open step that is due first' }),
  dueOn: localDate.optional().meta({ description: 'Of the next step, else of the answer' }),
  waitingFor: z.enum(answerKinds).optional(),
});
export type CaseLine = z.infer<typeof caseLine>;
export const routerCasesReply = z.strictObject({
  cases: z.array(caseLine),
  next: z.uuid().optional().meta({ description: 'Ask again after this case; absent at the end' }),
});

/** Figures that could point at a person are not shown. */
export const fewestShown = 5;

/** `overdue-figures`: how many steps of job centres were not done though the team leader knew, over a year, by region. Numbers only. */
export const overdueFiguresAsk = z.strictObject({ region: z.string().max(60).optional() });
export const overdueFiguresReply = z.strictObject({
  from: localDate,
  to: localDate,
  figures: z.array(
    z.strictObject({
      region: z.string(),
      overdue: z
        .int()
        .min(fewestShown)
        .nullable()
        .meta({ description: `null: fewer than ${fewestShown}, none included` }),
    }),
  ),
});

/** `unattended-offices`: offices where nobody could answer today, for the operator: duty person, team leader and their deputies are away. */
export const unattendedOfficesReply = z.strictObject({ offices: z.array(z.string()) });

/**
 * `cases`, a party to the guard: the cases in which it sent or got something, newest first, each with its line as the router tells it.
 * `person`: only those in which this person of its own must act next, or holds the case. `before`: the last case of an earlier page.
 */
export const askCases = z.strictObject({
  person: personId.optional(),
  before: z.uuid().optional(),
});
const ownCase = z.strictObject({
  case: z.uuid(),
  caseref: z.string().optional(),
  shortReference: z.string().optional(),
  lastAt: instant.meta({ description: 'When something of it was last recorded' }),
  line: caseLine
    .omit({ case: true })
    .optional()
    .meta({ description: 'Where it stands; absent while that cannot be had' }),
});
export const casesReply = z.strictObject({
  cases: z.array(ownCase),
  next: z.uuid().optional().meta({ description: 'Ask again before this case; absent at the end' }),
});
export type OwnCases = z.infer<typeof casesReply>;
