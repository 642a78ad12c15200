import { Controller, Get } from '@nestjs/common';
import { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { AgencyFile } from '../adapters/agency.file.js';
import { type Visit, Visiting } from '../adapters/desk-request.js';
import { sendPage } from '../adapters/page-renderer.js';
import { WorklistCache } from '../adapters/worklist-cache.js';
import { isLeader, presentTeam } from './presenter.js';

@Controller('team')
export class TeamController {
  constructor(
    private readonly agencyFile: AgencyFile,
    private readonly worklists: WorklistCache,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Visiting() visit: Visit): Promise<void> {
    const { viewer } = visit;
    if (!isLeader(viewer)) throw new MeshError('not-found', 'no such page');
    const found = await this.worklists.of(viewer.office.id);
    const model = presentTeam({
      viewer,
      agency: this.agencyFile.current(),
      steps: found?.worklist.steps ?? [],
      now: this.clock.now(),
      asOf: found?.asOf,
      isThere: found !== undefined,
    });
    sendPage(visit, 'team/view.njk', model);
  }
}
