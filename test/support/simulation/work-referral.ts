import type { Desk, Move, OpenRow } from './desk.js';
import { gateway, providers } from './town.js';

/** Worked at a desk: what its owner does about a step. Nothing: not today. */
export type Work = (desk: Desk, row: OpenRow) => readonly Move[];

const reasons = ['no-capacity', 'outside-our-area', 'service-not-offered'] as const;

export function referralForm(desk: Desk): Move['data'] {
  return {
    client: desk.client,
    benefit: desk.chance.oneOf(['jsa', 'esa', 'other']),
    told: [
      'voluntary-first-assessment',
      'finds-need-for-comprehensive',
      'engaging-later-is-voluntary',
    ],
    travelCostsConsidered: true,
  };
}

const referralIn = (desk: Desk): string =>
  desk.lastTo('referral.requested', 'referral.forwarded')?.id ?? '';

const decline = (desk: Desk): Move => {
  const reason = desk.chance.oneOf([...reasons, 'could-not-contact', 'client-asked']);
  const agreed = reason === 'client-asked' ? { clientAgreedToTell: true } : {};
  const data = { referral: referralIn(desk), reason, ...agreed };
  return desk.say('referral.declined', desk.referrer, data);
};

/** A provider that got the client from the single point of contact gives them back there, most of the time. */
function notTaken(desk: Desk): Move {
  const came = desk.lastTo('referral.requested', 'referral.forwarded');
  if (came?.name !== 'referral.forwarded' || desk.chance.isSo(0.2)) return decline(desk);
  const data = { referral: came.id, reason: desk.chance.oneOf(reasons) };
  return desk.say('referral.handed-back', came.from, data);
}

const book = (desk: Desk): Move =>
  desk.say('appointment.booked', desk.referrer, {
    referral: referralIn(desk),
    startsAt: desk.at(desk.chance.between(2, 12)),
    place: '2 Example Street',
  });

const acknowledge = (desk: Desk): Move =>
  desk.say('referral.acknowledged', desk.referrer, {
    referral: referralIn(desk),
    ...(desk.chance.isSo(0.5) ? { keyworker: desk.actor } : {}),
  });

function forward(desk: Desk): readonly Move[] {
  const tried = desk.history.all.filter(({ name }) => name === 'referral.forwarded');
  const next = providers.find((party) => !tried.some(({ to }) => to === party));
  if (next === undefined) return [decline(desk)];
  const referral = referralIn(desk);
  const passedOn = desk.say('referral.passed-on', desk.referrer, { referral, provider: next });
  return [
    desk.say('referral.forwarded', next, { ...referralForm(desk), referral }),
    ...(desk.chance.isSo(0.6) ? [passedOn] : []),
  ];
}

/** What came of the appointment that was booked or moved last; without one, of a client who walked in. */
export function tellOutcome(desk: Desk, attended: boolean, corrects?: string): Move {
  const booked = desk.lastFrom('appointment.booked', 'appointment.moved');
  const assessment = desk.chance.oneOf(['arranged', 'arranged', 'not-needed', 'declined']);
  return desk.say(attended ? 'appointment.attended' : 'appointment.did-not-attend', desk.referrer, {
    referral: referralIn(desk),
    on: desk.today,
    ...(booked === undefined ? {} : { appointment: booked.id }),
    ...(corrects === undefined ? {} : { corrects }),
    ...(attended ? { comprehensiveAssessment: assessment } : {}),
  });
}

const acknowledgeReferral: Work = (desk) => {
  if (desk.party === gateway) return desk.chance.isSo(0.4) ? [acknowledge(desk)] : forward(desk);
  switch (desk.chance.weighed({ acknowledge: 70, book: 14, walkIn: 3, refuse: 13 })) {
    case 'acknowledge':
      return [acknowledge(desk)];
    case 'book':
      return [book(desk)];
    case 'walkIn':
      return [tellOutcome(desk, true)];
    case 'refuse':
      return [notTaken(desk)];
  }
};

