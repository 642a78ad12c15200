import { referralStepEnds } from './referral-step-ends.js';
import type { StepLife } from './step-end.js';
import type { StepName } from './steps.js';
import { treatmentStepEnds } from './treatment-step-ends.js';

/** Message × step: every end with its reason. Whose step of that name it ends follows from the parties (the router's `close-steps`). */
export const stepEnds: Readonly<Record<StepName, StepLife>> = {
  ...referralStepEnds,
  ...treatmentStepEnds,
};
