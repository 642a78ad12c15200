import { z } from 'zod';
import { freeText, inCategory } from './field.js';
import { stepOutcomes } from './step-outcomes.js';
import { stepNames } from './steps.js';
import {
  clientContact,
  clientIdentity,
  instant,
  localDate,
  office,
  personId,
  shortText,
} from './form-fields.js';

const adm = <T extends z.ZodType>(schema: T): T => inCategory('administration', schema);

const told = [
  'voluntary-first-assessment',
  'finds-need-for-comprehensive',
  'engaging-later-is-voluntary',
] as const;

/** TPR1: referral from a job centre (or contracted provider) to a provider or its single point of contact. Step 1. */
export const referralForm = z.strictObject({
  client: clientIdentity,
  contact: clientContact.optional(),
  benefit: inCategory('employment', z.enum(['jsa', 'esa', 'other', 'none', 'not-known'])),
  told: adm(
    z
      .array(z.enum(told))
      .min(told.length, { error: `must hold all three: ${told.join(', ')}` })
      .meta({ description: 'What the client was told before agreeing (step 1): all three' }),
  ),
  travelCostsConsidered: adm(z.boolean()),
  previousReferral: adm(z.uuid()).optional(),
  note: freeText('referral', 1000).optional(),
});

/** A single point of contact passes a referral to the provider it chose. Step 1. */
export const forwardForm = z.strictObject({ ...referralForm.shape, referral: adm(z.uuid()) });

export const acknowledgeForm = z.strictObject({
  referral: adm(z.uuid()),
  keyworker: adm(personId).optional(),
});

/** The appointment of an outcome, and the outcome that it corrects: an appointment has one outcome, else the second says which was wrong. */
const outcomeOf = {
  referral: adm(z.uuid()),
  appointment: adm(z.uuid())
    .optional()
    .meta({ description: 'The message that booked or last moved the appointment' }),
  corrects: adm(z.uuid())
    .optional()
    .meta({ description: 'The outcome that was wrong, where this one takes its place' }),
};

/** Appointment booked: when and where, back to the adviser, who tells the client. Step 1. */
export const appointmentForm = z.strictObject({
  referral: adm(z.uuid()),
  startsAt: inCategory('appointment', instant),
  place: inCategory('appointment', shortText),
  bring: inCategory('appointment', shortText).optional(),
});

/** The provider moves an appointment. `appointment`: the message that booked or last moved it. Step 1. */
export const appointmentMovedForm = z.strictObject({
  appointment: adm(z.uuid()),
  startsAt: inCategory('appointment', instant),
  place: inCategory('appointment', shortText),
  bring: inCategory('appointment', shortText).optional(),
});

/** The provider cancels an appointment; it books another, or declines the referral. Step 1. */
export const appointmentCancelledForm = z.strictObject({ appointment: adm(z.uuid()) });

/** TPR1 return: attended. Step 2. */
export const attendedForm = z.strictObject({
  ...outcomeOf,
  on: inCategory('attendance', localDate),
  comprehensiveAssessment: inCategory(
    'attendance',
    z.enum(['arranged', 'not-needed', 'declined']),
  ).optional(),
});

/** TPR1 return: did not attend. An alert. Step 2. */
export const didNotAttendForm = z.strictObject({
  ...outcomeOf,
  on: inCategory('attendance', localDate),
});

/** NFP (Pathways) or FND4 (Flexible New Deal): contracted provider tells the job centre of attendance. Step 2. */
export const providerNoticeForm = z.strictObject({
  form: adm(z.enum(['NFP', 'FND4'])),
  client: clientIdentity,
  attendance: inCategory('attendance', z.enum(['attended', 'did-not-attend'])),
  on: inCategory('attendance', localDate),
});

/** Care plan agreed between client and keyworker; stays with the provider, starts the 12-week series. Step 3. */
export const carePlanForm = z.strictObject({
  agreedOn: adm(localDate),
  reviewWeeks: adm(z.int().min(1).max(52)).optional(),
  lead: adm(z.uuid())
    .optional()
    .meta({ description: 'The agreement on who leads for education, training and employment' }),
});
export const carePlanReviewedForm = z.strictObject({ heldOn: adm(localDate) });

/** The quarterly outcome profile (TOP): that it was completed or not, never its content. Stays with the provider. */
export const outcomeProfileForm = z.strictObject({
  on: adm(localDate),
  completed: adm(z.boolean()),
});

/** TPR2 parts 1, 2, 4, 5 (part 3 is the consent, part 6 the exit). Step 4. */
export const tpr2Form = z.strictObject({
  provider: office,
  addressee: adm(personId).optional(),
  referralKind: adm(z.enum(['drug-strategy', 'other-benefit-or-substance', 'benefit-not-known'])),
  client: clientIdentity,
  contact: clientContact.optional(),
  accessedBy: inCategory(
    'access-route',
    z.enum(['self', 'medical', 'job-centre', 'criminal-justice']),
    {
      'criminal-justice': 'criminal-justice-route',
    },
  ).optional(),
  employment: z
    .strictObject({
      goals: inCategory('employment', z.array(shortText).max(10)),
      training: inCategory('employment', z.array(shortText).max(10)).optional(),
      support: inCategory('employment', z.array(shortText).max(10)).optional(),
      agreement: inCategory('employment', z.enum(['jsag', 'action-plan', 'none'])).optional(),
      goalsMatchAgreement: inCategory('employment', z.boolean()).optional(),
    })
    .meta({ id: 'EmploymentNeeds' }),
  personalAdviser: adm(z.strictObject({ name: shortText, phone: shortText.optional() })).optional(),
  structuredTreatmentStartedOn: inCategory('treatment-status', localDate).optional(),
  treatmentSummary: freeText('treatment-summary').optional(),
  reviewWanted: inCategory('review', z.enum(['client-alone', 'three-way'])).optional(),
});