const tellOutcomeOf: Work = (desk, { cause }) => {
  const booked = desk.history.get(cause);
  const startsAt = new Date(String(booked?.facts['startsAt']));
  if (startsAt > desk.now) {
    if (desk.chance.isSo(0.9)) return [];
    const data = { appointment: cause };
    const moved = { ...data, startsAt: desk.at(desk.chance.between(3, 15)), place: 'Elsewhere' };
    return [
      desk.chance.isSo(0.7)
        ? desk.say('appointment.moved', desk.referrer, moved)
        : desk.say('appointment.cancelled', desk.referrer, data),
    ];
  }
  return [tellOutcome(desk, desk.chance.isSo(0.6))];
};

/** To the same provider once more, to another that the consent names, or to the area. */
export function refer(desk: Desk): Move {
  const last = desk.lastFrom('referral.requested');
  const again = last === undefined ? {} : { previousReferral: last.id };
  const to = desk.chance.oneOf([...providers, `area:${areaOfTown}/treatment`]);
  return desk.say('referral.requested', to, { ...referralForm(desk), ...again });
}
const areaOfTown = 'lambeth-southwark-and-wandsworth';

const referElsewhere: Work = (desk, row) => {
  switch (desk.chance.weighed({ refer: 65, client: 25, notYet: 10 })) {
    case 'refer':
      return [refer(desk)];
    case 'client':
      return [desk.done(row, 'declined-by-client')];
    case 'notYet':
      return [desk.done(row, 'not-possible')];
  }
};

const discuss: Work = (desk, row) => {
  switch (desk.chance.weighed({ refer: 40, done: 30, declined: 15, unreached: 15 })) {
    case 'refer':
      return [refer(desk)];
    case 'done':
      return [desk.done(row, 'done')];
    case 'declined':
      return [desk.done(row, 'declined-by-client')];
    case 'unreached':
      return [desk.done(row, 'not-possible')];
  }
};

const nothingMore: Work = (desk, row) => {
  const subject = desk.history.get(row.cause)?.facts['about'];
  const told = desk.history.get(String(subject));
  if (told === undefined || desk.chance.isSo(0.15)) return [desk.done(row, 'no-longer-needed')];
  const name =
    told.name === 'exit.notified' ? 'exit.nothing-more' : ('absence.nothing-more' as const);
  return [desk.say(name, told.from, { about: told.id })];
};

const askClient: Work = (desk, row) => {
  const outcome = desk.chance.weighed({ done: 50, 'declined-by-client': 35, 'not-possible': 15 });
  return [desk.done(row, outcome)];
};

const providerNotice: Work = (desk) => {
  const outcome = desk.lastTo('appointment.attended', 'appointment.did-not-attend');
  return [
    desk.say('provider.notice', 'jc_north', {
      form: desk.party === 'cp_path' ? 'NFP' : 'FND4',
      client: desk.client,
      attendance: outcome?.name === 'appointment.attended' ? 'attended' : 'did-not-attend',
      on: outcome?.facts['on'],
    }),
  ];
};

const tellProviderCancelled: Work = (desk, row) => {
  const forwarded = desk.lastFrom('referral.forwarded');
  if (forwarded === undefined) return [desk.done(row, 'no-longer-needed')];
  return [desk.say('referral.cancelled', forwarded.to, { referral: forwarded.id })];
};

/** Steps 1 and 2 of the protocol. */
export const referralWork = {
  'acknowledge-referral': acknowledgeReferral,
  'choose-provider': (desk) => (desk.chance.isSo(0.9) ? forward(desk) : [decline(desk)]),
  'refer-elsewhere': referElsewhere,
  'tell-provider-cancelled': tellProviderCancelled,
  'book-first-appointment': (desk) => [desk.chance.isSo(0.85) ? book(desk) : notTaken(desk)],
  'tell-client': (desk, row) => [desk.done(row, desk.chance.isSo(0.9) ? 'done' : 'not-possible')],
  'tell-outcome': tellOutcomeOf,
  'discuss-did-not-attend': discuss,
  'tell-nothing-more': nothingMore,
  'ask-client': askClient,
  'send-provider-notice': providerNotice,
  'name-adviser': (desk) => [
    desk.record('case.caseworker-named', { person: desk.actor, from: desk.today }),
  ],
} as const satisfies Record<string, Work>;
