import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import PostalMime from 'postal-mime';
import type { SupervisedProcess } from '#deploy/local/supervised-process.js';
import { EdgeClient } from '#deploy/sample/edge-client.js';
import { GpgHome } from '#deploy/sample/gpg-home.js';
import { until } from '#test/support/until.js';
import { JourneyStage } from '#deploy/sample/journey-stage.js';
import { MailReader, type OpenedMail } from '#deploy/sample/mail-reader.js';
import { allow } from '#test/support/pace.js';
import { OperatorsPeopleDesk } from '#deploy/sample/people-desk.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import { playReferral, playSecondReferral } from '#deploy/sample/stories/client-a-referral.js';
import { playReview } from '#deploy/sample/stories/client-a-review.js';
import { playSharing } from '#deploy/sample/stories/client-a-sharing.js';
import { MeshForTest } from '#test/support/mesh-for-test.js';
import { usualStart } from '#test/support/usual-start.js';

/*
 * Client A's journey, from the first consent to the three-way review that is agreed, is played twice: undisturbed, then with each component
 * killed by SIGKILL while it has work in hand. Both must end the same. Each has a mesh of its own, whose clock starts at the same instant:
 * dates differ by the season. Near Christmas the interview falls due before the review, in spring it does not.
 */

let mesh: MeshForTest;

/** What is killed when a line that matches is printed, so many ms later. Each once, in this order. */
interface Kill {
  readonly what: string;
  readonly at: RegExp;
  readonly afterMs: number;
}

const kills: readonly Kill[] = [
  // The line is printed just before the message is sent: a few ms later the guard has it in hand.
  { what: 'consent-guard', at: /The client agrees to be referred/, afterMs: 15 },
  { what: 'referral-router', at: /verdict waiting/, afterMs: 0 },
  { what: 'nats', at: /: Referral acknowledged$/, afterMs: 10 },
  { what: 'gateway', at: /: Appointment booked$/, afterMs: 10 },
  // The alert that follows must go to the adviser who is named here, not to the one before.
  { what: 'referral-router', at: /Who holds the case at this party now/, afterMs: 30 },
  { what: 'postgres', at: /Referral requested \(TPR1\)$/, afterMs: 10 },
  // The mail about the delivery is on its way. What the notifier had in hand comes again after the ack wait, 60 s: nobody waits for it here.
  { what: 'notifier', at: /delivered to jcp_wandsworth: referral, keyworker/, afterMs: 0 },
  { what: 'reminders', at: /: Care plan agreed$/, afterMs: 20 },
  { what: 'redis', at: /: Claim started$/, afterMs: 10 },
  { what: 'redis, emptied', at: /the local clock runs fast/, afterMs: 0 },
];

function processOf(what: string): SupervisedProcess {
  const { servers, services } = mesh.mesh;
  const all: Record<string, SupervisedProcess | undefined> = {
    nats: servers.nats.process,
    postgres: servers.postgres.process,
    redis: servers.redis.process,
    'redis, emptied': servers.redis.process,
  };
  const found = all[what] ?? services.get(what);
  if (found === undefined) throw new Error(`there is no ${what}`);
  return found;
}

async function killOnce({ what, afterMs }: Kill): Promise<string> {
  await delay(afterMs);
  const victim = processOf(what);
  // The kill before it may be of the same process, which is being started again.
  const before = await until(`${what} runs`, () => victim.pid);
  await (what === 'redis, emptied' ? mesh.mesh.servers.redis.empty() : victim.killAndRestart());
  return victim.pid !== undefined && victim.pid !== before ? what : `${what} was not killed`;
}

interface Played {
  readonly failed: readonly string[];
  readonly names: readonly string[];
  /** By party: what its view of the case holds, without ids and dates. */
  readonly views: Readonly<Record<string, unknown>>;
  /** `<reader>: <subject>` of each mail, by its Message-ID, the run's own references taken out, sorted. */
  readonly mails: readonly string[];
  /** Every mail as it came, twice where it came twice. */
  readonly received: readonly Buffer[];
  readonly killed: readonly string[];
}

/** On a mesh of its own, which is stopped whatever comes of it. */
async function play(plan: readonly Kill[], mailsAtLeast = 0): Promise<Played> {
  mesh = await MeshForTest.start({ startsAt: usualStart });
  const gpg = await GpgHome.open(mesh.gpgHome);
  try {
    return await playHere(gpg, plan, mailsAtLeast);
  } finally {
    await gpg.stop();
    await mesh.stop();
  }
}

