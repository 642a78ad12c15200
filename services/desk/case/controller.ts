import { Controller, Get, Param, Query } from '@nestjs/common';
import { Clock } from '#libs/clock/clock.js';
import { CaseDesk } from '../adapters/case.desk.js';
import { type Visit, Visiting } from '../adapters/desk-request.js';
import { GatewayClient } from '../adapters/gateway.client.js';
import { MessageSender } from '../adapters/message.sender.js';
import { sendPage } from '../adapters/page-renderer.js';
import { presentCase } from './presenter.js';
import { presentCases } from './cases-presenter.js';

@Controller('cases')
export class CaseController {
  constructor(
    private readonly cases: CaseDesk,
    private readonly gateway: GatewayClient,
    private readonly sender: MessageSender,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(
    @Visiting() visit: Visit,
    @Query('before') before: unknown,
    @Query('reference') reference: unknown,
  ): Promise<void> {
    const office = visit.viewer.office.id;
    const typed = typeof reference === 'string' ? reference.trim() : '';
    const found = typed === '' ? undefined : await this.gateway.reference(office, typed);
    if (found !== undefined) return void visit.reply.redirect(`/cases/${found}`, 303);
    const last = typeof before === 'string' ? before : undefined;
    const page = await this.cases.list(visit.viewer, last);
    sendPage(visit, 'case/cases.njk', presentCases(page, typed));
  }

  @Get(':case')
  async show(@Visiting() visit: Visit, @Param('case') caseId: string): Promise<void> {
    const file = await this.cases.open(visit.viewer, caseId, 'case');
    const consents = await this.cases.consentsIfHad(file);
    const newId = (): string => this.sender.newId();
    sendPage(visit, 'case/view.njk', presentCase(file, { consents, newId, now: this.clock.now() }));
  }
}
