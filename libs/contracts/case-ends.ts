/** How a case may end for an agency, each agency apart, with its reason. Nothing else ends a case; a newer message opens it again. */
const caseEnds = {
  'exit-and-claim-over': 'the client has left treatment and no claim runs at this agency',
  'treatment-over': 'the client has left this provider’s treatment',
  'no-trace': 'the client is not known at this agency, and the TPR2 went back',
  'referral-ended': 'the referral was cancelled or declined, or nothing more is expected of it',
  'handed-on': 'the case lies with the provider or office to which this one passed it',
  'consent-ended': 'the client took the consent back, and what was shared is no longer used',
  'lead-settled': 'who leads for education, training and employment is agreed or no longer asked',
} as const;
export type CaseEndName = keyof typeof caseEnds;
export const caseEndNames = Object.keys(caseEnds) as [CaseEndName, ...CaseEndName[]];