async function playHere(
  gpg: GpgHome,
  plan: readonly Kill[],
  mailsAtLeast: number,
): Promise<Played> {
  const waiting = [...plan];
  const killing: Promise<string>[] = [];
  const print = (line: string): void => {
    if (waiting[0]?.at.test(line) !== true) return;
    const next = waiting.shift();
    if (next !== undefined) killing.push(killOnce(next));
  };
  const mails = await MailReader.open(mesh.mesh.mailFolder, gpg);
  const edge = new EdgeClient(mesh.mesh.gatewayUrl, mesh.mesh.tokens, allow(60_000));
  const directory = await readSampleDirectory();
  const stage = new JourneyStage({
    edge,
    mails,
    clock: mesh.clock,
    people: new OperatorsPeopleDesk(mesh.operatorEnv),
    directory,
    print,
    stepTimeoutMs: allow(90_000),
  });
  for (const story of [playReferral, playSecondReferral, playSharing, playReview]) {
    await story(stage);
  }
  const killed = await Promise.all(killing);
  const once =
    (await stage.until(async () => {
      const seen = await mailsOnce(stage);
      return seen.length >= mailsAtLeast && seen;
    })) ?? [];
  // A mail whose relay's answer was lost goes again, and is reported on after that.
  await stage.until(async () =>
    (await viewsOf(edge, stage)).every(
      ([, { mails: shown }]) => !shown.some((mail) => underWay.test(mail)),
    ),
  );
  const views = Object.fromEntries(await viewsOf(edge, stage));
  const plain = (text: string): string =>
    text
      .replaceAll(stage.run, 'RUN')
      .replaceAll(stage.caseOf('client-a'), 'CASE')
      .replaceAll(/(?<=: )[0-9A-Z]{4}-[0-9A-Z]{4}\b/g, 'SHORT');
  return {
    failed: stage.steps.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`),
    names: stage.steps.map(({ name }) =>
      plain(name).replaceAll(/\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?/g, 'DAY'),
    ),
    views,
    mails: once.map(({ to, subject }) => plain(`${to}: ${subject}`)).sort(),
    received: (await mesh.mails()).map(({ raw }) => raw),
    killed,
  };
}

/** The mails about the client's case, copies of the same Message-ID counted once. */
async function mailsOnce(stage: JourneyStage): Promise<readonly OpenedMail[]> {
  const about = await stage.mailsAbout('client-a', 0);
  const received = new Map(
    (await mesh.mails()).map(({ seq, raw }) => [
      seq,
      /^Message-ID: *(\S+)/im.exec(raw.toString('latin1'))?.[1],
    ]),
  );
  return about.filter(
    ({ seq }, at) => about.findIndex((each) => received.get(each.seq) === received.get(seq)) === at,
  );
}

/** States of a mail of which more is to be heard. */
const underWay = / (unknown|prepared|sending)$/;

const viewsOf = (
  edge: EdgeClient,
  stage: JourneyStage,
): Promise<(readonly [string, PartyView])[]> =>
  Promise.all(
    ['jcp_wandsworth', 'spoc_lsw', 'trt_riverside'].map(
      async (party) => [party, await viewOf(edge, party, stage.caseOf('client-a'))] as const,
    ),
  );

interface PartyView {
  readonly messages: readonly string[];
  readonly steps: readonly string[];
  readonly reminders: readonly string[];
  readonly mails: readonly string[];
}

async function viewOf(edge: EdgeClient, party: string, caseId: string): Promise<PartyView> {
  const view = await edge.case(party, caseId);
  return {
    messages: view.messages.map(({ type, sender, to, records }) =>
      [type, sender, to, ...records.map(({ verdict }) => verdict)].join(' '),
    ),
    steps: view.steps
      .map(({ step, owner, escalation }) => `${step} of ${owner} ${escalation}`)
      .sort(),
    reminders: view.reminders
      .map(({ kind, state, occurrence }) => `${kind} ${occurrence} ${state}`)
      .sort(),
    mails: view.mails.map(({ kind, person, state }) => `${kind} to ${person} ${state}`).sort(),
  };
}

describe('a journey during which everything is killed once', () => {
  let calm: Played;
  let stormy: Played;

  it(
    'comes out as expected when nothing is killed',
    async () => {
      calm = await play([]);
      expect(calm.failed).toEqual([]);
    },
    allow(240_000),
  );

  it(
    'comes out as expected when each component is killed at its work',
    async () => {
      stormy = await play(kills, calm.mails.length);
      expect(stormy.killed).toEqual(kills.map(({ what }) => what));
      expect(stormy.failed).toEqual([]);
    },
    allow(400_000),
  );

  it('took the same steps, left the same records, steps and reminders', () => {
    expect(stormy.names).toEqual(calm.names);
    expect(stormy.views).toEqual(calm.views);
  });

  it('sent the same mails, each once; what went out twice is the same bytes', async () => {
    expect(stormy.mails).toEqual(calm.mails);
    const copies = new Map<string, string>();
    for (const raw of stormy.received) {
      const { messageId = '' } = await PostalMime.parse(raw);
      const bytes = raw.toString('base64');
      expect(copies.get(messageId) ?? bytes).toBe(bytes);
      copies.set(messageId, bytes);
    }
  });
});
