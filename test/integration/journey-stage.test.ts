import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { LocalClockControl } from '#deploy/sample/clock-control.js';
import { EdgeClient } from '#deploy/sample/edge-client.js';
import { GpgHome } from '#deploy/sample/gpg-home.js';
import { JourneyStage, StoryEnded } from '#deploy/sample/journey-stage.js';
import { MailReader } from '#deploy/sample/mail-reader.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import { ScriptedEdge } from '#test/support/scripted-edge.js';
import { scratchFolder, type ScratchFolder } from '#test/support/scratch-folder.js';

let folder: ScratchFolder;
let edge: ScriptedEdge;
let clock: LocalClockControl;
let gpg: GpgHome;
let stage: JourneyStage;
let lines: string[];

beforeAll(async () => {
  folder = await scratchFolder();
  edge = await ScriptedEdge.start();
  clock = await LocalClockControl.open(join(folder.path, 'clock.json'));
  gpg = await GpgHome.open(join(folder.path, 'gnupg'));
  await mkdir(join(folder.path, 'mail'));
});
afterAll(async () => {
  await gpg?.stop();
  await edge?.stop();
  await folder?.remove();
});
beforeEach(async () => {
  edge.refuseWith = undefined;
  edge.inbox = [];
  edge.steps = [];
  lines = [];
  stage = new JourneyStage({
    edge: new EdgeClient(edge.url, { jcp_wandsworth: 'a', trt_riverside: 'b', jcp_lambeth: 'c' }),
    mails: await MailReader.open(join(folder.path, 'mail'), gpg),
    clock,
    people: { leaves: () => Promise.resolve() },
    directory: await readSampleDirectory(),
    print: (line) => lines.push(line),
    stepTimeoutMs: 300,
  });
});

const outcome = (): readonly boolean[] => stage.steps.map(({ ok }) => ok);

describe("the journey's stage", () => {
  it('passes a message that gets the verdict its form expects, and says who sent what to whom', async () => {
    await stage.send('a-main/01-consent-dpa1');
    expect(outcome()).toEqual([true]);
    expect(lines.join('\n')).toMatch(
      /jcp_wandsworth \(Amara Apeere\) → mesh: Consent given or refused/,
    );
    expect(edge.sent.at(-1)).toMatchObject({
      source: '/parties/jcp_wandsworth',
      caseref: `WAN/${stage.run}/A`,
      specversion: '1.0',
    });
  });

  it('ends the story where a message that should pass is refused, and where one that should be refused passes', async () => {
    edge.refuseWith = 'identity-mismatch';
    await expect(stage.send('a-main/01-consent-dpa1')).rejects.toThrow(StoryEnded);
    edge.refuseWith = undefined;
    await expect(stage.send('f-refusals/01-no-consent')).rejects.toThrow(StoryEnded);
    edge.refuseWith = 'case-not-yours';
    await expect(stage.send('f-refusals/01-no-consent')).rejects.toThrow(StoryEnded);
    expect(outcome()).toEqual([false, false, false]);
    edge.refuseWith = 'no-consent-on-record';
    await stage.send('f-refusals/01-no-consent');
    expect(outcome()).toEqual([false, false, false, true]);
  });

  it('finds a delivery by its id, acknowledges it, and sees the sender’s own reference where it should not be', async () => {
    const { id, caseId } = await stage.send('a-main/01-consent-dpa1');
    edge.inbox = [{ id, case: caseId, data: { form: 'DPA1' } }];
    await stage.delivered('trt_riverside', 'a-dpa1');
    expect(edge.acknowledged).toContain(id);
    const { id: second } = await stage.send('a-main/01-consent-dpa1');
    edge.inbox = [{ id: second, case: caseId, caseref: 'WAN/1/A', data: {} }];
    await stage.delivered('trt_riverside', 'a-dpa1');
    const { id: never } = await stage.send('a-main/01-consent-dpa1');
    expect(never).not.toBe(second);
    await expect(stage.delivered('trt_riverside', 'a-dpa1')).rejects.toThrow(StoryEnded);
    expect(outcome()).toEqual([true, true, true, false, true, false]);
  });

  it('wants a step on the right person’s desk, and mail that came', async () => {
    const held = {
      case: stage.caseOf('client-a'),
      step: 'discuss-did-not-attend' as const,
      party: 'jcp_wandsworth',
      owner: 'p_wandsworth_adviser_1',
      deputy: 'p_wandsworth_adviser_2',
      openedAt: '2026-11-23T10:00:00Z',
      dueOn: '2026-12-07',
      overdue: false,
      escalation: 'owner' as const,
      cause: stage.caseOf('client-a'),
    };
    edge.steps = [held];
    await stage.step(
      'jcp_wandsworth',
      'client-a',
      'discuss-did-not-attend',
      'p_wandsworth_adviser_2',
    );
    await stage.step(
      'jcp_wandsworth',
      'client-a',
      'discuss-did-not-attend',
      'p_wandsworth_adviser_1',
    );
    await stage.noStep('jcp_wandsworth', 'client-a', 'discuss-did-not-attend');
    await stage.nothingOpen(['jcp_wandsworth'], 'client-a');
    edge.steps = [];
    await stage.nothingOpen(['jcp_wandsworth'], 'client-a');
    await stage.mail('p_wandsworth_adviser_2', 'client-a', 'did-not-attend');
    expect(outcome()).toEqual([false, true, false, false, true, false]);
  });
});
