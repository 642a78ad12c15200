/** Methods of each address template (`/v1/messages/{id}`), as the API's description has them. */
export type KnownRoutes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The methods that an address takes, upper case; empty where it is no address of ours. `path` is without its query. */
export function allowedMethods(routes: KnownRoutes, path: string): readonly string[] {
  const parts = path.split('/');
  const template = Object.keys(routes).find((each) => {
    const wanted = each.split('/');
    return (
      wanted.length === parts.length &&
      wanted.every((part, at) => (part.startsWith('{') ? parts[at] !== '' : part === parts[at]))
    );
  });
  return Object.keys(routes[template ?? ''] ?? {}).map((method) => method.toUpperCase());
}
