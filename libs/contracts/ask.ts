import { z } from 'zod';
import { consentForm } from './consent-forms.js';
import { instant, localDate, personId } from './form-fields.js';
import { escalations } from './notices.js';
import { consentForms, purposes } from './purposes.js';
import { partyPutForm, personPutForm, reminderKinds } from './service-forms.js';
import { stepNames } from './steps.js';
import { answerKinds } from './waits.js';
import { verdictKinds } from './verdict.js';

/*
 * Questions over `ask.<verb>` (a party to the guard) and `answer.<service>.<verb>` (the guard to a service). JSON both ways.
 * Every reply is `{ ok: true, … }` or `{ ok: false, code, detail }` with a MeshErrorCode.
 */

/** `verdict`: of one's own message; `waitMs` holds the answer until it is decided. `seen`: was this id used, with this body? */
export const askVerdict = z.strictObject({
  id: z.uuid(),
  waitMs: z.int().min(0).max(30_000).default(0),
});
export const askSeen = z.strictObject({ id: z.uuid(), digest: z.string().regex(/^[0-9a-f]{64}$/) });
export const seenReply = z.strictObject({ seen: z.enum(['no', 'same', 'other']) });

export const decisionRecord = z.strictObject({
  verdict: z.enum(verdictKinds),
  reason: z.string().optional(),
  field: z.string().optional(),
  detail: z.string().optional(),
  at: z.string(),
});

/** A line of disclosure: who may tell whom (agencies, or a role in an area as `role:treatment@<district>`) for which purpose. */
const disclosureLine = z.strictObject({
  from: z.string(),
  to: z.string(),
  purpose: z.enum(purposes),
});

/** What a consent or withdrawal did to the lines that concern the sender's own agency. */
const consentOutcome = z
  .strictObject({
    covers: z
      .array(disclosureLine)
      .default([])
      .meta({ description: 'Lines that it decides from now on; what it excludes does not pass' }),
    supersedes: z
      .array(disclosureLine)
      .meta({ description: 'Lines on which it took the place of an older decision' }),
    notChanged: z.array(disclosureLine).meta({
      description: 'Lines left as they are, because a newer decision of the client stands',
    }),
  })
  .meta({ id: 'ConsentOutcome' });
export type ConsentOutcome = z.infer<typeof consentOutcome>;

/** `timeline`: what became of one message, for its sender (all of it) or its recipient (its delivery). */
export const timelineReply = z.strictObject({
  id: z.string(),
  type: z.string(),
  case: z.string().optional(),
  sender: z.string(),
  to: z.string(),
  time: z.string(),
  state: z.enum(['undecided', ...verdictKinds]),
  collected: z.literal(true).optional().meta({
    description: 'Its recipient has taken it from the inbox; it can no longer be stopped',
  }),
  records: z.array(decisionRecord),
  task: z.string().optional().meta({
    description: 'The step that this verdict opened for the sender, such as seek-consent',
  }),
  consent: consentOutcome.optional(),
});
export type Timeline = z.infer<typeof timelineReply>;

/** Who is away: the owner has it until they are back. It stays on the list of `party`, their office. `awaySince`: where a day is named. */
const standIn = { standsInFor: personId.optional(), awaySince: localDate.optional() };

/** One open step of a worklist: who holds what, since when, until when. `party`: the office that it belongs to. */
export const worklistStep = z.strictObject({
  case: z.uuid(),
  caseref: z.string().optional(),
  step: z.enum(stepNames),
  party: z.string(),
  owner: personId,
  deputy: personId,
  ...standIn,
  openedAt: instant,
  dueOn: localDate,
  overdue: z.boolean(),
  escalation: z.enum(escalations),
  cause: z.uuid(),
  /** Of the message that opened it: its type, and the other party, so that a person knows what it is about. */
  about: z.string().optional().meta({ description: 'Type of the message behind it' }),
  counterpart: z.string().optional().meta({ description: 'The other party of that message' }),
  form: z.enum(consentForms).optional().meta({ description: 'Which consent is to be renewed' }),
  shortReference: z
    .string()
    .optional()
    .meta({ description: 'Short, the same on both sides, for the telephone' }),
});
export type WorklistStep = z.infer<typeof worklistStep>;

/** What a party waits for: whom, which kind of answer, since when, until when it usually comes. Nothing of the other side. */
export const waitingFor = z.strictObject({
  case: z.uuid(),
  caseref: z.string().optional(),
  shortReference: z.string().optional(),
  answer: z.enum(answerKinds),
  party: z.string(),
  counterpart: z.string(),
  owner: personId,
  ...standIn,
  since: instant,
  dueOn: localDate,
  late: z.boolean(),
  cause: z.uuid(),
});
export type WaitingFor = z.infer<typeof waitingFor>;
export const worklistReply = z.strictObject({
  steps: z.array(worklistStep),
  waiting: z.array(waitingFor).default([]),
  /** Asked about a person whose last day is over: who reads this for them is somebody else. */
  hasLeft: z.literal(true).optional(),
});

