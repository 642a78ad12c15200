import {
  dayOf,
  minutesAfter,
  reminderBefore,
  weeksAfter,
  workingDaysFrom,
} from '../expected-dates.js';
import type { JourneyStage } from '../journey-stage.js';

const client = 'client-a';
const [jcp, riverside] = ['jcp_wandsworth', 'trt_riverside'] as const;
const [adviser2, leader, keyworker] = [
  'p_wandsworth_adviser_2',
  'p_wandsworth_ptl',
  'p_riverside_keyworker_1',
] as const;
const form = (name: string): string => `a-main/${name}`;

/** Step 7: twelve weeks on, the reminder falls due; the three-way review is asked for, offered, accepted, held, and has an outcome. */
export async function playReview(stage: JourneyStage): Promise<void> {
  stage.title('Client A: three-way review (protocol step 7)');
  const reviewOn = weeksAfter(String(stage.sentAs('a-care-plan').data['agreedOn']), 12);
  await stage.advanceTo(minutesAfter(reminderBefore(reviewOn, 7), 15));
  const reminder = await stage.mail(keyworker, client, 'care-plan-review-due');
  stage.check(
    'gpg --decrypt opens it',
    reminder?.text.includes('care plan is due for review') === true,
    reminder?.file,
  );
  stage.showMail(reminder);
  await stage.step(riverside, client, 'review-care-plan', keyworker);

  await stage.send(form('19-review-requested'));
  await stage.delivered(jcp, 'a-request');
  await stage.mail(leader, client, 'review-requested');
  await stage.step(jcp, client, 'offer-review', leader);
  const offer = await stage.send(form('20-review-offered'));
  await stage.delivered(riverside, 'a-offer');
  await stage.mail(keyworker, client, 'review-offered');
  await stage.step(riverside, client, 'answer-review-offer', keyworker);
  const beforeAcceptance = await stage.lastMail();
  await stage.send(form('21-review-accepted'));
  await stage.delivered(jcp, 'a-accept');
  await stage.mail(adviser2, client, 'review-accepted', beforeAcceptance);
  await stage.mail(keyworker, client, 'review-accepted', beforeAcceptance);

  const startsAt = new Date(String(offer.data['startsAt']));
  const dayBefore = workingDaysFrom(startsAt, -1, 9);
  await stage.reminder(riverside, client, {
    kind: 'review-appointment',
    dueOn: dayOf(startsAt),
    state: 'scheduled',
    remindAt: dayBefore,
  });
  await stage.advanceTo(minutesAfter(dayBefore, 15));
  await stage.mail(keyworker, client, 'review-appointment-soon');
  await stage.mail(adviser2, client, 'review-appointment-soon');
}

export async function playReviewHeld(stage: JourneyStage): Promise<void> {
  const startsAt = new Date(String(stage.sentAs('a-offer').data['startsAt']));
  const interviewOn = weeksAfter(String(stage.sentAs('a-claim').data['startedOn']), 13);
  const interviewReminder = reminderBefore(interviewOn, 7);
  await stage.advanceTo(
    new Date(
      Math.max(minutesAfter(startsAt, 60).getTime(), minutesAfter(interviewReminder, 15).getTime()),
    ),
  );
  await stage.mail(adviser2, client, 'interview-due');
  await stage.step(jcp, client, 'hold-interview', adviser2);

  const held = await stage.send(form('22-review-held'));
  await stage.delivered(riverside, 'a-held');
  await stage.mail(keyworker, client, 'review-held');
  await stage.noStep(riverside, client, 'review-care-plan');
  const nextOn = weeksAfter(String(held.data['heldOn']), 12);
  await stage.reminder(riverside, client, {
    kind: 'care-plan-review',
    dueOn: nextOn,
    state: 'scheduled',
    remindAt: reminderBefore(nextOn, 7),
  });
  await stage.step(jcp, client, 'tell-review-outcome', adviser2);
  await stage.send(form('23-review-outcome'));
  await stage.delivered(riverside, 'a-outcome');
  await stage.mail(keyworker, client, 'review-outcome');
  await stage.send(form('24-interview-done'));
  await stage.step(riverside, client, 'complete-outcome-profile', keyworker);
  await stage.send(form('23a-outcome-profile'));
  await stage.nothingOpen([jcp, riverside], client);
}
