import type { StepName } from '#libs/contracts/steps.js';
import type { Said } from './case-history.js';
import { takeDpa1, takeTpr1, takeTpr2 } from './consent-moves.js';
import type { Desk, Move, OpenRow } from './desk.js';
import { probation, providers } from './town.js';
import { type Work, refer, referralWork } from './work-referral.js';

export const shareForm = (desk: Desk): Move['data'] => ({
  provider: { name: desk.party },
  referralKind: 'drug-strategy',
  client: desk.client,
  accessedBy: desk.chance.oneOf(['self', 'medical', 'job-centre', 'criminal-justice']),
  employment: { goals: ['warehouse work'], agreement: 'jsag', goalsMatchAgreement: true },
  structuredTreatmentStartedOn: desk.today,
  reviewWanted: 'three-way',
});

const isProvider = (party: string): boolean => providers.some((each) => each === party);

const offerOf = (desk: Desk): Said | undefined => desk.last('review.offered', 'review.moved');
const offer: Work = (desk, { cause }) => {
  const asked = desk.history.get(cause);
  if (asked === undefined) return [];
  const offered = desk.say('review.offered', asked.from === desk.party ? asked.to : asked.from, {
    request: cause,
    startsAt: desk.at(desk.chance.between(3, 15)),
    place: 'Jobcentre',
    slot: 'next-free-appointment',
  });
  return [offered];
};
const cancelReview = (desk: Desk): readonly Move[] => {
  const review = offerOf(desk) ?? desk.last('review.requested');
  if (review === undefined) return [];
  const to = review.from === desk.party ? review.to : review.from;
  return [desk.say('review.cancelled', to, { review: review.id })];
};

const noteReceipt: Work = (desk, { cause }) => {
  const tpr2 = desk.history.get(cause);
  if (tpr2 === undefined) return [];
  return desk.chance.isSo(0.92)
    ? [desk.say('tpr2.receipt-noted', tpr2.from, { tpr2: cause, notedOn: desk.today })]
    : [desk.say('tpr2.no-trace', tpr2.from, { tpr2: cause, checkedOn: desk.today })];
};

const passToAdviser: Work = (desk) => {
  const tpr2 = desk.lastTo('tpr2.shared');
  const adviser = `p_${desk.party}_1`;
  return [desk.record('tpr2.passed-to-adviser', { tpr2: tpr2?.id, adviser })];
};

const noTrace: Work = (desk, row) => {
  const returned = desk.history.get(row.cause);
  return desk.chance.isSo(0.3) && returned !== undefined
    ? [desk.say('tpr2.shared', returned.from, shareForm(desk))]
    : [desk.done(row, desk.chance.oneOf(['done', 'declined-by-client']))];
};

const answerOffer: Work = (desk, { cause }) => {
  const offered = desk.history.get(cause);
  if (offered === undefined) return [];
  return desk.chance.isSo(0.75)
    ? [
        desk.say('review.accepted', offered.from, {
          offer: cause,
          startsAt: offered.facts['startsAt'],
        }),
      ]
    : [desk.say('review.declined', offered.from, { offer: cause })];
};

const holdReview: Work = (desk) => {
  const offered = offerOf(desk);
  if (offered === undefined) return [];
  const common = { offer: offered.id };
  if (new Date(String(offered.facts['startsAt'])) > desk.now) {
    if (desk.chance.isSo(0.9)) return [];
    if (desk.chance.isSo(0.3)) return cancelReview(desk);
    const moved = {
      ...common,
      startsAt: desk.at(desk.chance.between(3, 15)),
      place: 'Jobcentre',
      slot: 'next-free-appointment',
    };
    return [desk.say('review.moved', offered.to, moved)];
  }
  return desk.chance.isSo(0.75)
    ? [desk.say('review.held', offered.to, { ...common, heldOn: desk.today })]
    : [
        desk.say('review.not-held', offered.to, {
          ...common,
          on: desk.today,
          why: desk.chance.oneOf(['client-did-not-attend', 'postponed', 'adviser-absent']),
        }),
      ];
};

const tellReviewOutcome: Work = (desk) => {
  const offered = offerOf(desk);
  if (offered === undefined) return [];
  return [
    desk.say('review.outcome', offered.to, {
      offer: offered.id,
      agreementAmended: desk.chance.isSo(0.5),
      actions: ['apply'],
      ...(desk.chance.isSo(0.5) ? { nextReviewOn: desk.at(60).slice(0, 10) } : {}),
    }),
  ];
};

export const requestReview = (desk: Desk, host: string): Move =>
  desk.say('review.requested', host, { wantedBy: desk.at(15).slice(0, 10), place: 'job-centre' });

const reEngage: Work = (desk, row) =>
  desk.chance.isSo(0.35)
    ? [refer(desk)]
    : [desk.done(row, desk.chance.oneOf(['done', 'declined-by-client', 'not-possible']))];

