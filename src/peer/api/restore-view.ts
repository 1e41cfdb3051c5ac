import type { TroubleView } from './file-view.ts'

/** The course of restoring from recovery words. Until it is 'done' nothing of the profile has changed. */
export type RestoreView =
  /** Nobody has given the list of files yet, or not all of it: it goes on. `sinceMs`: for how long; `people`: how many are here. */
  | { readonly is: 'looking'; readonly sinceMs: number; readonly people: number }
  /** `changedAt`: Unix milliseconds of the last change; `device`: the label of the device that made it, where it has one. */
  | { readonly is: 'found'; readonly files: number; readonly changedAt: number; readonly device?: string }
  | { readonly is: 'done' }
  /** It has ended without a list: the reason. */
  | { readonly is: 'failed'; readonly trouble: TroubleView }
