/** A rule of the broker that a configuration breaks: which rule, where (account or setting), and what was found. */
export interface ConfigFinding {
  readonly rule:
    | 'syntax'
    | 'setting-not-known'
    | 'monitoring-not-private'
    | 'id-not-unique'
    | 'party-missing'
    | 'party-not-listed'
    | 'key-not-unique'
    | 'hub-users'
    | 'hub-exports'
    | 'hub-imports'
    | 'spoke-jetstream'
    | 'spoke-exports'
    | 'spoke-imports'
    | 'spoke-permissions'
    | 'spoke-limits'
    | 'sys-account'
    | 'store-too-small';
  readonly where: string;
  readonly detail: string;
}
