import { Controller, Get } from '@nestjs/common';
import { Clock } from '#libs/clock/clock.js';
import { AgencyFile } from '../adapters/agency.file.js';
import { type Visit, Visiting } from '../adapters/desk-request.js';
import { sendPage } from '../adapters/page-renderer.js';
import { QueueDesk } from '../adapters/queue.desk.js';
import { presentQueue } from './presenter.js';

@Controller('queue')
export class QueueController {
  constructor(
    private readonly agencyFile: AgencyFile,
    private readonly queues: QueueDesk,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Visiting() visit: Visit): Promise<void> {
    const queue = await this.queues.read(visit.viewer);
    const agency = this.agencyFile.current();
    sendPage(visit, 'queue/view.njk', presentQueue({ ...queue, agency, now: this.clock.now() }));
  }
}
