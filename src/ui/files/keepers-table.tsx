import type { HolderView } from '../../peer/index.ts'
import { fileWords, sayMorePieces, sayWhoKeeps } from '../words/file-words.ts'
import { sayAgo } from '../words/figures.ts'

interface Properties {
  readonly name: string
  readonly keepers: readonly HolderView[]
  readonly now: number
}

/** Most rows that are drawn; the others are summed up, since a large file has thousands. */
const mostRows = 400

/** The table "Who keeps NAME". */
export function KeepersTable({ name, keepers, now }: Properties) {
  return (
    <div className="scrolls">
      <table aria-label={sayWhoKeeps(name)}>
        <caption>{sayWhoKeeps(name)}</caption>
        <thead>
          <tr>
            <th scope="col">{fileWords.part}</th>
            <th scope="col">{fileWords.piece}</th>
            <th scope="col">{fileWords.person}</th>
            <th scope="col">{fileWords.seen}</th>
            <th scope="col">{fileWords.direct}</th>
          </tr>
        </thead>
        <tbody>
          {keepers.slice(0, mostRows).map((keeper) => (
            <tr key={`${keeper.segment} ${keeper.piece} ${keeper.peer}`}>
              <td>{keeper.segment + 1}</td>
              <td>{keeper.piece + 1}</td>
              <th scope="row">
                <span className="person">
                  <span className={keeper.isConnected ? 'seed' : 'seed away'} />
                  {keeper.name}
                </span>
              </th>
              <td className="num">
                {keeper.isConnected ? fileWords.now : keeper.seenAt === undefined ? fileWords.notYet : sayAgo(keeper.seenAt, now)}
              </td>
              <td>{keeper.isConnected ? (keeper.isDirect ? fileWords.yes : fileWords.no) : '-'}</td>
            </tr>
          ))}
          {keepers.length === 0 && (
            <tr>
              <td colSpan={5} className="soft">
                {fileWords.nobodyYet}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {keepers.length > mostRows && <p className="soft small">{sayMorePieces(keepers.length - mostRows)}</p>}
    </div>
  )
}
