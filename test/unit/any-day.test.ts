import { beforeAll, describe, expect, it } from '@jest/globals';
import { JourneyStage } from '#deploy/sample/journey-stage.js';
import { playStories } from '#deploy/sample/journey.js';
import { readSampleDirectory } from '#deploy/sample/sample-directory.js';
import type { DirectoryFile } from '#services/operator/domain/directory-file.js';
import { PaperMesh } from '#test/support/paper-mesh.js';

let directory: DirectoryFile;
beforeAll(async () => {
  directory = await readSampleDirectory();
});

it('x', async () => {
  const t = performance.now();
  const mesh = new PaperMesh(directory, new Date('2026-03-02T09:30:00Z'));
  const lines: string[] = [];
  const stage = new JourneyStage({ edge: mesh.edge, mails: mesh.mails, clock: mesh.clock, directory, stepTimeoutMs: 0, print: (l) => lines.push(l) });
  const result = await playStories(stage);
  console.log(performance.now() - t, result.steps.length, result.steps.filter(({ok}) => !ok), mesh.router.overdue.map(({step, person, on}) => [step.step, person, step.dueOn, on].join(' ')), lines.join('\n'));
});
