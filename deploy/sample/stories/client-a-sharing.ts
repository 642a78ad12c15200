import { reminderBefore, weeksAfter } from '../expected-dates.js';
import type { JourneyStage } from '../journey-stage.js';

const client = 'client-a';
const [jcp, riverside] = ['jcp_wandsworth', 'trt_riverside'] as const;
const [adviser2, leader, keyworker] = [
  'p_wandsworth_adviser_2',
  'p_wandsworth_ptl',
  'p_riverside_keyworker_1',
] as const;
const form = (name: string): string => `a-main/${name}`;

/** Steps 3 to 5: the care plan and its 12-week series, TPR2 with consent, the claim and its 13- and 26-week interviews. */
export async function playSharing(stage: JourneyStage): Promise<void> {
  stage.title('Client A: care plan, TPR2, claim (protocol steps 3 to 5)');
  const plan = await stage.send(form('13-care-plan-agreed'));
  const reviewOn = weeksAfter(String(plan.data['agreedOn']), 12);
  await stage.reminder(riverside, client, {
    kind: 'care-plan-review',
    dueOn: reviewOn,
    state: 'scheduled',
    remindAt: reminderBefore(reviewOn, 7),
  });
  await stage.send(form('14-consent-tpr2'));

  await stage.send(form('15-tpr2-shared'));
  const tpr2 = await stage.delivered(jcp, 'a-tpr2');
  stage.check(
    'it carries that it is voluntary and no evidence for a sanction',
    String(tpr2['terms']).includes('no evidence for a sanction'),
  );
  await stage.mail(leader, client, 'employment-information-received');
  await stage.step(jcp, client, 'note-receipt', leader);

  await stage.send(form('16-receipt-noted'));
  await stage.delivered(riverside, 'a-receipt');
  await stage.mail(keyworker, client, 'receipt-noted');
  await stage.step(jcp, client, 'pass-to-adviser', leader);
  await stage.send(form('17-passed-to-adviser'));
  await stage.mail(adviser2, client, 'passed-to-you');
  await stage.step(jcp, client, 'update-record', adviser2);
  await stage.send(form('17a-record-updated'));
  await stage.noStep(jcp, client, 'update-record');

  const claim = await stage.send(form('18-claim-started'));
  for (const weeks of [13, 26] as const) {
    const dueOn = weeksAfter(String(claim.data['startedOn']), weeks);
    await stage.reminder(jcp, client, {
      kind: `claim-interview-${weeks}`,
      dueOn,
      state: 'scheduled',
      remindAt: reminderBefore(dueOn, 7),
    });
  }
  // The claim is for JSA, and the adviser was named with the referral.
  await stage.noStep(jcp, client, 'name-adviser');
  await stage.nothingOpen([jcp, riverside], client);
}
