import { Link } from 'wouter'
import { trashAddress } from '../open-folder.ts'
import { Icon } from '../parts/icon.tsx'
import { folderWords, orderWords, sayThings } from '../words/folder-words.ts'
import { Breadcrumb } from './breadcrumb.tsx'
import type { FolderRow } from './folder-tree.ts'
import { orderNamed, orders, type Order } from './rows.ts'

interface Properties {
  readonly trail: readonly FolderRow[]
  readonly over: string | undefined
  readonly order: Order
  readonly isSelecting: boolean
  readonly hasRows: boolean
  /** Number of rows in the trash. */
  readonly trashed: number
  readonly onOrder: (order: Order) => void
  readonly onNewFolder: () => void
  readonly onSelect: () => void
}

/** The line above the list: where one is, and what can be done there. */
export function PlaceBar({ trail, over, order, isSelecting, hasRows, trashed, onOrder, onNewFolder, onSelect }: Properties) {
  return (
    <div className="place" data-deep={trail.length > 0 || undefined}>
      <Breadcrumb trail={trail} over={over} />
      <div className="place-tools">
        <button type="button" className="button plain" title={folderWords.newFolder} onClick={onNewFolder}>
          <Icon name="folder" />
          <span>{folderWords.newFolder}</span>
        </button>
        <button
          type="button"
          className="button plain"
          title={folderWords.select}
          aria-pressed={isSelecting}
          disabled={!hasRows}
          onClick={onSelect}
        >
          <Icon name="select" />
          <span>{folderWords.select}</span>
        </button>
        <label className="button plain order" title={orderWords[order]}>
          <Icon name="sort" />
          <span aria-hidden="true">{orderWords[order]}</span>
          <select aria-label={folderWords.sort} value={order} onChange={(event) => onOrder(orderNamed(event.currentTarget.value))}>
            {orders.map((each) => (
              <option key={each} value={each}>
                {orderWords[each]}
              </option>
            ))}
          </select>
        </label>
        <Link
          className="button plain"
          href={trashAddress}
          aria-label={folderWords.trash}
          aria-description={sayThings(trashed)}
          title={folderWords.trash}
        >
          <Icon name="bin" />
          <span>{folderWords.trash}</span>
          {/* drawn by the style sheet: the link is called Trash, however much is in it */}
          {trashed > 0 && <b className="count num" data-count={trashed > 999 ? '999+' : trashed} />}
        </Link>
      </div>
    </div>
  )
}
