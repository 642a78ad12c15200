/** As people say it on the telephone: four, a hyphen, four. */
export function referenceOf(of: { readonly shortReference?: string | undefined }): string {
  const { shortReference } = of;
  return shortReference === undefined
    ? 'no reference yet'
    : `${shortReference.slice(0, 4)}-${shortReference.slice(4)}`;
}
