import { minutesAfter } from '../expected-dates.js';
import type { JourneyStage } from '../journey-stage.js';

const client = 'client-b';
const [pathways, aire, jcp] = ['cp_pathways_yorkshire', 'trt_aire', 'jcp_leeds'] as const;
const [adviser, keyworker] = ['p_pathways_adviser_1', 'p_aire_keyworker_1'] as const;
const form = (name: string): string => `b-contracted-provider/${name}`;

/** A contracted provider refers on the job centre's behalf and tells it of the attendance; the area has no single point of contact. */
export async function playContractedProvider(stage: JourneyStage): Promise<void> {
  stage.title('Client B: a contracted provider refers, and tells the job centre (NFP)');
  await stage.send(form('01-consent-dpa1'));
  await stage.step(pathways, client, 'return-dpa1', adviser);
  await stage.send(form('01a-dpa1-returned'));
  await stage.delivered(jcp, 'b-dpa1-returned');
  await stage.mail('p_leeds_adviser_1', client, 'dpa1-returned');
  await stage.step(jcp, client, 'update-record', 'p_leeds_adviser_1');
  await stage.send(form('01b-record-updated'));
  await stage.send(form('02-consent-tpr1'));
  await stage.send(form('03-referral'));
  await stage.delivered(aire, 'b-referral');
  await stage.mail(keyworker, client, 'referral-received');
  await stage.send(form('04-referral-acknowledged'));
  await stage.delivered(pathways, 'b-acknowledged');
  const booked = await stage.send(form('05-appointment-booked'));
  await stage.delivered(pathways, 'b-booked');
  await stage.mail(adviser, client, 'appointment-booked');
  await stage.step(pathways, client, 'tell-client', adviser);
  await stage.send(form('05a-client-told'));
  await stage.noStep(pathways, client, 'tell-client');
  await stage.advanceTo(minutesAfter(String(booked.data['startsAt']), 60));
  await stage.send(form('06-attended'));
  await stage.delivered(pathways, 'b-attended');
  await stage.mail(adviser, client, 'attended');
  await stage.mail(adviser, client, 'provider-notice-due');
  await stage.step(pathways, client, 'send-provider-notice', adviser);
  await stage.send(form('07-notice-to-jcp'));
  const notice = await stage.delivered(jcp, 'b-notice');
  stage.check(
    'it is the notice of attendance',
    JSON.stringify(notice['data']).includes('"form":"NFP"'),
  );
  await stage.mail('p_leeds_ptl', client, 'provider-notice');
  await stage.nothingOpen([pathways, aire, jcp], client);
}
