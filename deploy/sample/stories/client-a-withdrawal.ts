import { noticeWording } from '#services/notifier/domain/notice-wording.js';
import { dayOf, minutesAfter, reminderBefore, weeksAfter } from '../expected-dates.js';
import type { JourneyStage } from '../journey-stage.js';

const client = 'client-a';
const [jcp, riverside] = ['jcp_wandsworth', 'trt_riverside'] as const;
const [leader, keyworker, manager] = [
  'p_wandsworth_ptl',
  'p_riverside_keyworker_1',
  'p_riverside_manager',
] as const;
const form = (name: string): string => `a-main/${name}`;

/** The client withdraws TPR2 but keeps the exit notice: what follows at both sides, and what must not. */
export async function playWithdrawal(stage: JourneyStage): Promise<void> {
  stage.title('Client A: the TPR2 consent is withdrawn, the exit notice kept');
  await stage.collect(jcp);
  const before = stage.received(jcp, client).length;
  const lastMail = await stage.lastMail();
  await stage.send(form('25-consent-withdrawn'));
  const instruction = await stage.until(async () => {
    await stage.collect(jcp, 1);
    return stage.received(jcp, client)[before];
  });
  const content = JSON.stringify(instruction?.['data']);
  stage.check(
    'the job centre gets the instruction to stop using, without content',
    content === '{"what":"stop-using-and-take-off-the-record"}' &&
      instruction?.['type'] === 'throughcare.instruction.stop-using.v1',
    content,
  );
  await stage.mail(leader, client, 'stop-using', lastMail);
  await stage.step(jcp, client, 'stop-using', leader);
  // The job centre's answers (receipt, review) rested on the same consent.
  await stage.step(riverside, client, 'stop-using', manager);

  await stage.send(form('26-tpr2-refused'));
  await stage.mail(keyworker, client, 'seek-consent');
  await stage.step(riverside, client, 'seek-consent', keyworker);
  await stage.collect(jcp, 1);
  const got = stage.received(jcp, client).length - before;
  stage.check('the job centre got nothing else', got === 1, `${got} message since the withdrawal`);
  const told = (await stage.mailsAbout(client, lastMail)).filter(({ to }) =>
    to.startsWith('wandsworth.'),
  );
  stage.check(
    'and no other mail',
    told.every(({ subject }) => subject.startsWith(noticeWording['stop-using'].subject)),
    told.map(({ subject }) => subject).join('; '),
  );
  await stage.send(form('27-task-closed'));
  await stage.send(form('28-taken-off-the-record'));
  await stage.send(form('29-answers-taken-off-the-record'));
  await stage.nothingOpen([jcp, riverside], client);
}

/** The provider's own reminder about its own client does not rest on the consent to share. */
export async function playOwnReminder(stage: JourneyStage): Promise<void> {
  const reviewOn = weeksAfter(String(stage.sentAs('a-held').data['heldOn']), 12);
  const lastMail = await stage.lastMail();
  await stage.advanceTo(minutesAfter(reminderBefore(reviewOn, 7), 15));
  await stage.mail(keyworker, client, 'care-plan-review-due', lastMail);
  await stage.step(riverside, client, 'review-care-plan', keyworker);
  const others = (await stage.mailsAbout(client, lastMail)).filter(
    ({ to }) => !to.startsWith('riverside.'),
  );
  stage.check(
    'the job centre hears nothing of it',
    others.length === 0,
    others.map(({ subject }) => subject).join('; '),
  );
  await stage.send(form('30-care-plan-reviewed'));
  await stage.noStep(riverside, client, 'review-care-plan');
  const nextOn = weeksAfter(dayOf(stage.parts.clock.now()), 12);
  await stage.reminder(riverside, client, {
    kind: 'care-plan-review',
    dueOn: nextOn,
    state: 'scheduled',
    remindAt: reminderBefore(nextOn, 7),
  });
}