export const receiptForm = z.strictObject({ tpr2: adm(z.uuid()), notedOn: adm(localDate) });
export const passedToAdviserForm = z.strictObject({ tpr2: adm(z.uuid()), adviser: adm(personId) });
export const noTraceForm = z.strictObject({ tpr2: adm(z.uuid()), checkedOn: adm(localDate) });

/** Who holds the case at the sender's agency from now on (an adviser changes; a keyworker goes). */
export const caseworkerForm = z.strictObject({ person: adm(personId), from: adm(localDate) });

/** The claim: what the 13- and 26-week interviews are counted from. Stays with the job centre. Step 5. */
export const claimStartedForm = z.strictObject({
  benefit: adm(z.enum(['jsa', 'esa', 'other'])),
  startedOn: adm(localDate),
});
export const claimEndedForm = z.strictObject({ endedOn: adm(localDate) });

/** The day of the client's next attendance (a JSA customer signs fortnightly): matters are discussed then. Stays with the job centre. */
export const nextAttendanceForm = z.strictObject({ on: adm(localDate) });

/** An ad hoc interview, or fast track to stage 3, noted on the record. Stays with the job centre. Step 5. */
export const actionNotedForm = z.strictObject({
  action: adm(z.enum(['ad-hoc-interview', 'fast-track-to-stage-3', 'travel-costs-paid'])),
  on: adm(localDate),
});

/** The client's case goes to another office of the same agency. */
export const caseMovedForm = z.strictObject({ from: adm(localDate) });

/** The job centre tells the keyworker that a claim ended, a benefit changed, or contact was lost. Step 8. */
export const claimChangeForm = z.strictObject({
  change: inCategory('employment', z.enum(['claim-ended', 'benefit-changed', 'contact-lost'])),
  on: inCategory('employment', localDate),
});

const places = ['job-centre', 'telephone', 'elsewhere-agreed'] as const;

/** Three-way employability review (3WER). Step 7. */
export const reviewRequestForm = z.strictObject({
  wantedBy: inCategory('review', localDate),
  place: inCategory('review', z.enum(places)),
});

/** A time offered. `interview`: the mandatory interview that it is to serve as. `agreedLocally`: outside office hours. */
const offered = {
  startsAt: inCategory('review', instant),
  place: inCategory('review', shortText),
  placeKind: inCategory('review', z.enum(places)).optional(),
  slot: inCategory('review', z.enum(['next-scheduled-appointment', 'next-free-appointment'])),
  interview: inCategory('review', z.enum(['13-weeks', '26-weeks'])).optional(),
  agreedLocally: inCategory('review', z.boolean()).optional(),
};
export const reviewOfferForm = z.strictObject({ request: adm(z.uuid()), ...offered });
/** The host moves a review that it offered: the new time stands in the offer's place, and is answered as an offer. */
export const reviewMovedForm = z.strictObject({ offer: adm(z.uuid()), ...offered });
/** Either side calls the review off; `review`: the request, the offer or the move. No reason is told. */
export const reviewCancelledForm = z.strictObject({ review: adm(z.uuid()) });
/** A customer asks at the job centre for a review: they are told to ask their keyworker. Stays with the job centre. Step 8. */
export const reviewAskedForm = z.strictObject({ on: adm(localDate) });
export const reviewAnswerForm = z.strictObject({
  offer: adm(z.uuid()),
  startsAt: inCategory('review', instant),
});
export const reviewDeclineForm = z.strictObject({ offer: adm(z.uuid()) });
export const reviewHeldForm = z.strictObject({
  offer: adm(z.uuid()),
  heldOn: inCategory('review', localDate),
  asInterview: inCategory('review', z.boolean())
    .optional()
    .meta({ description: 'It was also the mandatory interview that the offer named' }),
});
export const reviewNotHeldForm = z.strictObject({
  offer: adm(z.uuid()),
  on: inCategory('review', localDate),
  why: inCategory(
    'review',
    z.enum(['client-did-not-attend', 'postponed', 'keyworker-absent', 'adviser-absent']),
  ),
});
export const reviewOutcomeForm = z.strictObject({
  offer: adm(z.uuid()),
  agreementAmended: inCategory('review', z.boolean()),
  actions: inCategory('review', z.array(shortText).max(10)),
  support: inCategory('review', z.array(shortText).max(10)).optional(),
  nextReviewOn: inCategory('review', localDate).optional(),
});

/** TPR2 part 6: exit, planned or unplanned, also where an unplanned one is likely. Step 9. */
export const exitForm = z.strictObject({
  exit: inCategory('exit', z.enum(['planned', 'unplanned', 'unplanned-likely']), {
    'unplanned-likely': 'likely-exit',
  }),
  on: inCategory('exit', localDate),
});

/** The owner of an open step says that it is done, and how it ended. Steps 2, 5, 6, 9. */
export const stepDoneForm = z.strictObject({
  step: adm(z.enum(stepNames)),
  outcome: adm(z.enum(stepOutcomes)),
  about: adm(z.uuid()).optional().meta({
    description: 'The cause of the step, as the worklist shows it, where several are open',
  }),
});

/** A claim or record that the mesh passes on to nobody; content-free. After a withdrawal, to those who already hold what was shared. */
export const stopUsingForm = z.strictObject({
  what: adm(z.literal('stop-using-and-take-off-the-record')),
  message: adm(z.uuid()).optional().meta({
    description:
      'Only this message, which was wrong; absent: all that was shared under the consent',
  }),
});