const recordExit: Work = (desk, row) => {
  const refused = desk.history.get(row.cause);
  const exit = refused?.facts['exit'];
  return exit === 'planned' || exit === 'unplanned'
    ? [desk.record('exit.recorded', { exit, on: desk.today })]
    : [desk.done(row, 'no-longer-needed')];
};

export const proposeLead = (desk: Desk, to: string): Move =>
  desk.say('lead.proposed', to, {
    lead: desk.chance.oneOf(['keyworker', 'offender-manager']),
    from: desk.today,
  });

const answerLead: Work = (desk, { cause }) => {
  const proposed = desk.history.get(cause);
  const name = desk.chance.isSo(0.8) ? 'lead.agreed' : 'lead.declined';
  return proposed === undefined ? [] : [desk.say(name, proposed.from, { proposal: cause })];
};

/** The client is asked for the form that lapses, or that a refused message lacked. */
function ask(desk: Desk, form: string | undefined): readonly Move[] {
  const decision = desk.chance.isSo(0.65) ? 'given' : 'refused';
  switch (form) {
    case 'DPA1':
      return [takeDpa1(desk, decision)];
    case 'TPR1':
      return [takeTpr1(desk, decision)];
    default:
      return [takeTpr2(desk, [desk.referrer, probation], decision)];
  }
}

const renew: Work = (desk, row) => {
  const due = desk.history.get(row.cause);
  return ask(desk, String(desk.history.get(due?.about)?.facts['form']));
};

/** Only who may take the form that is lacking is told to seek it. */
const seekConsent: Work = (desk, row) => {
  const taker = isProvider(desk.party) ? 'TPR2' : 'TPR1';
  const isTaker = row.form === taker || (row.form === 'DPA1' && taker === 'TPR1');
  if (!isTaker) throw new Error(`${desk.party} is told to seek a consent of form ${row.form}`);
  if (desk.chance.isSo(0.15)) return [desk.done(row, 'not-possible')];
  const asked = ask(desk, row.form);
  const isYes = asked.some(({ data }) => data['decision'] === 'given');
  return isYes ? [...asked, ...sendAgain(desk, row)] : asked;
};

/** Most send it again with the client's yes before them; some forget. */
function sendAgain(desk: Desk, { cause }: OpenRow): readonly Move[] {
  const blocked = desk.history.get(cause);
  if (blocked === undefined || desk.chance.isSo(0.2)) return [];
  if (blocked.name === 'referral.requested') return [refer(desk)];
  return blocked.name === 'tpr2.shared'
    ? [desk.say('tpr2.shared', blocked.to, shareForm(desk))]
    : [];
}

const simply =
  (...weights: readonly ('done' | 'declined-by-client' | 'not-possible')[]): Work =>
  (desk: Desk, row: OpenRow) => [
    desk.done(row, weights[desk.chance.between(0, weights.length - 1)] ?? 'done'),
  ];

/** What the owner of each step does when they come to it. */
export const workOf: Readonly<Record<StepName, Work>> = {
  ...referralWork,
  'complete-dpa1': (desk) => [takeDpa1(desk, desk.chance.isSo(0.8) ? 'given' : 'refused')],
  'return-dpa1': (desk, { cause }) => [
    desk.say('dpa1.returned', 'jc_north', {
      consent: cause,
      client: desk.client,
    }),
  ],
  'note-receipt': noteReceipt,
  'pass-to-adviser': passToAdviser,
  'discuss-no-trace': noTrace,
  'offer-review': (desk, row) => (desk.chance.isSo(0.9) ? offer(desk, row) : cancelReview(desk)),
  'answer-review-offer': answerOffer,
  'hold-review': holdReview,
  'tell-review-outcome': tellReviewOutcome,
  'cancel-review': (desk, row) =>
    desk.chance.isSo(0.8) ? cancelReview(desk) : [desk.done(row, 'no-longer-needed')],
  'request-review': (desk, row) =>
    desk.chance.isSo(0.7)
      ? [requestReview(desk, desk.referrer)]
      : [desk.done(row, 'declined-by-client')],
  're-engage': reEngage,
  'update-record': simply('done'),
  'record-exit': recordExit,
  'review-care-plan': (desk) => [desk.record('careplan.reviewed', { heldOn: desk.today })],
  'complete-outcome-profile': (desk) => [
    desk.record('outcome-profile.recorded', { on: desk.today, completed: desk.chance.isSo(0.8) }),
  ],
  'hold-interview': simply('done', 'done', 'not-possible'),
  'propose-lead': (desk, row) =>
    desk.chance.isSo(0.8)
      ? [proposeLead(desk, desk.counterpart(row))]
      : [desk.done(row, 'not-possible')],
  'answer-lead': answerLead,
  'renew-consent': renew,
  'take-off-record': simply('done'),
  'stop-using': simply('done'),
  'seek-consent': seekConsent,
  'ask-taker': simply('done', 'declined-by-client', 'not-possible'),
  'send-again': simply('done', 'declined-by-client'),
  'check-identity': simply('done'),
  'mend-consent': (desk, row) => ask(desk, String(desk.history.get(row.cause)?.facts['form'])),
};
