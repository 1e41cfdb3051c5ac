/** The course of restoring from recovery words. Until it is 'done' nothing of the profile has changed. */
export type RestoreView =
  /** Nobody has given the list of files yet: it goes on. `sinceMs`: for how long, milliseconds; `people`: how many are here. */
  | { readonly is: 'looking'; readonly sinceMs: number; readonly people: number }
  /** `changedAt`: Unix milliseconds of the last change; `device`: the label of the device that made it. */
  | { readonly is: 'found'; readonly files: number; readonly changedAt: number; readonly device: string }
  | { readonly is: 'done' }
