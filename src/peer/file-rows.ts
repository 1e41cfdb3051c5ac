import { isAlike, isSameList } from './api/alike.ts'
import type { FileView } from './api/file-view.ts'
import type { OwnFile } from './files/own-file.ts'
import { askedUntil } from './groups/own-papers.ts'
import { linkPath } from './links/share-file.ts'
import { isClosed, type Content } from './storing/content.ts'
import { contentHealth } from './storing/content-health.ts'
import type { PlaceView, TreeViews } from './tree/view-tree.ts'
import { viewContent, type ContentView, type ViewTools } from './view-files.ts'

/** The rows of all files. Between two looks an unchanged row stays the same object, and so does a list of unchanged rows. */
export interface FileRows {
  /**
   * Returns the rows, newest first; those of one moment in the order of `files`. Contents that are open are looked at each time, and rows are
   * made anew where something has changed; they are sorted only while `files` is another list.
   */
  look(files: readonly OwnFile[]): readonly FileView[]
}

/** What is shown of a content, and of the pack that it is, in the rows of all its files. */
interface Shown {
  readonly common: ContentView
  readonly pack: FileView['pack']
}

/** Returns the rows before the first look. A content that carries many files is viewed once for all of them. */
export function createFileRows(tools: ViewTools, tree: Pick<TreeViews, 'placeOf' | 'turned'>): FileRows {
  let known: readonly OwnFile[] = []
  /** The files in the order of their rows, and the content of each. */
  let order: readonly OwnFile[] = []
  let contents: readonly Content[] = []
  let rows: readonly FileView[] = []
  let filesByContent: ReadonlyMap<Content, number> = new Map()
  const shownByContent = new WeakMap<Content, Shown>()
  /** What is shown of contents of which the vault alone knows, by their code: all of one code are alike. */
  const closed = new Map<string, ContentView>()

  const viewNow = (content: Content): ContentView => viewContent(content, contentHealth(content, tools, tools.parts.clock.now()), tools)
  const viewClosed = (content: Content): ContentView => {
    const { k = 0, m = 0, n = 0 } = content.code ?? {}
    const code = `${k} ${m} ${n}`
    const common = closed.get(code) ?? viewNow(content)
    closed.set(code, common)
    return common
  }
  const show = (content: Content, files: number, before?: Shown): Shown => {
    const common = isClosed(content) ? viewClosed(content) : viewNow(content)
    const isSameView = before !== undefined && isAlike(before.common, common)
    if (isSameView && (before.pack?.files ?? 1) === files) return before
    return { common: isSameView ? before.common : common, pack: files > 1 ? { id: content.id, files, bytes: content.size } : undefined }
  }
  /** Looks at all contents, and returns those of which something else is shown than before. */
  const lookAtContents = (): ReadonlySet<Content> => {
    const turned = new Set<Content>()
    for (const [content, files] of filesByContent) {
      const before = shownByContent.get(content)
      const shown = show(content, files, before)
      if (shown !== before) turned.add(content)
      shownByContent.set(content, shown)
    }
    return turned
  }
  const arrange = (files: readonly OwnFile[]): ReadonlyMap<OwnFile, FileView | undefined> => {
    const rowByFile = new Map(order.map((file, at) => [file, rows[at]]))
    known = files
    order = files.toSorted((a, b) => b.addedAt - a.addedAt)
    contents = order.map(({ content }) => content)
    const counts = new Map<Content, number>()
    for (const content of contents) counts.set(content, (counts.get(content) ?? 0) + 1)
    filesByContent = counts
    return rowByFile
  }

  return {
    look(files) {
      // A file that was packed anew lies elsewhere.
      const isOther = files !== known || order.some(({ content }, at) => content !== contents[at])
      const rowByFile = isOther ? arrange(files) : undefined
      const turned = lookAtContents()
      const places = tree.turned()
      const next = order.map((file, at) => {
        const before = rowByFile === undefined ? rows[at] : rowByFile.get(file)
        const isTurned = turned.has(file.content) || places === 'all' || places.has(file.entryId)
        if (before !== undefined && !isTurned && file.link === undefined && before.linkPath === undefined) return before
        const now = viewFile(file, shownByContent.get(file.content) ?? show(file.content, 1), tree.placeOf(file.entryId))
        return before !== undefined && isAlike(before, now) ? before : now
      })
      if (!isSameList(next, rows)) rows = next
      return rows
    },
  }
}

/** Returns the row of a file. */
function viewFile(file: OwnFile, { common, pack }: Shown, place: PlaceView): FileView {
  const { id, type, size, addedAt, modifiedAt, versions, link } = file
  const path = linkPath(file)
  const view = { id, ...place, type, size, addedAt, modifiedAt, versions, ...common }
  if (pack === undefined && path === undefined) return view
  const shared = path === undefined ? {} : { linkPath: path, linkUntil: link === undefined ? 0 : askedUntil(link) }
  return { ...view, ...(pack && { pack }), ...shared }
}
