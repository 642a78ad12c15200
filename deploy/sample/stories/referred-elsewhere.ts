import { minutesAfter } from '../expected-dates.js';
import type { JourneyStage } from '../journey-stage.js';

const client = 'client-g';
const [lambeth, riverside, commonside] = [
  'jcp_lambeth',
  'trt_riverside',
  'trt_commonside',
] as const;
const adviser = 'p_lambeth_adviser_1';
const form = (name: string): string => `g-referred-elsewhere/${name}`;

/** A provider has no room: nobody is lost. The client is referred to another, whose appointment is moved once. */
export async function playReferredElsewhere(stage: JourneyStage): Promise<void> {
  stage.title('Client G: declined, referred elsewhere; the appointment moves');
  await stage.send(form('01-consent-tpr1'));
  await stage.send(form('02-referral'));
  await stage.delivered(riverside, 'g-referral');
  await stage.send(form('03-declined'));
  await stage.delivered(lambeth, 'g-declined');
  await stage.mail(adviser, client, 'referral-declined');
  await stage.step(lambeth, client, 'refer-elsewhere', adviser);
  await stage.step(lambeth, client, 'tell-client', adviser);
  await stage.send(form('04-client-told'));
  await stage.send(form('05-referral-elsewhere'));
  await stage.delivered(commonside, 'g-elsewhere');
  await stage.noStep(lambeth, client, 'refer-elsewhere');
  await stage.nothingOpen([riverside], client);

  await stage.send(form('06-booked'));
  await stage.delivered(lambeth, 'g-booked');
  await stage.noStep(commonside, client, 'acknowledge-referral');
  await stage.mail(adviser, client, 'appointment-booked');
  await stage.step(lambeth, client, 'tell-client', adviser);
  await stage.send(form('07-client-told'));
  const moved = await stage.send(form('08-moved'));
  await stage.delivered(lambeth, 'g-moved');
  await stage.mail(adviser, client, 'appointment-moved');
  await stage.step(lambeth, client, 'tell-client', adviser);
  await stage.send(form('09-client-told'));
  await stage.noStep(lambeth, client, 'tell-client');
  await stage.advanceTo(minutesAfter(String(moved.data['startsAt']), 45));
  await stage.send(form('10-attended'));
  await stage.delivered(lambeth, 'g-attended');
  await stage.mail(adviser, client, 'attended');
  await stage.nothingOpen([lambeth, commonside, riverside], client);
}
