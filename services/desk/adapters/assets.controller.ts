import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { MeshError } from '#libs/contracts/mesh-error.js';
import { sourceFolder } from '../source-folder.js';

const govuk = join(
  dirname(createRequire(import.meta.url).resolve('govuk-frontend/package.json')),
  'dist/govuk',
);
const own = new URL('assets/', sourceFolder);

/** GDS Transport is for gov.uk domains only: its faces are taken out, and the reader's own font stands in. */
const withFreeFont = (css: string): string =>
  css
    .replaceAll(/@font-face\{[^}]*\}/g, '')
    .replaceAll(/"?GDS Transport"?,arial,sans-serif/g, 'system-ui,"DejaVu Sans",arial,sans-serif')
    .replaceAll(/"?GDS Transport"?/g, 'system-ui');

const css = 'text/css; charset=utf-8';
const script = 'text/javascript; charset=utf-8';

/** All that a page loads, read once at start. */
const assets: Readonly<Record<string, { readonly type: string; readonly body: string }>> = {
  'govuk.css': {
    type: css,
    body: withFreeFont(readFileSync(join(govuk, 'govuk-frontend.min.css'), 'utf8')),
  },
  'govuk.js': { type: script, body: readFileSync(join(govuk, 'govuk-frontend.min.js'), 'utf8') },
  'desk.css': { type: css, body: readFileSync(new URL('desk.css', own), 'utf8') },
  'desk.js': { type: script, body: readFileSync(new URL('desk.js', own), 'utf8') },
};

@Controller('assets')
export class AssetsController {
  @Get(':name')
  asset(@Param('name') name: string, @Res() reply: FastifyReply): void {
    const asset = Object.hasOwn(assets, name) ? assets[name] : undefined;
    if (asset === undefined) throw new MeshError('not-found', 'no such file');
    void reply.header('cache-control', 'public, max-age=3600').type(asset.type).send(asset.body);
  }
}
