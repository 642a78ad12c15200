import type { JourneyStage } from '../journey-stage.js';

const client = 'client-d';
const [aire, jcp] = ['trt_aire', 'jcp_bradford'] as const;
const [adviser, leader] = ['p_bradford_adviser_1', 'p_bradford_ptl'] as const;
const [keyworker1, keyworker2] = ['p_aire_keyworker_1', 'p_aire_keyworker_2'] as const;

/** Step 6: a TPR2 without a DPA1 is delivered, while its record entry waits. */
export async function playWithoutDpa1(stage: JourneyStage): Promise<void> {
  stage.title('Client D: a TPR2 without a DPA1 (protocol step 6)');
  await stage.send('d-without-dpa1/01-consent-tpr2');
  await stage.send('d-without-dpa1/02-tpr2-shared');
  await stage.delivered(jcp, 'd-tpr2');
  await stage.mail(leader, client, 'employment-information-received');
  await stage.mail(adviser, client, 'dpa1-needed');
  await stage.step(jcp, client, 'complete-dpa1', adviser);
  await stage.send('d-without-dpa1/03-dpa1-declined');
  await stage.noStep(jcp, client, 'complete-dpa1');
  await stage.step(jcp, client, 'take-off-record', adviser);
  await stage.send('d-without-dpa1/04-off-the-record');
}

/** A person without a usable key: the mail is held, never sent in clear, and a colleague is told. */
export async function playWithoutAKey(stage: JourneyStage): Promise<void> {
  stage.title('Client D: a keyworker without an OpenPGP key');
  const before = await stage.lastMail();
  await stage.send('e-without-a-key/01-keyworker-changes');
  await stage.send('e-without-a-key/02-receipt-noted');
  await stage.delivered(aire, 'e-receipt');
  await stage.mail(keyworker1, client, 'colleague-mail-held', before);
  const held = await stage.until(async () =>
    (await stage.parts.edge.case(aire, stage.caseOf(client))).mails.find(
      ({ person, state }) => person === keyworker2 && state === 'held',
    ),
  );
  stage.check(`the mail to ${stage.nameOf(keyworker2)} is held`, held !== undefined, held?.kind);
  const address = stage.personOf(keyworker2).address;
  const sent = (await stage.parts.mails.read()).filter(({ to }) => to.includes(address));
  stage.check('nothing went out to them', sent.length === 0);
  await stage.send('e-without-a-key/03-passed-to-adviser');
  await stage.nothingOpen([aire, jcp], client);
}
