import { useNotices, useShell } from '../shell.tsx'
import { sayClose } from '../words/shell-words.ts'
import { Icon } from './icon.tsx'

/** Short messages at the edge of the page, read out politely. */
export function Toaster() {
  const { notices } = useShell()
  const shown = useNotices()
  return (
    <div className="toaster" aria-live="polite">
      {shown.map((notice) => (
        <div key={notice.id} className="toast" data-urgent={notice.isUrgent || undefined}>
          <p>
            <b>{notice.what}</b>
            {notice.more !== '' && <span className="soft small">{notice.more}</span>}
          </p>
          {notice.action !== undefined && (
            <button
              type="button"
              className="button"
              onClick={() => {
                notice.action?.act()
                notices.close(notice.id)
              }}
            >
              {notice.action.name}
            </button>
          )}
          <button type="button" className="tool" aria-label={sayClose(notice.what)} onClick={() => notices.close(notice.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  )
}
