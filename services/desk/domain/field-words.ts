/** Labels of fields, by their path or the last part of it. */
const labels: Readonly<Record<string, string>> = {
  'client.nino': 'NI number',
  'client.surname': 'Surname',
  'client.otherNames': 'Other names',
  'client.title': 'Title',
  'client.dateOfBirth': 'Date of birth',
  'contact.address': 'Address',
  'contact.postcode': 'Postcode',
  'contact.phone': 'Telephone number',
  'provider.name': 'Name of the provider',
  'provider.address': 'Address of the provider',
  'provider.phone': 'Telephone of the provider',
  'employment.goals': 'Goals',
  'employment.training': 'Training wanted',
  'employment.support': 'Support wanted',
  'employment.agreement': 'Agreement at the job centre',
  'employment.goalsMatchAgreement': 'Do the goals match that agreement?',
  'personalAdviser.name': 'Personal adviser',
  'personalAdviser.phone': 'Telephone of the adviser',
  accessedBy: 'How treatment was accessed',
  actions: 'Actions agreed',
  addressee: 'Addressee',
  adviser: 'Adviser',
  agreedLocally: 'Is a time outside office hours agreed?',
  agreedOn: 'Day of the agreement',
  agreementAmended: 'Was the agreement amended?',
  asInterview: 'Was it held as the mandatory interview too?',
  attendance: 'Attendance',
  benefit: 'Benefit',
  bring: 'What to bring',
  change: 'What changed',
  checkedOn: 'Day of the check',
  clientAgreedToTell: 'Does the client want this told?',
  completed: 'Was it completed?',
  comprehensiveAssessment: 'Comprehensive assessment',
  copyGiven: 'Was a copy given?',
  decision: 'Decision',
  endedOn: 'Last day',
  exit: 'Kind of exit',
  form: 'Form',
  formReference: 'Your reference of the form',
  from: 'From which day',
  heldOn: 'Day it was held',
  how: 'How the client said so',
  interview: 'Serves as the mandatory interview',
  keyworker: 'Keyworker',
  language: 'Language',
  lead: 'Who leads',
  message: 'Message',
  nextReviewOn: 'Next review',
  note: 'Note',
  notedOn: 'Day of receipt',
  on: 'Day',
  outcome: 'How it ended',
  person: 'Person',
  place: 'Place',
  placeKind: 'Kind of place',
  provider: 'Provider',
  reason: 'Reason',
  referralKind: 'Kind of referral',
  reviewWanted: 'Review wanted',
  reviewWeeks: 'Weeks until the review',
  slot: 'Which appointment',
  startedOn: 'First day',
  startsAt: 'Day and time',
  step: 'Step',
  structuredTreatmentStartedOn: 'Structured treatment began on',
  support: 'Support agreed',
  takenAt: 'Taken at',
  takenBy: 'Taken by',
  told: 'What the client was told',
  travelCostsConsidered: 'Were travel costs considered?',
  treatmentSummary: 'Summary of treatment',
  validFrom: 'Valid from',
  validUntil: 'Valid until',
  wantedBy: 'Wanted by',
  what: 'What to do',
  why: 'Why',
  withdrawnAt: 'Withdrawn at',
};

const spaced = (name: string): string => {
  const words = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
};

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

export const labelOf = (path: string): string =>
  labels[path] ?? labels[lastOf(path)] ?? spaced(lastOf(path));

/** Values of picklists, where the value itself does not read well. */
const values: Readonly<Record<string, string>> = {
  jsa: 'JSA',
  esa: 'ESA',
  jsag: 'Jobseeker’s Agreement (JSAg)',
  none: 'None',
  'action-plan': 'Action plan',
  'not-known': 'Not known',
  'voluntary-first-assessment': 'The appointment is a voluntary first assessment',
  'finds-need-for-comprehensive':
    'It finds whether a comprehensive assessment is needed, and any urgent health need',
  'engaging-later-is-voluntary': 'Engaging afterwards is voluntary and likely to help',
  'information-shared-to-coordinate':
    'Relevant employment information will be shared so that the professionals can coordinate',
  'record-updated-with-needs':
    'The job centre’s record will be updated with treatment-related needs',
  'used-solely-for-barriers-to-work': 'The job centre uses it solely to address barriers to work',
  'unplanned-likely': 'Unplanned, likely',
  'client-asked': 'The client asked',
  'could-not-contact': 'Could not contact the client',
  'stop-using-and-take-off-the-record': 'Stop using what was shared, and take it off the record',
  '13-weeks': 'The 13-week interview',
  '26-weeks': 'The 26-week interview',
  'fast-track-to-stage-3': 'Fast track to stage 3',
  'ad-hoc-interview': 'Ad hoc interview',
};

export const valueWords = (value: string): string =>
  values[value] ??
  (/^[a-z]+(-[a-z0-9]+)+$|^[a-z]+$/.test(value) ? spaced(value.replaceAll('-', ' ')) : value);
