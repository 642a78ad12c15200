import { minutesAfter } from '../expected-dates.js';
import type { JourneyStage } from '../journey-stage.js';

const client = 'client-a';
const [jcp, spoc, riverside] = ['jcp_wandsworth', 'spoc_lsw', 'trt_riverside'] as const;
const [adviser1, adviser2, keyworker] = [
  'p_wandsworth_adviser_1',
  'p_wandsworth_adviser_2',
  'p_riverside_keyworker_1',
] as const;
const form = (name: string): string => `a-main/${name}`;

/** Steps 1 and 2: consent, referral to the area, the point of contact, a missed appointment that somebody owns, a second try. */
export async function playReferral(stage: JourneyStage): Promise<void> {
  stage.title('Client A: refer and attend (protocol steps 1 and 2)');
  await stage.send(form('01-consent-dpa1'));
  await stage.send(form('02-consent-tpr1'));
  await stage.send(form('03-referral'));
  const routed = await stage.timelineUntil(
    'a-referral',
    ({ state }) => state !== 'undecided' && state !== 'waiting',
  );
  stage.check(
    'the router named a party; the guard let it pass',
    routed?.records.at(-1)?.verdict.startsWith('cleared') ?? false,
    routed?.state,
  );
  await stage.delivered(spoc, 'a-referral');
  await stage.mail('p_spoc_lsw_duty_1', client, 'referral-received');
  await stage.step(spoc, client, 'acknowledge-referral', 'p_spoc_lsw_duty_1');

  await stage.send(form('04-referral-forwarded'));
  await stage.delivered(riverside, 'a-forwarded');
  await stage.mail(keyworker, client, 'referral-received');
  await stage.noStep(spoc, client, 'acknowledge-referral');
  await stage.step(riverside, client, 'acknowledge-referral', keyworker);
  await stage.send(form('04a-referral-passed-on'));
  await stage.delivered(jcp, 'a-passed-on');
  await stage.mail(adviser1, client, 'referral-passed-on');

  await stage.send(form('05-referral-acknowledged'));
  await stage.delivered(jcp, 'a-acknowledged');
  await stage.mail(adviser1, client, 'referral-acknowledged');
  await stage.step(riverside, client, 'book-first-appointment', keyworker);

  const booked = await stage.send(form('06-appointment-booked'));
  await stage.delivered(jcp, 'a-booked');
  await stage.mail(adviser1, client, 'appointment-booked');
  await stage.step(riverside, client, 'tell-outcome', keyworker);
  await stage.step(jcp, client, 'tell-client', adviser1);
  await stage.send(form('06a-client-told'));
  await stage.noStep(jcp, client, 'tell-client');
  await stage.send(form('07-caseworker-named'));
  await stage.advanceTo(minutesAfter(String(booked.data['startsAt']), 45));

  await stage.send(form('08-did-not-attend'));
  await stage.delivered(jcp, 'a-dna');
  await stage.mail(adviser2, client, 'did-not-attend');
  await stage.step(jcp, client, 'discuss-did-not-attend', adviser2);
}

export async function playSecondReferral(stage: JourneyStage): Promise<void> {
  await stage.send(form('09-re-referral'));
  await stage.delivered(riverside, 'a-re-referral');
  await stage.noStep(jcp, client, 'discuss-did-not-attend');
  await stage.send(form('10-re-referral-acknowledged'));
  await stage.delivered(jcp, 'a-re-acknowledged');
  const booked = await stage.send(form('11-appointment-booked'));
  await stage.delivered(jcp, 'a-re-booked');
  await stage.mail(adviser2, client, 'appointment-booked');
  await stage.step(jcp, client, 'tell-client', adviser2);
  await stage.send(form('11a-client-told'));
  await stage.noStep(jcp, client, 'tell-client');
  await stage.advanceTo(minutesAfter(String(booked.data['startsAt']), 60));
  await stage.send(form('12-attended'));
  await stage.delivered(jcp, 'a-attended');
  await stage.mail(adviser2, client, 'attended');
  await stage.nothingOpen([jcp, riverside, spoc], client);
}
