import { Fragment, useState } from 'react'
import { Link } from 'wouter'
import { folderAddress } from '../open-folder.ts'
import { folderWords, sayLeftOut } from '../words/folder-words.ts'

/** A folder of the path, or the top. */
interface Crumb {
  readonly id: string | undefined
  readonly name: string
}

interface Properties {
  /** The folders from the top down to the open one, that one last. */
  readonly trail: readonly { readonly id: string; readonly name: string }[]
  /** The folder over which something is dragged now, '' for the top. */
  readonly over: string | undefined
}

/** Most folders of a path that a wide window shows; beyond that, and beyond two in a narrow one, those in the middle are left out. */
const WIDE_AT_MOST = 5

/** The path of the open folder; each folder of it opens, and takes what is dropped on it. */
export function Breadcrumb({ trail, over }: Properties) {
  const [wholeFor, setWholeFor] = useState<string>()
  const last = trail.at(-1)?.id
  const crumbs: readonly Crumb[] = [{ id: undefined, name: folderWords.files }, ...trail]
  const isWhole = wholeFor !== undefined && wholeFor === last
  const leftOut = crumbs.slice(1, -1)
  const alwaysOut = crumbs.length > WIDE_AT_MOST ? leftOut.slice(0, -1) : []
  return (
    <nav className={isWhole ? 'crumbs whole' : 'crumbs'} aria-label={folderWords.folders}>
      <ol>
        {crumbs.map((crumb, at) => {
          const out = isWhole || !leftOut.includes(crumb) ? undefined : alwaysOut.includes(crumb) ? 'always' : 'narrow'
          return (
            <Fragment key={crumb.id ?? ''}>
              <li data-out={out}>
                <Link
                  href={folderAddress(crumb.id)}
                  aria-current={at === crumbs.length - 1 ? 'page' : undefined}
                  title={crumb.name}
                  data-into={crumb.id ?? ''}
                  data-over={over === (crumb.id ?? '') || undefined}
                >
                  <bdi>{crumb.name}</bdi>
                </Link>
              </li>
              {at === 0 && !isWhole && leftOut.length > 0 && (
                <li className="left-out" data-always={alwaysOut.length > 0 || undefined}>
                  <button type="button" aria-label={sayLeftOut(leftOut.length)} onClick={() => setWholeFor(last)}>
                    {folderWords.leftOut}
                  </button>
                </li>
              )}
            </Fragment>
          )
        })}
      </ol>
    </nav>
  )
}
