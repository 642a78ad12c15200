import { Controller, Get, Param } from '@nestjs/common';
import { CaseDesk } from '../adapters/case.desk.js';
import { type Visit, Visiting } from '../adapters/desk-request.js';
import { sendPage } from '../adapters/page-renderer.js';
import { ViewingStore } from '../adapters/viewing.store.js';
import { presentLooked } from './presenter.js';

@Controller('cases/:case/looked')
export class LookedController {
  constructor(
    private readonly cases: CaseDesk,
    private readonly viewings: ViewingStore,
  ) {}

  @Get()
  async show(@Visiting() visit: Visit, @Param('case') caseId: string): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'looked');
    const model = presentLooked(file, await this.viewings.ofCase(caseId));
    sendPage(visit, 'looked/view.njk', model);
  }
}
