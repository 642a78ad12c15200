import { minutesAfter, reminderBefore, weeksAfter, workingDaysFrom } from '../expected-dates.js';
import type { JourneyStage } from '../journey-stage.js';

const client = 'client-a';
const [jcp, riverside] = ['jcp_wandsworth', 'trt_riverside'] as const;
const [adviser2, leader, keyworker] = [
  'p_wandsworth_adviser_2',
  'p_wandsworth_ptl',
  'p_riverside_keyworker_1',
] as const;
const form = (name: string): string => `a-main/${name}`;

/** Step 9: an unplanned exit; treatment's reminders stop, the claim's run on; a step that nobody does comes back to its owner. */
export async function playExit(stage: JourneyStage): Promise<void> {
  stage.title('Client A: unplanned exit (protocol step 9)');
  const startedOn = String(stage.sentAs('a-claim').data['startedOn']);
  const interviewOn = weeksAfter(startedOn, 26);
  const interviewReminder = reminderBefore(interviewOn, 7);
  // Five working days before the interview's reminder, so that the step to re-engage falls overdue the day after it.
  await stage.advanceTo(workingDaysFrom(interviewReminder, -5, 11));
  const beforeExit = await stage.lastMail();
  await stage.send(form('31-exit-unplanned'));
  await stage.delivered(jcp, 'a-exit');
  await stage.mail(leader, client, 'exit-notice');
  await stage.step(jcp, client, 're-engage', adviser2);
  const nextReview = weeksAfter(String(stage.sentAs('a-reviewed').data['heldOn']), 12);
  await stage.reminder(riverside, client, {
    kind: 'care-plan-review',
    dueOn: nextReview,
    state: 'cancelled',
  });
  await stage.reminder(jcp, client, {
    kind: 'claim-interview-26',
    dueOn: interviewOn,
    state: 'scheduled',
    remindAt: interviewReminder,
  });

  await stage.advanceTo(minutesAfter(interviewReminder, 15));
  await stage.mail(adviser2, client, 'interview-due', beforeExit);
  await stage.step(jcp, client, 'hold-interview', adviser2);
  await stage.advanceTo(workingDaysFrom(interviewReminder, 1, 10));
  await stage.mail(adviser2, client, 'step-overdue', beforeExit);
  const step = (await stage.openSteps(jcp, client)).find((each) => each.step === 're-engage');
  stage.check(
    'the step that was not done is overdue and still has its owner',
    step?.overdue === true && step.owner === adviser2,
    step?.dueOn,
  );
  const treatment = (await stage.mailsAbout(client, beforeExit)).filter(({ to }) =>
    to.startsWith('riverside.'),
  );
  stage.check(
    'no mail about treatment any more',
    treatment.length === 0,
    treatment.map(({ subject }) => subject).join('; '),
  );

  await stage.send(form('32-re-engaged'));
  await stage.step(jcp, client, 'tell-nothing-more', adviser2);
  await stage.send(form('32a-nothing-more'));
  await stage.mail(keyworker, client, 'nothing-more-expected');
  await stage.send(form('33-interview-done'));
  await stage.send(form('34-claim-ended'));
  await stage.nothingOpen([jcp, riverside], client);
}
