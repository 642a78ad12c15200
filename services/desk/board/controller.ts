import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { Clock } from '#libs/clock/clock.js';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { AgencyFile } from '../adapters/agency.file.js';
import { type Visit, Visiting, fieldsOf } from '../adapters/desk-request.js';
import type { Fields } from '../adapters/draft.store.js';
import { HandOverDesk, type HandOverSeen } from '../adapters/hand-over.desk.js';
import { OfficeDesk } from '../adapters/office.desk.js';
import { sendPage } from '../adapters/page-renderer.js';
import { officesLed } from '../domain/agency.js';
import { presentHandOver } from './hand-over-presenter.js';
import { type BoardGround, presentBoard, readBoard } from './presenter.js';

/** For who leads an office: what lies with whom, and many cases handed over at once. */
@Controller('board')
export class BoardController {
  constructor(
    private readonly agencyFile: AgencyFile,
    private readonly offices: OfficeDesk,
    private readonly handOvers: HandOverDesk,
    private readonly clock: Clock,
  ) {}

  @Get()
  async show(
    @Visiting() visit: Visit,
    @Query('office') office: unknown,
    @Query('who') who: unknown,
    @Query('kept') kept: unknown,
  ): Promise<void> {
    const written = await this.handOvers.written(visit.viewer, textOf(kept));
    const posted = written ?? { office: textOf(office), who: textOf(who) };
    sendPage(visit, 'board/view.njk', presentBoard(await this.#ground(visit, posted)));
  }

  /** Chosen on the board: the preview gets an address of its own. */
  @Post()
  async choose(@Visiting() visit: Visit): Promise<void> {
    const ground = await this.#ground(visit, fieldsOf(visit.request));
    const { asked, problems } = readBoard(ground);
    if (asked === undefined)
      return sendPage(visit, 'board/view.njk', presentBoard({ ...ground, problems }), 422);
    const draft = await this.handOvers.begin(visit.viewer, asked);
    void visit.reply.redirect(`/board/hand-over/${draft}`, 303);
  }

  @Get('hand-over/:draft')
  async preview(@Visiting() visit: Visit, @Param('draft') draft: string): Promise<void> {
    const seen = await this.#open(visit, draft);
    const agency = this.agencyFile.current();
    const ground = { ...seen, agency, draft, now: this.clock.now() };
    sendPage(visit, 'board/hand-over.njk', presentHandOver(ground));
  }

  /** Twice is once: what was sent is not sent again. */
  @Post('hand-over/:draft')
  async send(@Visiting() visit: Visit, @Param('draft') draft: string): Promise<void> {
    const seen = await this.#open(visit, draft);
    await this.handOvers.send(visit.viewer, seen);
    void visit.reply.redirect(`/board/hand-over/${draft}`, 303);
  }

  /** @throws MeshError `not-found` for anybody but its author, and for who does not lead the office any more */
  async #open({ viewer }: Visit, draft: string): Promise<HandOverSeen> {
    const seen = await this.handOvers.open(viewer, draft);
    const isLed = officesLed(this.agencyFile.current(), viewer).some(
      ({ id }) => id === seen?.handOver.office,
    );
    if (seen === undefined || !isLed) throw new MeshError('not-found', 'no hand-over of yours');
    return seen;
  }

  /** @throws MeshError `not-found` for who leads no such office */
  async #ground({ viewer }: Visit, posted: Fields): Promise<BoardGround> {
    const agency = this.agencyFile.current();
    const offices = officesLed(agency, viewer);
    const office = textOf(posted['office']);
    const chosen = office === '' ? offices[0] : offices.find(({ id }) => id === office);
    if (chosen === undefined) throw new MeshError('not-found', 'no such board');
    return {
      agency,
      offices,
      office: chosen,
      who: textOf(posted['who']),
      now: this.clock.now(),
      ...(await this.offices.of(viewer, chosen.id, 'board')),
      posted,
      problems: [],
    };
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
