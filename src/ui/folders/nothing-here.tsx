import { folderWords } from '../words/folder-words.ts'
import { listWords, sayNotFound, saySearchLess } from '../words/list-words.ts'

interface Properties {
  readonly searched: string
  /** Number of all files. */
  readonly files: number
  readonly isTop: boolean
  /** Ends the search. */
  readonly onAll: () => void
}

/** Stands where there are no rows: an empty folder, or a search that found nothing. */
export function NothingHere({ searched, files, isTop, onAll }: Properties) {
  if (searched.trim() === '') {
    return (
      <div className="card nothing">
        <h2>{isTop ? folderWords.emptyTop : folderWords.emptyFolder}</h2>
        <p className="soft">{folderWords.dropInto}</p>
      </div>
    )
  }
  return (
    <div className="card">
      <h2>{sayNotFound(searched)}</h2>
      <p className="soft">{saySearchLess(files)}</p>
      <div className="actions">
        <button type="button" className="button" onClick={onAll}>
          {listWords.showAll}
        </button>
      </div>
    </div>
  )
}
