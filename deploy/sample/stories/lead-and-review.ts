import { dayOf, workingDaysFrom } from '../expected-dates.js';
import { noticeWording } from '#services/notifier/domain/notice-wording.js';
import type { JourneyStage } from '../journey-stage.js';

const client = 'client-g';
const [lambeth, commonside, probation] = [
  'jcp_lambeth',
  'trt_commonside',
  'probation_lsw',
] as const;
const [adviser, leader] = ['p_lambeth_adviser_1', 'p_lambeth_ptl'] as const;
const [keyworker1, keyworker2] = ['p_commonside_keyworker_1', 'p_commonside_keyworker_2'] as const;
const officer = 'p_probation_lsw_officer_1';
const form = (name: string): string => `h-lead-and-review/${name}`;

/** Step 3: keyworker and offender manager agree who leads for education, training and employment. */
export async function playLead(stage: JourneyStage): Promise<void> {
  stage.title('Client G: an offender manager agrees who leads (protocol step 3)');
  await stage.send(form('01-consent-tpr2'));
  await stage.send(form('02-lead-proposed'));
  const proposal = await stage.delivered(probation, 'h-lead');
  stage.check(
    'it carries that it is no evidence for a breach',
    String(proposal['terms']).includes('breach'),
  );
  await stage.mail(officer, client, 'lead-proposed');
  await stage.step(probation, client, 'answer-lead', officer);
  await stage.send(form('03-lead-agreed'));
  await stage.delivered(commonside, 'h-lead-agreed');
  await stage.mail(keyworker1, client, 'lead-agreed');
  await stage.send(form('04-care-plan'));
  await stage.nothingOpen([probation, commonside], client);
}

/** Step 7: the review is moved while its keyworker leaves; who has her steps is told, answers, and calls it off in the end. */
export async function playReviewMoved(stage: JourneyStage): Promise<void> {
  stage.title('Client G: a review is moved, the keyworker leaves, the review is called off');
  await stage.send(form('05-keyworker-named'));
  await stage.send(form('06-review-requested'));
  await stage.delivered(lambeth, 'h-request');
  await stage.mail(leader, client, 'review-requested');
  await stage.send(form('07-review-offered'));
  await stage.mail(keyworker2, client, 'review-offered');
  await stage.send(form('08-review-accepted'));
  await stage.step(lambeth, client, 'hold-review', adviser);
  await stage.send(form('09-review-moved'));
  await stage.delivered(commonside, 'h-moved');
  await stage.mail(keyworker2, client, 'review-moved');
  await stage.noStep(lambeth, client, 'hold-review');
  await stage.step(commonside, client, 'answer-review-offer', keyworker2);

  const lastDay = dayOf(stage.parts.clock.now());
  await leaves(stage, keyworker2, lastDay);
  await stage.advanceTo(workingDaysFrom(lastDay, 1, 10));
  await stage.step(commonside, client, 'answer-review-offer', keyworker1);
  await inherited(stage, keyworker1);
  await stage.send(form('10-review-accepted'));
  await stage.step(lambeth, client, 'hold-review', adviser);
  await stage.send(form('11-review-cancelled'));
  await stage.delivered(lambeth, 'h-cancelled');
  await stage.mail(adviser, client, 'review-cancelled');
  await stage.nothingOpen([lambeth, commonside, probation], client);
}

/** The operator enters a person's last day. */
async function leaves(stage: JourneyStage, person: string, on: string): Promise<void> {
  await stage.parts.people.leaves(person, on);
  stage.check(`the operator enters that ${stage.nameOf(person)} leaves on ${on}`, true);
}

/** One mail tells who has a colleague's steps now how many cases came with them, and names no client. */
async function inherited(stage: JourneyStage, person: string): Promise<void> {
  const { address, name } = stage.personOf(person);
  const { subject } = noticeWording['steps-inherited'];
  const found = await stage.until(async () =>
    (await stage.parts.mails.read()).find(
      (mail) => mail.to === address && mail.subject.startsWith(subject),
    ),
  );
  stage.check(`sealed mail to ${name}: “${found?.subject ?? subject}”`, found !== undefined);
}
