import { Icon, type IconName } from '../parts/icon.tsx'
import { folderWords, saySelected } from '../words/folder-words.ts'

interface Properties {
  readonly count: number
  /** What can be done to all of the selected rows; absent where it cannot. */
  readonly onDownload: (() => void) | undefined
  readonly onRename: (() => void) | undefined
  readonly onMove: () => void
  readonly onDelete: () => void
  readonly onClear: () => void
}

/** The toolbar for all selected rows; it takes the place of the line above the list. */
export function SelectionBar({ count, onDownload, onRename, onMove, onDelete, onClear }: Properties) {
  return (
    <div className="place selection" role="toolbar" aria-label={saySelected(count)}>
      <b className="num" aria-live="polite">
        {saySelected(count)}
      </b>
      <div className="place-tools">
        {count > 0 && onDownload !== undefined && <Deed name={folderWords.download} icon="download" onPress={onDownload} />}
        {onRename !== undefined && <Deed name={folderWords.rename} icon="rename" onPress={onRename} />}
        {count > 0 && <Deed name={folderWords.move} icon="move" onPress={onMove} />}
        {count > 0 && <Deed name={folderWords.delete} icon="bin" onPress={onDelete} />}
        <Deed name={folderWords.clear} icon="close" onPress={onClear} />
      </div>
    </div>
  )
}

function Deed({ name, icon, onPress }: { readonly name: string; readonly icon: IconName; readonly onPress: () => void }) {
  return (
    <button type="button" className="button plain" title={name} onClick={onPress}>
      <Icon name={icon} />
      <span>{name}</span>
    </button>
  )
}
