import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DeskModule, type DeskParts } from '#services/desk/desk.module.js';

const joined = (...parts: readonly string[]): string =>
  `/${parts
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .join('/')}`;

/** Every route of the desk, `GET /cases/:case`, as its controllers declare them. */
export function deskRoutes(): readonly string[] {
  // Only the list of controllers is read: nothing is made of the parts.
  const { controllers = [] } = DeskModule.of({} as DeskParts);
  return controllers.flatMap((controller) => {
    const base = Reflect.getMetadata(PATH_METADATA, controller) as string;
    const { prototype } = controller as { readonly prototype: object };
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const handler = (prototype as Record<string, unknown>)[name] as object;
      if (name === 'constructor' || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
      const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod;
      const path = Reflect.getMetadata(PATH_METADATA, handler) as string;
      return [`${RequestMethod[method]} ${joined(base, path)}`];
    });
  });
}
