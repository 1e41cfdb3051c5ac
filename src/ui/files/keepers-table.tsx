import type { HolderView } from '../../peer/index.ts'
import { sayAgo, sayCount } from '../words/figures.ts'

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
      <table aria-label={`Who keeps ${name}`}>
        <caption>Who keeps {name}</caption>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col">Piece</th>
            <th scope="col">Person</th>
            <th scope="col">Seen</th>
            <th scope="col">Direct</th>
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
              <td className="num">{keeper.isConnected ? 'now' : keeper.seenAt === undefined ? 'not yet' : sayAgo(keeper.seenAt, now)}</td>
              <td>{keeper.isConnected ? (keeper.isDirect ? 'Yes' : 'No') : '-'}</td>
            </tr>
          ))}
          {keepers.length === 0 && (
            <tr>
              <td colSpan={5} className="soft">
                Nobody yet. The file is on this device.
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {keepers.length > mostRows && <p className="soft small">And {sayCount(keepers.length - mostRows, 'more piece', 'more pieces')}.</p>}
    </div>
  )
}
