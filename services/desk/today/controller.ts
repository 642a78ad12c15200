import { Controller, Get, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { AgencyFile } from '../adapters/agency.file.js';
import { type Visit, Visiting } from '../adapters/desk-request.js';
import { OfficeDesk } from '../adapters/office.desk.js';
import { SavedForms } from '../adapters/saved-forms.js';
import { sendPage } from '../adapters/page-renderer.js';
import { officesOf } from '../domain/agency.js';
import { presentToday } from './presenter.js';

@Controller()
export class TodayController {
  constructor(
    private readonly agencyFile: AgencyFile,
    private readonly offices: OfficeDesk,
    private readonly savedForms: SavedForms,
    private readonly clock: Clock,
  ) {}

  @Get()
  home(@Res() reply: FastifyReply): void {
    void reply.redirect('/today', 303);
  }

  @Get('today')
  async today(
    @Visiting() visit: Visit,
    @Query('whose') whose: unknown,
    @Query('office') office: unknown,
  ): Promise<void> {
    const { viewer } = visit;
    const agency = this.agencyFile.current();
    const asked = {
      whose: typeof whose === 'string' && whose !== '' ? whose : 'mine',
      office: typeof office === 'string' && office !== '' ? office : viewer.office.id,
    };
    const isMine = officesOf(agency, viewer).some(({ id }) => id === asked.office);
    if (!isMine || !isColleague(asked.whose)) throw new MeshError('not-found', 'no such list');
    const model = presentToday({
      viewer,
      agency,
      asked,
      now: this.clock.now(),
      ...(await this.offices.of(viewer, asked.office, 'today')),
      saved: await this.savedForms.of(viewer),
    });
    sendPage(visit, 'today/view.njk', model);
  }
}

const isColleague = (whose: string): boolean => /^[a-z][a-z0-9_]{0,59}$/.test(whose);
