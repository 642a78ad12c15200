import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RunFolder } from '#test/run/run-folder.js';
import { DeskTown, type DeskVisitor, caseIn } from './desk-town.js';
import { clusterVariable, makeCluster } from './postgres-cluster.js';

/*
 * `npm run pictures`: the desk as people see it, for the README. A mesh, desks and a browser of its own, sample people, an invented client;
 * one PNG a page in `deploy/pictures`.
 */

const folder = 'deploy/pictures';
const desk = { width: 1000, height: 700 };
const phone = { width: 390, height: 800 };

async function take({ page }: DeskVisitor, name: string, size = desk): Promise<void> {
  await page.setViewportSize(size);
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  process.stdout.write(`${folder}/${name}.png\n`);
}

async function story(town: DeskTown): Promise<void> {
  const adviser = await town.visit('jcp', /Amara Apeere/);
  const keyworker = await town.visit('trt_riverside', /Nadia Mithal/);
  const leader = await town.visit('jcp', /Siobhan/);
  const duty = await town.visit('spoc_lsw', /Olu/);
  await adviser.open('/refer');
  await town.fillReferral(adviser, town.newClient());
  await take(adviser, 'before-sending');
  await adviser.page.getByRole('button', { name: 'Send' }).click();
  await keyworker.openStep(/Answer the referral/);
  await take(keyworker, 'case');
  await keyworker.page.getByRole('button', { name: /^Acknowledge/ }).click();
  const waiting = await town.referred('spoc_lsw', 'trt_riverside');
  await duty.openWhen('/queue', `href="/cases/${waiting}"`);
  await take(duty, 'queue');
  await adviser.openWhen('/today', /Waiting for a first appointment/);
  await take(adviser, 'today-phone', phone);
  await leader.open('/board');
  await take(leader, 'board');
  await adviser.page
    .getByRole('link', { name: /waiting for/ })
    .first()
    .click();
  await adviser.open(`/cases/${caseIn(adviser.page.url())}/slip`);
  await take(adviser, 'slip');
}

await mkdir(folder, { recursive: true });
const run = RunFolder.open();
const cluster = join(run.path, 'cluster');
await makeCluster(cluster);
process.env[clusterVariable] = cluster;
const town = await DeskTown.start(['jcp', 'trt_riverside', 'spoc_lsw']);
try {
  await story(town);
} finally {
  await town.stop();
  run.close();
}
