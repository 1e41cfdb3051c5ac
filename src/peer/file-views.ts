import { isAlike } from './alike.ts'
import type { FileView } from './api.ts'
import type { Clock } from '../ports/clock.ts'
import type { Carrier } from './carrier.ts'
import { fileHealth } from './file-health.ts'
import type { OwnFile } from './own-file.ts'
import type { People } from './people.ts'
import type { Rates } from './rates.ts'
import { linkPath } from './share-file.ts'
import { viewCarrier, viewFile, type CarrierView, type PackView } from './view-file.ts'

/** The rows of all files from one look to the next: a row of which nothing has changed is the same object, and so is a list of such rows. */
export interface FileViews {
  /** Returns the rows as the screen shows them, newest first. */
  look(files: readonly OwnFile[]): readonly FileView[]
}

interface Row {
  readonly common: CarrierView
  readonly pack: PackView
  readonly link: string | undefined
  readonly view: FileView
}

interface Shown {
  readonly common: CarrierView
  readonly pack: PackView
}

const alone: PackView = {}

/** Returns rows that nobody has looked at yet. What carries many files is viewed once for all of them. */
export function createFileViews(people: People, rates: Rates, clock: Pick<Clock, 'now'>): FileViews {
  const shownByCarrier = new WeakMap<Carrier, Shown>()
  const rowByFile = new WeakMap<OwnFile, Row>()
  let known: readonly OwnFile[] = []
  let order: readonly OwnFile[] = []
  let views: readonly FileView[] = []

  const showCarrier = (carrier: Carrier, files: number): Shown => {
    const before = shownByCarrier.get(carrier)
    const common = viewCarrier(carrier, fileHealth(carrier, people, clock.now()), rates)
    const pack = files > 1 ? { pack: { id: carrier.id, files, bytes: carrier.size } } : alone
    const shown = {
      common: before !== undefined && isAlike(before.common, common) ? before.common : common,
      pack: before !== undefined && before.pack.pack?.files === pack.pack?.files ? before.pack : pack,
    }
    shownByCarrier.set(carrier, shown)
    return shown
  }
  const showFile = (file: OwnFile, { common, pack }: Shown): FileView => {
    const link = linkPath(file)
    const before = rowByFile.get(file)
    if (before?.common === common && before.pack === pack && before.link === link) return before.view
    const view = viewFile(file, common, pack, link)
    rowByFile.set(file, { common, pack, link, view })
    return view
  }

  return {
    look(files) {
      if (!isSameList(files, known)) {
        known = files
        order = files.toSorted((a, b) => b.addedAt - a.addedAt || compareNames(a.name, b.name))
      }
      const countByCarrier = new Map<Carrier, number>()
      for (const { carrier } of order) countByCarrier.set(carrier, (countByCarrier.get(carrier) ?? 0) + 1)
      const shown = new Map([...countByCarrier].map(([carrier, count]) => [carrier, showCarrier(carrier, count)]))
      const next = order.flatMap((file) => {
        const carried = shown.get(file.carrier)
        return carried === undefined ? [] : [showFile(file, carried)]
      })
      if (!isSameList(next, views)) views = next
      return views
    },
  }
}

const { compare: compareNames } = new Intl.Collator('en', { numeric: true })

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at])
}