/** `worklist`: the open steps of the asking party, and those of other offices of its agency that its people have today; or of one of its people. */
export const askWorklist = z.strictObject({ person: personId.optional() });

/** `answer.svc_router.worklist`: the open steps of a party, or of one of its people, oldest due first, and what it waits for. */
export const routerWorklistAsk = z.strictObject({
  party: z.string(),
  person: personId.optional(),
  cases: z.array(z.string()).max(1000).optional(),
});

/** `answer.svc_reminders.schedule`: what is due when, for cases. */
export const scheduleAsk = z.strictObject({ cases: z.array(z.string()).max(1000) });
export const scheduledReminder = z.strictObject({
  reminder: z.uuid(),
  case: z.uuid(),
  kind: z.enum(reminderKinds),
  anchor: z.uuid(),
  party: z.string(),
  dueOn: localDate.meta({ description: 'Day of the thing itself' }),
  remindAt: instant.meta({ description: 'When the reminder goes out' }),
  occurrence: z.int(),
  state: z.enum(['scheduled', 'due', 'done', 'cancelled', 'superseded']),
});
export type ScheduledReminder = z.infer<typeof scheduledReminder>;
export const scheduleReply = z.strictObject({ reminders: z.array(scheduledReminder) });

/** `answer.svc_notifier.mail-status`: what became of the mails of notices. */
export const mailStatusAsk = z.strictObject({ notices: z.array(z.string()).max(1000) });
export const mailStatus = z.strictObject({
  notice: z.uuid(),
  person: personId,
  kind: z.string(),
  state: z.enum(['held', 'prepared', 'sending', 'accepted', 'failed', 'unknown', 'stopped']),
  at: instant,
});
export type MailStatus = z.infer<typeof mailStatus>;
export const mailStatusReply = z.strictObject({ mails: z.array(mailStatus) });

/** How a consent ended: the party that recorded it, when, how, and which purposes between these two agencies are expressly kept. */
const withdrawalShown = z.strictObject({
  withdrawal: z.string().meta({ description: 'Id of the message' }),
  by: z.string(),
  at: z.string(),
  how: z.string(),
  kept: z.array(z.enum(purposes)),
});

/** One decision of the client about one line, as it was taken: the lineage. `before` is the decision that stood until then. */
export const consentStep = z.strictObject({
  ...disclosureLine.shape,
  id: z.string(),
  decision: z.enum(['given', 'refused', 'withdrawn']),
  outcome: z.enum(['stands', 'merged', 'not-changed', 'kept']),
  before: z.string().optional(),
  recordedAt: z.string(),
});

/**
 * `consents`: what stands now of consents that concern the asker's agency, for a case bound to it. Of a consent that the agency took, all, and
 * how it came to stand. Of one that another agency took, a line while it stands, once something under it has come to the agency; no refusal,
 * no exclusion, no history.
 */
export const consentState = z.strictObject({
  ...disclosureLine.shape,
  consent: z.string().meta({ description: 'Id of the message that gave or refused it' }),
  decision: z.enum(['given', 'refused', 'withdrawn']),
  excludedCategories: z.array(z.string()),
  validFrom: z.string(),
  validUntil: z.string(),
  form: z.string(),
  recordedAt: z.string(),
  supersedes: z
    .string()
    .optional()
    .meta({ description: 'Id of the own decision that stood on this line before' }),
  withdrawal: withdrawalShown.optional(),
});
export const consentsReply = z.strictObject({
  consents: z.array(consentState),
  history: z.array(consentStep).default([]),
});

export type ConsentsShown = z.infer<typeof consentsReply>;

/** `dpa1`: may the asker's agency, a job centre or a contracted provider, keep the client's problem on its record today? (Step 6.) */
export const dpa1Reply = z.strictObject({
  current: z.boolean(),
  until: z.string().optional().meta({ description: 'The last day, YYYY-MM-DD' }),
});

/**
 * `try`: what would go out under a consent before it is signed. Without the client: it is judged by itself, not against what is on record,
 * so the answer tells nothing of anyone. `messages`: types, each with a draft or as a full form; else every type that the purposes cover.
 */
