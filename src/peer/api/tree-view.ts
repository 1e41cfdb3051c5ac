/** A folder of the owner's tree. */
export interface FolderView {
  readonly id: string
  /** As a screen may show it, different from those of everything else in its folder. SPEC FNM1, VLT19. */
  readonly name: string
  /** Id of the folder that it lies in; absent at the top. */
  readonly parent?: string
  /** When it was made, Unix milliseconds. */
  readonly madeAt: number
}

/** A row of the trash: a file, or a folder with all that was put there with it. */
export type TrashView = {
  readonly id: string
  /** As a screen may show it. SPEC FNM1. */
  readonly name: string
  /** Path of the folder to which it goes back, '' for the top. */
  readonly folder: string
  /** When it was put there, and when it goes for good, Unix milliseconds. */
  readonly deletedAt: number
  readonly until: number
  /** Bytes of its files as they are now, without their earlier versions. */
  readonly size: number
} & ({ readonly is: 'file'; readonly type: string } | { readonly is: 'folder'; readonly files: number })

/** A version of a file. */
export interface VersionView {
  /** Names it among those of the file. */
  readonly id: string
  readonly size: number
  /** When it was put in, Unix milliseconds. */
  readonly addedAt: number
  /** When the file was last modified before that as its system said, Unix milliseconds. */
  readonly modifiedAt: number
  readonly isCurrent: boolean
  readonly canDownload: boolean
}
