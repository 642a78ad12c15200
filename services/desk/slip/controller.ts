import { Controller, Get, Param, Query } from '@nestjs/common';
import { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { CaseDesk } from '../adapters/case.desk.js';
import { type Visit, Visiting } from '../adapters/desk-request.js';
import { GatewayClient } from '../adapters/gateway.client.js';
import { sendPage } from '../adapters/page-renderer.js';
import { presentSlip } from './presenter.js';

@Controller('cases/:case/slip')
export class SlipController {
  constructor(
    private readonly cases: CaseDesk,
    private readonly gateway: GatewayClient,
    private readonly clock: Clock,
  ) {}

  /** Without the consents there is no slip: one that lacks a line would be taken for the whole. */
  @Get()
  async show(
    @Visiting() visit: Visit,
    @Param('case') caseId: string,
    @Query('names') names: unknown,
  ): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'slip');
    const consents = await this.gateway.consents(file.office.id, caseId);
    if (consents === undefined) throw new MeshError('not-found', 'no case of yours');
    const asked = { consents, now: this.clock.now(), isNamed: names === 'yes' };
    sendPage(visit, 'slip/view.njk', presentSlip(file, asked));
  }
}
