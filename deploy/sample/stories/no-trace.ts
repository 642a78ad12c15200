import type { JourneyStage } from '../journey-stage.js';

const client = 'client-c';
const [aire, jcp] = ['trt_aire', 'jcp_leeds'] as const;
const keyworker = 'p_aire_keyworker_1';
const form = (name: string): string => `c-no-trace/${name}`;

/** Step 6: the job centre does not find the client; the TPR2 goes back, and the keyworker has something to do. */
export async function playNoTrace(stage: JourneyStage): Promise<void> {
  stage.title('Client C: a TPR2 with no trace is returned (protocol step 6)');
  await stage.send(form('01-consent-tpr2'));
  await stage.send(form('02-tpr2-shared'));
  await stage.delivered(jcp, 'c-tpr2');
  await stage.mail('p_leeds_ptl', client, 'employment-information-received');
  await stage.send(form('03-no-trace'));
  await stage.delivered(aire, 'c-no-trace');
  await stage.mail(keyworker, client, 'no-trace');
  await stage.step(aire, client, 'discuss-no-trace', keyworker);
  await stage.step(jcp, client, 'stop-using', 'p_leeds_ptl');
  await stage.send(form('03a-erased'));
  await stage.nothingOpen([jcp], client);
  await stage.send(form('04-discussed'));
  await stage.nothingOpen([aire], client);
}
