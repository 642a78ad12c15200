import { Controller, Get, Param } from '@nestjs/common';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { CaseDesk } from '../adapters/case.desk.js';
import { type Visit, Visiting } from '../adapters/desk-request.js';
import { sendPage } from '../adapters/page-renderer.js';
import { presentMessage } from './presenter.js';

@Controller('cases/:case/messages/:id')
export class MessageController {
  constructor(private readonly cases: CaseDesk) {}

  @Get()
  async show(
    @Visiting() visit: Visit,
    @Param('case') caseId: string,
    @Param('id') id: string,
  ): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'message');
    const kept = file.kept.find((each) => each.id === id);
    if (kept === undefined) throw new MeshError('not-found', 'no such message of yours');
    sendPage(visit, 'message/view.njk', presentMessage(file, kept));
  }
}
