import type { LocalClockControl } from './clock-control.js';
import { EdgeClient } from './edge-client.js';
import { nextOfficeHour } from './expected-dates.js';
import { GpgHome } from './gpg-home.js';
import { JourneyStage, type JourneyStep, StoryEnded } from './journey-stage.js';
import { MailReader } from './mail-reader.js';
import { OperatorsPeopleDesk } from './people-desk.js';
import { readSampleDirectory } from './sample-directory.js';
import { playExit } from './stories/client-a-exit.js';
import { playReferral, playSecondReferral } from './stories/client-a-referral.js';
import { playReview, playReviewHeld } from './stories/client-a-review.js';
import { playSharing } from './stories/client-a-sharing.js';
import { playOwnReminder, playWithdrawal } from './stories/client-a-withdrawal.js';
import { playContractedProvider } from './stories/contracted-provider.js';
import { playLead, playReviewMoved } from './stories/lead-and-review.js';
import { playNoTrace } from './stories/no-trace.js';
import { playReferredElsewhere } from './stories/referred-elsewhere.js';
import { playRefusals } from './stories/refusals.js';
import { playWithoutAKey, playWithoutDpa1 } from './stories/without-dpa1.js';

export interface JourneyOptions {
  readonly gatewayUrl: string;
  /** Bearer token of each party of the sample. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Folder of the local mail server. */
  readonly mailDir: string;
  /** GnuPG home of the sample's people (`makeSampleKeys`). */
  readonly gpgHome: string;
  readonly clock: LocalClockControl;
  /** Of the operator's tool: how it reaches the mesh, with the key of `svc_ops`. */
  readonly operatorEnv: Readonly<Record<string, string>>;
  readonly print: (line: string) => void;
  /** How long one expected thing may take, in real milliseconds. */
  readonly stepTimeoutMs: number;
}

export interface JourneyResult {
  readonly steps: readonly JourneyStep[];
  /** Every step came out as expected. */
  readonly ok: boolean;
}

type Story = (stage: JourneyStage) => Promise<void>;

/**
 * A story goes on only while the one before it in its row did not break off. None knows a date: its forms count from the moment of sending
 * (`{{now+3wd@10:30}}`), and it asks `expected-dates.ts` what follows from what was sent. So each plays on any day, which
 * `any-day-first-year.test.ts` and its twin try for all of them.
 */
const rows: readonly (readonly Story[])[] = [
  [
    playReferral,
    playSecondReferral,
    playSharing,
    playReview,
    playReviewHeld,
    playWithdrawal,
    playOwnReminder,
    playExit,
  ],
  [playContractedProvider],
  [playReferredElsewhere, playLead, playReviewMoved],
  [playNoTrace],
  [playWithoutDpa1, playWithoutAKey],
  [playRefusals],
];

/**
 * Plays the sample's journey as the agencies would, through the HTTP edge alone, and reads the mail with the people's own keys. Moves the
 * local clock on by about half a year. May be played again on the same mesh: cases and references are new each time.
 */
export async function playJourney(options: JourneyOptions): Promise<JourneyResult> {
  const { clock, print, stepTimeoutMs } = options;
  const gpg = await GpgHome.open(options.gpgHome);
  try {
    const stage = new JourneyStage({
      edge: new EdgeClient(options.gatewayUrl, options.tokens),
      mails: await MailReader.open(options.mailDir, gpg),
      clock,
      people: new OperatorsPeopleDesk(options.operatorEnv),
      directory: await readSampleDirectory(),
      print,
      stepTimeoutMs,
    });
    return await playStories(stage);
  } finally {
    await gpg.stop();
  }
}

/** All stories on a stage that stands, from the next hour at which offices are open. */
export async function playStories(stage: JourneyStage): Promise<JourneyResult> {
  const now = stage.parts.clock.now();
  const opening = nextOfficeHour(now);
  if (opening > now) await stage.advanceTo(opening);
  for (const row of rows) await playRow(stage, row);
  return { steps: stage.steps, ok: stage.steps.every(({ ok }) => ok) };
}

async function playRow(stage: JourneyStage, row: readonly Story[]): Promise<void> {
  try {
    for (const play of row) await play(stage);
  } catch (error) {
    const ended = error instanceof StoryEnded;
    stage.check(ended ? 'the story goes on' : 'the edge answers', false, (error as Error).message);
  }
}
