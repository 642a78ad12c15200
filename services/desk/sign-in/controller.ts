import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { MeshError } from '#libs/contracts/mesh-error.js';
import type { DeskRequest } from '../adapters/desk-request.js';
import { sendOpenPage } from '../adapters/page-renderer.js';
import { SignInDesk } from '../adapters/sign-in.desk.js';
import { safeNext } from '../domain/safe-next.js';

@Controller()
export class SignInController {
  constructor(private readonly desk: SignInDesk) {}

  @Get('sign-in')
  async signIn(@Query('next') next: unknown, @Res() reply: FastifyReply): Promise<void> {
    const { url, cookie } = await this.desk.begin(safeNext(typeof next === 'string' ? next : '/'));
    void reply.header('set-cookie', cookie).redirect(url, 303);
  }

  @Get('sign-in/done')
  async done(@Req() request: DeskRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = request.url.slice(request.url.indexOf('?') + 1);
    const { next, cookie } = await this.desk.finish(request.headers.cookie, query);
    void reply.header('set-cookie', cookie).redirect(safeNext(next), 303);
  }

  @Post('sign-out')
  async signOut(@Req() request: DeskRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.session === undefined) throw new MeshError('unauthenticated', 'nobody to sign out');
    void reply
      .header('set-cookie', await this.desk.end(request.session))
      .redirect('/signed-out', 303);
  }

  @Get('signed-out')
  signedOut(@Req() request: DeskRequest, @Res() reply: FastifyReply): void {
    const model = { title: 'You are signed out' };
    sendOpenPage(request, reply, { view: 'sign-in/signed-out.njk', model, status: 200 });
  }
}
