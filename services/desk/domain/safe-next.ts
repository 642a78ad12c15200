/** A path of this desk, for where a sign-in leads: `/`, then letters, digits and / - _ . ~ # ? = & %. */
const ownPath = /^\/(?![/\\])[A-Za-z0-9/_.~#?=&%:-]*$/;

/** The address where it is one of this desk; else the first page. `//host`, `/\host` and `https://host` lead elsewhere. */
export const safeNext = (next: string): string =>
  ownPath.test(next) && !next.startsWith('/sign-in') ? next : '/';