export const askTry = z
  .strictObject({
    consent: consentForm.omit({ client: true }),
    messages: z
      .array(
        z.strictObject({
          type: z.string().max(100),
          data: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .min(1)
      .max(20)
      .optional(),
  })
  .meta({ id: 'ConsentTrial' });
const trialLine = z
  .strictObject({
    type: z.string(),
    from: z.string(),
    to: z.string(),
    verdict: z.enum(['cleared', 'cleared-in-part', 'waiting', 'refused']),
    passes: z.array(z.string()).meta({ description: 'Fields that would pass, as paths from data' }),
    leftOut: z.array(z.string()),
    leftOutWhen: z
      .array(z.strictObject({ field: z.string(), is: z.string() }))
      .meta({ description: 'Fields left out where they say this' }),
    lacks: z.array(z.string()).meta({
      description:
        'Fields left out without which the form makes no sense: it would be refused whole',
    }),
  })
  .meta({ id: 'ConsentTrialLine' });
export type TrialLine = z.infer<typeof trialLine>;
export const tryReply = z.strictObject({ messages: z.array(trialLine) });

/**
 * `try-message`: what the guard would decide of a message now, without sending it. It is recorded that it was asked. Every no for want of
 * consent reads alike, whatever stands behind it; `leftOut` and `lacks` follow from the draft alone then.
 */
export const askTryMessage = z
  .strictObject({
    type: z.string().max(100),
    case: z.uuid(),
    to: z.string().max(120),
    actor: personId,
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'MessageTrial' });
export const tryMessageReply = trialLine.omit({
  type: true,
  from: true,
  to: true,
  leftOutWhen: true,
});
export type MessageTrial = z.infer<typeof tryMessageReply>;

/** For `svc_ops` only: `counts`, `dead-letters`, `directory`. */
export const deadLetterItem = z.strictObject({
  deadLetter: z.string(),
  party: z.string(),
  message: z.string().optional(),
  code: z.string(),
  field: z.string().optional(),
  detail: z.string(),
  at: z.string(),
  redriven: z.boolean(),
});
export const deadLettersReply = z.strictObject({ deadLetters: z.array(deadLetterItem) });

/** `counts`: how many records of each verdict, by sender; numbers only. `type` is the short name. */
const verdictCount = z.strictObject({
  party: z.string(),
  type: z.string(),
  verdict: z.enum(verdictKinds),
  reason: z.string().optional(),
  count: z.int(),
});
export const countsReply = z.strictObject({
  counts: z.array(verdictCount),
  ninoConflicts: z.int().meta({
    description:
      'NI numbers that stand with more than one client: suspected doubles, or slips of the pen',
  }),
});

/** `keys`: how many rows still need which version of the guard's key, and who knows it; never a key. */
const keyVersionCount = z.strictObject({
  version: z.int(),
  clients: z.int(),
  consents: z.int(),
  held: z.int(),
  deadLetters: z.int(),
  deliveries: z.int(),
  holders: z.int().meta({ description: 'Instances at work that know it' }),
});
export const keysReply = z.strictObject({
  writing: z.int(),
  instances: z.int(),
  versions: z.array(keyVersionCount),
});
export type KeysState = z.infer<typeof keysReply>;

/** `directory`: as the guard holds it, in the shape it was put. */
export const directoryReply = z.strictObject({
  parties: z.array(partyPutForm),
  people: z.array(personPutForm),
});
export type Directory = z.infer<typeof directoryReply>;

/**
 * `evidence-checkpoint`, `evidence-entries`, `evidence-tiles`: the tree over the decisions, a page at a time, for `svc_ops`. `verifierKey` is
 * for convenience: whoever checks a log takes the key from elsewhere. An entry is text, a tile hashes in base64.
 */
export const evidenceCheckpointReply = z.strictObject({
  checkpoint: z.string(),
  verifierKey: z.string(),
});
export const askEvidenceEntries = z.strictObject({ from: z.int().min(0), upTo: z.int().min(0) });
export const evidenceEntriesReply = z.strictObject({ entries: z.array(z.string()) });
export const askEvidenceTiles = z.strictObject({
  level: z.int().min(0).max(7),
  from: z.int().min(0),
});
export const evidenceTilesReply = z.strictObject({ tiles: z.array(z.base64()) });

/**
 * `proof`: for the sender of a message, that one of its decisions stands in the tree: the entry, its place, the hashes that lead from it to the
 * root of the checkpoint, and the salt with which the entry's commitment is opened against the digest of the message, while it is kept.
 */
export const askProof = z.strictObject({ id: z.uuid(), ordinal: z.int().min(0).default(0) });
export const proofReply = z.strictObject({
  index: z.int(),
  entry: z.string(),
  proof: z.array(z.base64()),
  checkpoint: z.string(),
  salt: z.base64().optional(),
});

export const okReply = <T extends z.ZodRawShape>(shape: T) =>
  z.object({ ok: z.literal(true), ...shape });
