import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import { GpgHome } from '#deploy/sample/gpg-home.js';
import { playJourney } from '#deploy/sample/journey.js';
import { loadSample } from '#deploy/sample/load-sample.js';
import { importMeshKey } from '#deploy/sample/mesh-key.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import { makeSampleKeys } from '#deploy/sample/sample-keys.js';
import { type LocalMesh, startMesh } from './mesh.js';
import { type LocalDesks, startDesks } from './mesh-desks.js';
import { readStartOptions, type StartOptions, usage } from './start-options.js';
import { lockState } from './state-lock.js';
import { stopWanted } from './stop-wanted.js';

const workEndsWithinMs = 2_000;

/** Once it stops, what the journey still says is about a mesh that is gone. */
let isStopping = false;
const print = (line: string): void => {
  if (!isStopping) console.log(line);
};

async function prepareSample(mesh: LocalMesh, folder: string, stop: AbortSignal): Promise<void> {
  const directory = await readSampleDirectory();
  const keysFolder = join(folder, 'sample-keys');
  await makeSampleKeys({
    gpgHome: join(folder, 'gnupg'),
    keysFolder,
    people: directory.people,
    print,
    stopWanted: stop,
  });
  await importMeshKey(join(folder, 'gnupg'), mesh.secrets.signingKeyFile);
  await loadSample({ env: operatorEnv(mesh), keysFolder });
  print(
    `directory: ${directory.parties.length} parties, ${directory.people.length} people, by the operator's tool`,
  );
}

/** How the operator's tool reaches the mesh. */
const operatorEnv = (mesh: LocalMesh): Record<string, string> => ({
  MESH_ENV: 'local',
  NATS_URL: mesh.natsUrl,
  NATS_SEED_FILE: mesh.secrets.seed('svc_ops'),
  CLOCK_FILE: mesh.clockFile,
});

async function play(mesh: LocalMesh, folder: string): Promise<boolean> {
  const clock = await LocalClockControl.open(mesh.clockFile);
  print(
    '\nThe sample journey. The local clock runs at scale 1 and is moved on between the acts; production refuses such a clock.\n',
  );
  const result = await playJourney({
    gatewayUrl: mesh.gatewayUrl,
    tokens: mesh.tokens,
    mailDir: mesh.mailFolder,
    gpgHome: join(folder, 'gnupg'),
    clock,
    operatorEnv: operatorEnv(mesh),
    print,
    stepTimeoutMs: 30_000,
  });
  const failed = result.steps.filter((step) => !step.ok);
  print(
    `\n${result.steps.length - failed.length} of ${result.steps.length} steps came out as expected`,
  );
  for (const step of failed) print(`  not as expected: ${step.name}: ${step.detail}`);
  return result.ok;
}

async function tellAddresses(
  mesh: LocalMesh,
  desks: LocalDesks | undefined,
  folder: string,
): Promise<void> {
  const clock = await LocalClockControl.open(mesh.clockFile);
  print(`
The mesh is up.
  API      ${mesh.gatewayUrl}/v1
  shell    API=${mesh.gatewayUrl}
  docs     ${mesh.gatewayUrl}/docs
${Object.entries(desks?.urls ?? {})
  .map(([agency, url]) => `  desk     ${url}   (${agency}: pick who to be)\n`)
  .join('')}  tokens   ${mesh.secrets.tokensFile}
${desks === undefined ? '' : `  issuer   ${mesh.signIn.issuer}   (access tokens for system_<party>, by the keys of ${mesh.secrets.systemsFolder})\n`}  mail     ${mesh.mailFolder}   (gpg --homedir ${join(folder, 'gnupg')} --decrypt <mail>)
  operator npm run ops -- ${folder === resolve('var') ? '' : `--folder ${folder} `}counts
  logs     ${join(folder, 'log')}
  clock    ${clock.now().toISOString()}: messages sent now need ids of that time; the examples of the docs have them
Ctrl-C stops all of it.`);
}

async function run(options: StartOptions): Promise<number> {
  const held = await lockState(options.folder);
  if ('heldByPid' in held) {
    console.error(
      `a mesh runs on ${options.folder} already (process ${held.heldByPid ?? 'unknown'}); stop it first, or give --folder another one`,
    );
    return 1;
  }
  const stop = stopWanted();
  const isStopped = once(stop, 'abort');
  let mesh: LocalMesh | undefined;
  let working: Promise<number> | undefined;
  try {
    const { parties } = await readSampleDirectory();
    const { folder, scale, startsAt } = options;
    const starts = startsAt === undefined ? {} : { startsAt };
    mesh = await startMesh({ folder, parties, scale, print, stopWanted: stop, ...starts });
    working = work(mesh, options, stop);
    return await Promise.race([working, isStopped.then(() => codeOfStop(options))]);
  } catch (error) {
    if (stop.aborted) return codeOfStop(options);
    throw error;
  } finally {
    print('stopping …');
    isStopping = true;
    await mesh?.stop();
    // It fails as soon as it asks a mesh that is gone.
    await Promise.race([working?.catch(() => undefined), delay(workEndsWithinMs)]);
    // Whoever read a mail with the sample's keys has started an agent on them.
    const gpgHome = join(options.folder, 'gnupg');
    if (existsSync(gpgHome)) await (await GpgHome.open(gpgHome)).stop();
    await held.lock.release();
  }
}

/** Stopped before the journey came to its end. */
const codeOfStop = ({ once: isOnce }: StartOptions): number => (isOnce ? 1 : 0);

async function work(mesh: LocalMesh, options: StartOptions, stop: AbortSignal): Promise<number> {
  await prepareSample(mesh, options.folder, stop);
  const ok = !options.journey || (await play(mesh, options.folder));
  if (options.once) return ok ? 0 : 1;
  // Not before: in the journey the agencies' own systems take the inboxes, and a desk would take them too.
  const desks = options.desk
    ? await startDesks(mesh, { folder: options.folder, print })
    : undefined;
  try {
    await tellAddresses(mesh, desks, options.folder);
    if (!stop.aborted) await once(stop, 'abort');
  } finally {
    await desks?.stop();
  }
  return ok ? 0 : 1;
}

try {
  const options = readStartOptions(process.argv.slice(2), new Date());
  if (options === undefined) print(usage);
  // What the journey still waits for is of no use.
  else process.exit(await run(options));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
}
