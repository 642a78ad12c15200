import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bankHolidays } from '#libs/calendar/bank-holidays.js';
import { londonDate, londonInstant } from '#libs/calendar/london-time.js';
import { addWorkingDays } from '#libs/calendar/working-days.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import type { DirectoryFile, PersonEntry } from '#services/operator/domain/directory-file.js';
import { MeshForTest } from './mesh-for-test.js';
import { ProtocolMail } from './protocol-mail.js';
import { ProtocolStory } from './protocol-story.js';

const holidays = bankHolidays('england-and-wales');

/** Parties and people of the sample, as the stories name them. */
export const [jcp, lambeth, leeds] = ['jcp_wandsworth', 'jcp_lambeth', 'jcp_leeds'] as const;
export const [riverside, commonside, aire] = [
  'trt_riverside',
  'trt_commonside',
  'trt_aire',
] as const;
export const [spoc, pathways, probation] = [
  'spoc_lsw',
  'cp_pathways_yorkshire',
  'probation_lsw',
] as const;
export const [adviser, colleague, leader] = [
  'p_wandsworth_adviser_1',
  'p_wandsworth_adviser_2',
  'p_wandsworth_ptl',
] as const;
export const [keyworker, secondKeyworker] = [
  'p_riverside_keyworker_1',
  'p_riverside_keyworker_2',
] as const;
export const officer = 'p_probation_lsw_officer_1';
export const lsw = 'lambeth-southwark-and-wandsworth';
export const area = `area:${lsw}/treatment`;

/** The whole mesh with the sample's agencies, for many short stories, each about a client of its own. */
export class ProtocolTown {
  readonly inboxes = new Map<string, Record<string, unknown>[]>();
  #clients = 0;

  private constructor(
    readonly mesh: MeshForTest,
    readonly mail: ProtocolMail,
    readonly directory: DirectoryFile,
  ) {}

  static async start(): Promise<ProtocolTown> {
    // Somebody who is away is told of by the router's next sweep, which no test waits a minute for; nor does one play a year until a refusal is forgotten.
    const settings = {
      'referral-router': { OVERDUE_SWEEP_SECONDS: '1' },
      'consent-guard': { TRIM_AFTER_SECONDS: '1', RETENTION_REFUSALS_DAYS: '60' },
    };
    const mesh = await MeshForTest.start({ settings });
    const mail = await ProtocolMail.open(mesh.mesh.mailFolder, mesh.gpgHome);
    return new ProtocolTown(mesh, mail, await readSampleDirectory());
  }

  /** A client nobody has seen before, with a case. */
  client(): ProtocolStory {
    this.#clients += 1;
    return new ProtocolStory(this, this.#clients);
  }

  get now(): Date {
    return this.mesh.clock.now();
  }

  get today(): string {
    return londonDate(this.now);
  }

  /** The day so many working days from today, `YYYY-MM-DD`. */
  workingDay(count: number): string {
    return addWorkingDays(this.today, count, holidays);
  }

  /** That day at a time of day in London. */
  at(workingDays: number, time = '10:30'): Date {
    return londonInstant(this.workingDay(workingDays), time);
  }

  /** Moves the clock to an instant, at once: all that lies between falls due together. */
  advanceTo(instant: Date): Promise<void> {
    return this.mesh.clock.jumpTo(instant);
  }

  person(id: string): PersonEntry {
    const found = this.directory.people.find((each) => each.id === id);
    if (found === undefined) throw new Error(`${id} is not in the sample's directory`);
    return found;
  }

  /** Takes what waits for the party and keeps it, in order. */
  async collect(party: string, waitSeconds = 0): Promise<readonly Record<string, unknown>[]> {
    const inbox = this.inboxes.get(party) ?? [];
    this.inboxes.set(party, inbox);
    const taken = await this.mesh.edge().collect(party, waitSeconds);
    inbox.push(...taken.filter(({ id }) => !inbox.some((each) => each['id'] === id)));
    return inbox;
  }

  /** The operator enters the directory with some entries changed. */
  async changeDirectory(change: (directory: DirectoryFile) => DirectoryFile): Promise<void> {
    const file = join(this.mesh.folder, 'changed-directory.json');
    await writeFile(file, JSON.stringify(change(this.directory)));
    const keys = join(this.mesh.folder, 'sample-keys');
    const { code, err } = await this.mesh.operator(['directory', 'apply', file, '--keys', keys]);
    if (code !== 0) throw new Error(`the directory was not taken: ${err}`);
  }

  async stop(): Promise<void> {
    await this.mail.stop();
    await this.mesh.stop();
  }
}
