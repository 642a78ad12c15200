import type { JourneyStage } from '../journey-stage.js';

const client = 'client-f';
const [jcp, riverside] = ['jcp_lambeth', 'trt_riverside'] as const;
const adviser = 'p_lambeth_adviser_1';

/** What the mesh refuses, and what the sender is told. */
export async function playRefusals(stage: JourneyStage): Promise<void> {
  stage.title('Refused');
  await stage.send('f-refusals/01-no-consent');
  await stage.mail(adviser, client, 'seek-consent');
  await stage.step(jcp, client, 'seek-consent', adviser);
  await stage.collect(riverside, 1);
  stage.check('the provider got nothing', stage.received(riverside, client).length === 0);
  await stage.send('f-refusals/02-left-alone');
  await stage.nothingOpen([jcp], client);
  await stage.send('f-refusals/03-another-s-case');
  await stage.send('f-refusals/04-wrong-person');
  await stage.send('f-refusals/05-not-the-job-centre-s-to-take');
}
